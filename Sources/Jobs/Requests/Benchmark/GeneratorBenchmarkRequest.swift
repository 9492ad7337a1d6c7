/// What a model draws for the three tiers of prompts, scored against the implicit one (arXiv:2504.13129).
///
/// Nil stands for a default that the model decides.
package struct GeneratorBenchmarkRequest: Sendable, Equatable {
  /// A diffusers folder, or the name of one under the spool's `models/`.
  package var model = ""
  package var adapter: AdapterRequest?
  /// A folder with a `metadata.jsonl` of tuples; their images are not needed.
  package var dataset = ""
  package var reward = ScoringRequest(model: "")
  package var imagesPerPrompt = 2
  /// In the order of ``Tier``'s cases.
  package var tiers = Tier.allCases
  /// Which prompt of each list is drawn, counted from 0.
  package var wording = 0
  package var height: Int?
  package var width: Int?
  package var inferenceSteps = 28
  package var guidanceScale = 3.5
  package var maxSequenceLength: Int?
  /// Image k of tuple p is drawn with `seed + p·num_images_per_prompt + k`, whatever the tier.
  package var seed = 0
  /// The first so many tuples; nil for all.
  package var limit: Int?
  /// The folder of a former generator benchmark, below the spool: `outbox/<name>`.
  package var baseline: String?
  package var oracle: Oracle?

  package enum Tier: String, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    case implicit, explicit, superficial

    package var field: TrainingTuple.PromptField {
      switch self {
      case .implicit: .implicit
      case .explicit: .explicit
      case .superficial: .superficial
      }
    }
  }

  /// Who judges the pictures beside the scorer.
  package enum Oracle: String, Sendable, Codable, CaseIterable {
    /// The pixel oracles of the procedural world.
    case scenes
  }

  static let fields: [BenchmarkRequest.Field] = [
    .suite, .model, .adapter, .dataset, .reward, .imagesPerPrompt, .tiers, .wording, .height, .width,
    .inferenceSteps, .guidanceScale, .maxSequenceLength, .seed, .limit, .baseline, .oracle,
  ]

  init(reading fields: FieldReader<BenchmarkRequest.Field>) {
    let sizes = GenerateRequest.sizeFactor...GenerateRequest.sizeLimit
    fields.require(.model, "a model folder, or a name under the spool's models/")
    fields.require(.dataset, "a folder with a metadata.jsonl of tuples")
    fields.require(.reward, "the scorer: {\"model\": …}")
    model = fields.string(.model) ?? model
    adapter = fields.object(.adapter, as: AdapterRequest.Field.self).map(AdapterRequest.init(reading:))
    dataset = fields.string(.dataset) ?? dataset
    reward =
      fields.object(.reward, as: ScoringRequest.Field.self).map(ScoringRequest.init(reading:)) ?? reward
    imagesPerPrompt = fields.integer(.imagesPerPrompt, in: 1...1000) ?? imagesPerPrompt
    tiers = Self.tiers(fields) ?? tiers
    wording = fields.integer(.wording, in: 0...999) ?? wording
    height = fields.integer(.height, in: sizes, multipleOf: GenerateRequest.sizeFactor)
    width = fields.integer(.width, in: sizes, multipleOf: GenerateRequest.sizeFactor)
    inferenceSteps = fields.integer(.inferenceSteps, in: 1...1000) ?? inferenceSteps
    guidanceScale = fields.number(.guidanceScale, in: 0...1000) ?? guidanceScale
    maxSequenceLength = fields.integer(.maxSequenceLength, in: 1...512)
    seed = fields.integer(.seed, in: 0...Int.max) ?? seed
    limit = fields.integer(.limit, in: 1...GenerateRequest.imageLimit)
    baseline = fields.string(.baseline)
    oracle = fields.choice(.oracle, of: Oracle.self)
    if baseline != nil && !tiers.contains(.implicit) {
      fields.report(.conflict, .baseline, "needs the tier \"implicit\", which is what is compared")
    }
  }

  private static func tiers(_ fields: FieldReader<BenchmarkRequest.Field>) -> [Tier]? {
    guard let names = fields.strings(.tiers, count: 1...Tier.allCases.count, limit: 200) else { return nil }
    let known = names.compactMap(Tier.init(rawValue:))
    if known.count < names.count || Set(known).count < known.count {
      fields.report(
        .outOfRange, .tiers, "found \(names.joined(separator: ", ").quotedForMessage())",
        hint: "Name some of implicit, explicit and superficial, each once.")
    }
    return Tier.allCases.filter(known.contains)
  }
}

extension GeneratorBenchmarkRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: BenchmarkRequest.Field.self)
    try fields.encode(model, forKey: .model)
    try fields.encodeIfPresent(adapter, forKey: .adapter)
    try fields.encode(dataset, forKey: .dataset)
    try fields.encode(reward, forKey: .reward)
    try fields.encode(imagesPerPrompt, forKey: .imagesPerPrompt)
    try fields.encode(tiers, forKey: .tiers)
    try fields.encode(wording, forKey: .wording)
    try fields.encodeIfPresent(height, forKey: .height)
    try fields.encodeIfPresent(width, forKey: .width)
    try fields.encode(inferenceSteps, forKey: .inferenceSteps)
    try fields.encode(guidanceScale, forKey: .guidanceScale)
    try fields.encodeIfPresent(maxSequenceLength, forKey: .maxSequenceLength)
    try fields.encode(seed, forKey: .seed)
    try fields.encodeIfPresent(limit, forKey: .limit)
    try fields.encodeIfPresent(baseline, forKey: .baseline)
    try fields.encodeIfPresent(oracle, forKey: .oracle)
  }
}
