/// Tuples whose pictures a model draws itself: what a scorer is trained on, too, when it is to judge that model's drawings.
///
/// A scorer that has seen clean pictures only is led astray by blurred ones; online fine-tuning then moves the score and
/// not the truth.
package struct DrawingsRequest: Sendable, Equatable {
  /// The folder of tuples whose prompts are drawn.
  package var dataset = ""
  /// Name of the folder below the spool's `datasets/`.
  package var output = ""
  /// A diffusers folder, or the name of one under the spool's `models/`; it draws the right pictures from the explicit
  /// prompts.
  package var model = ""
  package var contrasts = [Contrast(tier: .superficial)]
  /// Tuples drawn for each contrast; nil for as many as the folder has.
  package var tuples: Int?
  /// Whether the folder's own tuples are in the new one, too.
  package var includesOriginals = true
  /// Pixels, multiples of 16; nil for the size that the model's autoencoder was trained at.
  package var height: Int?
  package var width: Int?
  package var inferenceSteps = 28
  /// Distilled guidance, dimensionless; models without a guidance embedding ignore it.
  package var guidanceScale = 3.5
  package var sampler = SamplerRequest.ode
  package var seed = 0

  /// What the wrong pictures are drawn from, and with which adapter.
  package struct Contrast: Sendable, Equatable {
    package var tier: Tier
    /// Draws the wrong pictures; the right ones are always the bare model's.
    package var adapter: AdapterRequest?

    package init(tier: Tier, adapter: AdapterRequest? = nil) { (self.tier, self.adapter) = (tier, adapter) }

    package enum Field: String, FieldNames, CodingKey { case tier, adapter }
  }

  package enum Tier: String, Sendable, Codable, CaseIterable {
    /// The tempting wrong outcome, drawn as told.
    case superficial
    /// What the model makes of the implicit prompt: mostly wrong, or it would need no training.
    case implicit
  }

  package enum Field: String, FieldNames, CodingKey {
    case dataset, output, model, contrasts
    case tuples = "num_tuples"
    case includesOriginals = "include_originals"
    case height, width
    case inferenceSteps = "num_inference_steps"
    case guidanceScale = "guidance_scale"
    case sampler, seed
  }

  init(reading fields: FieldReader<Field>) {
    let (factor, limit) = (GenerateRequest.sizeFactor, GenerateRequest.sizeLimit)
    fields.require(.dataset, "a folder of images with a metadata.jsonl of tuples")
    fields.require(.model, "a model folder, or a name under the spool's models/")
    dataset = fields.string(.dataset) ?? dataset
    output = fields.outputName(.output, unlike: [:])
    model = fields.string(.model) ?? model
    contrasts =
      fields.elements(.contrasts, count: 1...100)?.compactMap { node, path in
        Contrast(reading: node, path: path, problems: fields.problems)
      } ?? contrasts
    tuples = fields.integer(.tuples, in: 1...500_000)
    includesOriginals = fields.bool(.includesOriginals) ?? includesOriginals
    height = fields.integer(.height, in: factor...limit, multipleOf: factor)
    width = fields.integer(.width, in: factor...limit, multipleOf: factor)
    inferenceSteps = fields.integer(.inferenceSteps, in: 1...1000) ?? inferenceSteps
    guidanceScale = fields.number(.guidanceScale, in: 0...1000) ?? guidanceScale
    sampler =
      fields.object(.sampler, as: SamplerRequest.Field.self).map(SamplerRequest.init(reading:)) ?? sampler
    seed = fields.integer(.seed, in: 0...(1 << 62)) ?? seed
  }
}

extension DrawingsRequest.Contrast {
  init?(reading node: JSONNode, path: String, problems: ProblemCollector) {
    guard let fields = FieldReader<Field>(node, path: "\(path).", problems: problems) else { return nil }
    fields.require(.tier, "\"superficial\" or \"implicit\"")
    guard let tier = fields.choice(.tier, of: DrawingsRequest.Tier.self) else { return nil }
    self.tier = tier
    adapter = fields.object(.adapter, as: AdapterRequest.Field.self).map(AdapterRequest.init(reading:))
  }
}

extension DrawingsRequest.Contrast: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(tier, forKey: .tier)
    try fields.encodeIfPresent(adapter, forKey: .adapter)
  }
}

extension DrawingsRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(dataset, forKey: .dataset)
    try fields.encode(output, forKey: .output)
    try fields.encode(model, forKey: .model)
    try fields.encode(contrasts, forKey: .contrasts)
    try fields.encodeIfPresent(tuples, forKey: .tuples)
    try fields.encode(includesOriginals, forKey: .includesOriginals)
    try fields.encodeIfPresent(height, forKey: .height)
    try fields.encodeIfPresent(width, forKey: .width)
    try fields.encode(inferenceSteps, forKey: .inferenceSteps)
    try fields.encode(guidanceScale, forKey: .guidanceScale)
    try fields.encode(sampler, forKey: .sampler)
    try fields.encode(seed, forKey: .seed)
  }
}
