/// How true to science a language model finds pictures by the rubrics of their prompts (arXiv:2504.13129).
package struct JudgeBenchmarkRequest: Sendable, Equatable {
  package var judge: JudgeEndpointRequest
  /// A folder with a `metadata.jsonl` of ``RubricPicture``s.
  package var folder = ""
  /// The first so many rows; nil for all.
  package var limit: Int?

  static let fields: [BenchmarkRequest.Field] =
    [.suite, .model, .folder, .limit] + JudgeEndpointRequest.fields

  init(reading fields: FieldReader<BenchmarkRequest.Field>) {
    fields.require(.folder, "a folder of pictures with a metadata.jsonl")
    judge = JudgeEndpointRequest(reading: fields)
    folder = fields.string(.folder) ?? folder
    limit = fields.integer(.limit, in: 1...GenerateRequest.imageLimit)
  }
}

extension JudgeBenchmarkRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: BenchmarkRequest.Field.self)
    try judge.encode(into: &fields)
    try fields.encode(folder, forKey: .folder)
    try fields.encodeIfPresent(limit, forKey: .limit)
  }
}

/// How often a language model prefers the right picture of a tuple, asked in both orders (arXiv:2504.13129).
///
/// The first prompt and the first picture of each list count, as in the published evaluation.
package struct PairwiseBenchmarkRequest: Sendable, Equatable {
  package var judge: JudgeEndpointRequest
  /// A folder with a `metadata.jsonl` of tuples, read by ``TrainingDataset``.
  package var dataset = ""
  /// Whether the model reasons before it chooses.
  package var chainOfThought = false
  /// The first so many tuples; nil for all.
  package var limit: Int?

  static let fields: [BenchmarkRequest.Field] =
    [.suite, .model, .dataset, .chainOfThought, .limit] + JudgeEndpointRequest.fields

  init(reading fields: FieldReader<BenchmarkRequest.Field>) {
    fields.require(.dataset, "a folder of images with a metadata.jsonl of tuples")
    judge = JudgeEndpointRequest(reading: fields)
    dataset = fields.string(.dataset) ?? dataset
    chainOfThought = fields.bool(.chainOfThought) ?? chainOfThought
    limit = fields.integer(.limit, in: 1...GenerateRequest.imageLimit)
  }
}

extension PairwiseBenchmarkRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: BenchmarkRequest.Field.self)
    try judge.encode(into: &fields)
    try fields.encode(dataset, forKey: .dataset)
    try fields.encode(chainOfThought, forKey: .chainOfThought)
    try fields.encodeIfPresent(limit, forKey: .limit)
  }
}
