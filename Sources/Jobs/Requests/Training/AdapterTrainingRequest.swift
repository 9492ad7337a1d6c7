/// What `sft` and `oft` jobs have in common: the adapter they train and how it is watched. Nil stands for a default that
/// the model or the initial adapter decides.
package struct AdapterTrainingRequest: Sendable, Equatable {
  /// The adapter that training starts from; nil for a new one.
  package var initialAdapter: InitialAdapterRequest?
  /// Columns of the new adapter's matrices; ``LoRAShape`` has the default.
  package var rank: Int?
  package var loraAlpha: Double?
  package var targetModules: [String]?
  /// Keeps activations up to 256 MB and computes the other transformer blocks a second time.
  package var gradientCheckpointing = true
  /// T5 tokens; nil for the tokenizer's limit, at most 512.
  package var maxSequenceLength: Int?
  /// Drawn at every validation, each with its seed; empty for no validation.
  package var validationPrompts: [PromptRequest] = []
  /// Optimizer steps (`sft`) or rounds (`oft`) from one validation to the next.
  package var validationSteps: Int
  package var promotion: PromotionRequest?

  package enum Field: String, FieldNames, CodingKey {
    case initialAdapter = "init_adapter"
    case rank
    case loraAlpha = "lora_alpha"
    case targetModules = "target_modules"
    case gradientCheckpointing = "gradient_checkpointing"
    case maxSequenceLength = "max_sequence_length"
    case validationPrompts = "validation_prompts"
    case validationSteps = "validation_steps"
    case promotion = "promote_if"
  }

  package static let validationPromptLimit = 10_000

  init(validationSteps: Int) { self.validationSteps = validationSteps }

  /// - Parameters:
  ///   - validationSteps: The kind's default.
  ///   - seed: Of the job; validation prompt p without a seed draws from `seed + p`.
  ///   - scored: Whether the job names a reward model.
  init(reading fields: FieldReader<Field>, validationSteps: Int, seed: Int, scored: Bool) {
    self.init(validationSteps: validationSteps)
    initialAdapter = fields.object(.initialAdapter, as: InitialAdapterRequest.Field.self)
      .map(InitialAdapterRequest.init(reading:))
    rank = fields.integer(.rank, in: 1...4096)
    loraAlpha = fields.number(.loraAlpha, in: 1e-6...1e6)
    targetModules = Self.targetModules(fields)
    gradientCheckpointing = fields.bool(.gradientCheckpointing) ?? gradientCheckpointing
    maxSequenceLength = fields.integer(.maxSequenceLength, in: 1...512)
    validationPrompts = Self.validationPrompts(fields, seed: seed)
    let steps = fields.integer(.validationSteps, in: 1...OptimizerRequest.stepLimit)
    self.validationSteps = steps ?? validationSteps
    promotion = fields.object(.promotion, as: PromotionRequest.Field.self)
      .map(PromotionRequest.init(reading:))
    if fields.has(.promotion) && !fields.has(.validationPrompts) {
      fields.report(.conflict, .promotion, "has nothing to measure without validation_prompts")
    }
    if fields.has(.promotion) && !scored {
      fields.report(
        .conflict, .promotion, "has nothing to measure without a reward",
        hint: "Name a SciScore model: \"reward\": {\"model\": …}.")
    }
  }

  private static func targetModules(_ fields: FieldReader<Field>) -> [String]? {
    guard let names = fields.strings(.targetModules, count: 1...100, limit: 255) else { return nil }
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted {
      fields.report(.conflict, .targetModules, "names \(name.quotedForMessage()) twice")
    }
    return names
  }

  private static func validationPrompts(_ fields: FieldReader<Field>, seed: Int) -> [PromptRequest] {
    let listed = fields.elements(.validationPrompts, count: 1...validationPromptLimit) ?? []
    return listed.enumerated().compactMap { index, element in
      let (node, path) = element
      guard var prompt = PromptRequest(reading: node, path: path, problems: fields.problems) else {
        return nil
      }
      if prompt.negativePrompt != nil {
        fields.problems.report(
          .conflict, field: "\(path).negative_prompt", at: node.offset,
          "validation draws without negative prompts")
      }
      let (own, overflows) = seed.addingReportingOverflow(index)
      if prompt.seed == nil && overflows {
        fields.problems.report(
          .outOfRange, field: path, at: node.offset, "its seed exceeds 2^63−1", hint: "Choose a smaller seed."
        )
      }
      prompt.seed = prompt.seed ?? own
      return prompt
    }
  }
}

extension AdapterTrainingRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encodeIfPresent(initialAdapter, forKey: .initialAdapter)
    try fields.encodeIfPresent(rank, forKey: .rank)
    try fields.encodeIfPresent(loraAlpha, forKey: .loraAlpha)
    try fields.encodeIfPresent(targetModules, forKey: .targetModules)
    try fields.encode(gradientCheckpointing, forKey: .gradientCheckpointing)
    try fields.encodeIfPresent(maxSequenceLength, forKey: .maxSequenceLength)
    if !validationPrompts.isEmpty { try fields.encode(validationPrompts, forKey: .validationPrompts) }
    try fields.encode(validationSteps, forKey: .validationSteps)
    try fields.encodeIfPresent(promotion, forKey: .promotion)
  }
}

/// The adapter that training starts from. It is taken as it is: unlike ``AdapterRequest`` it has no scale.
package struct InitialAdapterRequest: Sendable, Equatable, Encodable {
  package var source: AdapterRequest.Source

  package init(source: AdapterRequest.Source) { self.source = source }

  /// Its name under the spool's `models/`; nil for a path.
  package var name: String? {
    if case .name(let name) = source { name } else { nil }
  }

  package enum Field: String, FieldNames, CodingKey { case name, path }

  init(reading fields: FieldReader<Field>) {
    source = AdapterRequest.Source(reading: fields, name: .name, path: .path)
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    switch source {
    case .name(let name): try fields.encode(name, forKey: .name)
    case .path(let path): try fields.encode(path, forKey: .path)
    }
  }
}
