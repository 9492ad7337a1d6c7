/// An `oft` job as its file says it: fine-tune a LoRA online, by masked DPO on pairs of its own images
/// (arXiv:2504.13129, section 5).
package struct OFTRequest: WorkRequest, Sendable, Equatable {
  /// A diffusers folder, or the name of one under the spool's `models/`.
  package var model = ""
  /// Name of the adapter to make.
  package var output = ""
  package var adapter = AdapterTrainingRequest(validationSteps: 10)
  package var prompts = PromptSource.inline([])
  /// The SciScore model that tells a pair's winner.
  package var reward = ScoringRequest(model: "")
  package var detector = Detector.wholeImage
  package var quirks = DetectorQuirks()
  package var rounds = 100
  package var promptsPerRound = 32
  /// Drawn of each prompt in a round; the best and the worst by reward are the pair.
  package var imagesPerPrompt = 2
  package var inferenceSteps = 30
  /// Pixels, multiples of 16.
  package var height = 512
  package var width = 512
  /// Distilled guidance, dimensionless; models without a guidance embedding ignore it.
  package var guidanceScale = 0.0
  /// How much noise a step adds: σ grows by the factor `1 + min(s_churn / steps, √2 − 1)` before it.
  package var churn = 0.1
  package var drift = SamplerRequest.Drift.theory
  /// How many of the first steps are stochastic and learnt from, at most all; nil for all, as in the paper.
  package var stochasticSteps: Int?
  /// How far the policy may leave the reference: DPO's β.
  package var beta = 10.0
  /// The ratio of policy and reference is clamped to 1 ± ε.
  package var clipEpsilon = 0.1
  package var pairLoss = PairLoss.pairs
  /// Whether only the entity's box counts in a step's log-probability.
  package var mask = true
  /// Whether a prompt's images start from the same noise.
  package var sharedStartNoise = false
  package var optimizer = Self.optimizer
  package var seed = 0
  /// Rounds from one checkpoint to the next.
  package var checkpointingSteps = 1
  package var guardLimits: GuardLimits?

  package static let optimizer = OptimizerRequest(
    learningRate: 3e-4, weightDecay: 1e-4, accumulationSteps: 2)

  package enum PromptSource: Sendable, Equatable {
    case inline([EntityPrompt])
    /// A `.txt`, `.jsonl` or `.json` file, read by ``PromptFile/entityPrompts(in:format:name:)``.
    case file(String)
    /// A folder of tuples: each distinct implicit prompt, with its object and the box of its explicit image.
    case dataset(String)
  }

  package enum Field: String, FieldNames, CodingKey {
    case model, output, prompts
    case promptsFile = "prompts_file"
    case dataset, reward, detector
    case quirks = "detector_quirks"
    case rounds
    case promptsPerRound = "prompts_per_round"
    case imagesPerPrompt = "num_images_per_prompt"
    case inferenceSteps = "num_inference_steps"
    case height, width
    case guidanceScale = "guidance_scale"
    case churn = "s_churn"
    case drift
    case stochasticSteps = "stochastic_steps"
    case beta
    case clipEpsilon = "clip_epsilon"
    case pairLoss = "pair_loss"
    case mask
    case sharedStartNoise = "shared_start_noise"
    case seed
    case checkpointingSteps = "checkpointing_steps"
    case guardLimits = "guard"
  }

  static let sharedFields =
    AdapterTrainingRequest.Field.allCases.map(\.rawValue) + OptimizerRequest.Field.allCases.map(\.rawValue)

  init(reading fields: FieldReader<Field>) {
    fields.require(.model, "a model folder, or a name under the spool's models/")
    fields.require(.reward, "the SciScore model that compares images: {\"model\": …}")
    model = fields.string(.model) ?? model
    reward =
      fields.object(.reward, as: ScoringRequest.Field.self).map(ScoringRequest.init(reading:)) ?? reward
    seed = fields.integer(.seed, in: 0...Int.max) ?? seed
    adapter = AdapterTrainingRequest(
      reading: fields.group(AdapterTrainingRequest.Field.self), validationSteps: adapter.validationSteps,
      seed: seed, scored: fields.has(.reward))
    output = fields.outputName(
      .output, unlike: ["model": model, "init_adapter": adapter.initialAdapter?.name])
    readRounds(fields)
    readSampling(fields)
    readLoss(fields)
    optimizer = OptimizerRequest(
      reading: fields.group(OptimizerRequest.Field.self), defaults: optimizer, steps: nil)
    if optimizer.accumulationSteps > promptsPerRound {
      fields.report(
        .conflict, .promptsPerRound,
        "\(promptsPerRound) pairs are fewer than the \(optimizer.accumulationSteps) of a step (gradient_accumulation_steps)"
      )
    }
    guardLimits = fields.object(.guardLimits, as: GuardLimits.Field.self).map(GuardLimits.init(reading:))
    readEntities(fields)
  }

  private mutating func readRounds(_ fields: FieldReader<Field>) {
    rounds = fields.integer(.rounds, in: 1...1_000_000) ?? rounds
    promptsPerRound = fields.integer(.promptsPerRound, in: 1...100_000) ?? promptsPerRound
    imagesPerPrompt = fields.integer(.imagesPerPrompt, in: 2...1000) ?? imagesPerPrompt
    checkpointingSteps = fields.integer(.checkpointingSteps, in: 1...1_000_000) ?? checkpointingSteps
  }

  private mutating func readSampling(_ fields: FieldReader<Field>) {
    let (factor, limit) = (GenerateRequest.sizeFactor, GenerateRequest.sizeLimit)
    inferenceSteps = fields.integer(.inferenceSteps, in: 1...1000) ?? inferenceSteps
    height = fields.integer(.height, in: factor...limit, multipleOf: factor) ?? height
    width = fields.integer(.width, in: factor...limit, multipleOf: factor) ?? width
    guidanceScale = fields.number(.guidanceScale, in: 0...1000) ?? guidanceScale
    // Without fresh noise a step has no probability density to learn from.
    churn = fields.number(.churn, in: 1e-6...1000) ?? churn
    drift = fields.choice(.drift, of: SamplerRequest.Drift.self) ?? drift
    stochasticSteps = fields.integer(.stochasticSteps, in: 1...1000)
    sharedStartNoise = fields.bool(.sharedStartNoise) ?? sharedStartNoise
  }

  private mutating func readLoss(_ fields: FieldReader<Field>) {
    beta = fields.number(.beta, in: 1e-6...1e6) ?? beta
    clipEpsilon = fields.number(.clipEpsilon, in: 1e-6...0.999) ?? clipEpsilon
    pairLoss = fields.choice(.pairLoss, of: PairLoss.self) ?? pairLoss
    mask = fields.bool(.mask) ?? mask
  }
}

extension OFTRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(model, forKey: .model)
    try fields.encode(output, forKey: .output)
    try adapter.encode(to: encoder)
    switch prompts {
    case .inline(let prompts): try fields.encode(prompts, forKey: .prompts)
    case .file(let file): try fields.encode(file, forKey: .promptsFile)
    case .dataset(let folder): try fields.encode(folder, forKey: .dataset)
    }
    try fields.encode(reward, forKey: .reward)
    try fields.encode(detector, forKey: .detector)
    try fields.encode(quirks, forKey: .quirks)
    try fields.encode(rounds, forKey: .rounds)
    try fields.encode(promptsPerRound, forKey: .promptsPerRound)
    try fields.encode(imagesPerPrompt, forKey: .imagesPerPrompt)
    try fields.encode(inferenceSteps, forKey: .inferenceSteps)
    try fields.encode(height, forKey: .height)
    try fields.encode(width, forKey: .width)
    try fields.encode(guidanceScale, forKey: .guidanceScale)
    try fields.encode(churn, forKey: .churn)
    try fields.encode(drift, forKey: .drift)
    try fields.encodeIfPresent(stochasticSteps, forKey: .stochasticSteps)
    try fields.encode(beta, forKey: .beta)
    try fields.encode(clipEpsilon, forKey: .clipEpsilon)
    try fields.encode(pairLoss, forKey: .pairLoss)
    try fields.encode(mask, forKey: .mask)
    try fields.encode(sharedStartNoise, forKey: .sharedStartNoise)
    try optimizer.encode(to: encoder)
    try fields.encode(seed, forKey: .seed)
    try fields.encode(checkpointingSteps, forKey: .checkpointingSteps)
    try fields.encodeIfPresent(guardLimits, forKey: .guardLimits)
  }
}
