/// Pictures made elsewhere, scored against the implicit prompts of tuples (arXiv:2504.13129).
package struct ImagesBenchmarkRequest: Sendable, Equatable {
  /// What made the pictures: a name for results and tables.
  package var model = ""
  /// A folder of pictures with a `metadata.jsonl`, read as ``MadePicture``.
  package var folder = ""
  /// A folder with a `metadata.jsonl` of tuples; their images are not needed.
  package var dataset = ""
  package var reward = ScoringRequest(model: "")
  /// Which prompt of each list the pictures were drawn from, counted from 0.
  package var wording = 0
  /// The folder of a former generator or images benchmark, below the spool: `outbox/<name>`.
  package var baseline: String?
  package var oracle: GeneratorBenchmarkRequest.Oracle?
  /// Whether a tuple without a picture fails the job.
  package var isStrict = false

  static let fields: [BenchmarkRequest.Field] = [
    .suite, .model, .folder, .dataset, .reward, .wording, .baseline, .oracle, .strict,
  ]

  init(reading fields: FieldReader<BenchmarkRequest.Field>) {
    fields.require(.model, "a name for what made the pictures")
    fields.require(.folder, "a folder of pictures with a metadata.jsonl")
    fields.require(.dataset, "a folder with a metadata.jsonl of tuples")
    fields.require(.reward, "the scorer: {\"model\": …}")
    model = fields.string(.model) ?? model
    folder = fields.string(.folder) ?? folder
    dataset = fields.string(.dataset) ?? dataset
    reward =
      fields.object(.reward, as: ScoringRequest.Field.self).map(ScoringRequest.init(reading:)) ?? reward
    wording = fields.integer(.wording, in: 0...999) ?? wording
    baseline = fields.string(.baseline)
    oracle = fields.choice(.oracle, of: GeneratorBenchmarkRequest.Oracle.self)
    isStrict = fields.bool(.strict) ?? isStrict
  }
}

extension ImagesBenchmarkRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: BenchmarkRequest.Field.self)
    try fields.encode(model, forKey: .model)
    try fields.encode(folder, forKey: .folder)
    try fields.encode(dataset, forKey: .dataset)
    try fields.encode(reward, forKey: .reward)
    try fields.encode(wording, forKey: .wording)
    try fields.encodeIfPresent(baseline, forKey: .baseline)
    try fields.encodeIfPresent(oracle, forKey: .oracle)
    try fields.encode(isStrict, forKey: .strict)
  }
}
