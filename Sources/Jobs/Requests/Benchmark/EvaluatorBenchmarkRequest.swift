/// Accuracy of a scorer on tuples: how often the right picture scores strictly higher under the implicit prompt.
///
/// The first prompt and the first picture of each list count, as in the published evaluation.
package struct EvaluatorBenchmarkRequest: Sendable, Equatable {
  /// A transformers CLIPModel folder, or the name of one under the spool's `models/`.
  package var model = ""
  /// A folder with a `metadata.jsonl` of tuples, read by ``TrainingDataset``.
  package var dataset = ""
  /// Text columns of the rows to group by, beside category and law.
  package var groupBy: [String] = []

  init(reading fields: FieldReader<BenchmarkRequest.Field>) {
    fields.require(.model, "a CLIP model folder, or a name under the spool's models/")
    fields.require(.dataset, "a folder of images with a metadata.jsonl of tuples")
    model = fields.string(.model) ?? model
    dataset = fields.string(.dataset) ?? dataset
    groupBy = fields.strings(.groupBy, count: 0...16, limit: 255) ?? groupBy
    if Set(groupBy).count < groupBy.count {
      fields.report(.conflict, .groupBy, "names a column twice")
    }
  }
}

extension EvaluatorBenchmarkRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: BenchmarkRequest.Field.self)
    try fields.encode(model, forKey: .model)
    try fields.encode(dataset, forKey: .dataset)
    try fields.encode(groupBy, forKey: .groupBy)
  }
}
