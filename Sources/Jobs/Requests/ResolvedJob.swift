/// A job with every default spelled out: what `job.json` in the outbox says, itself a job file that can be dropped again.
package struct ResolvedJob: Sendable, Equatable {
  package var options: JobOptions
  package var work: Work

  package init(options: JobOptions, work: Work) {
    self.options = options
    self.work = work
  }

  package enum Work: Sendable, Equatable {
    case generate(ResolvedGenerate)
    case score(ResolvedScore)
    /// The model decides nothing of it: the request is complete.
    case reward(RewardRequest)
    case sft(ResolvedSFT)
    case oft(ResolvedOFT)
    case benchmark(BenchmarkRequest)
    case dataset(DatasetRequest)
  }

  package var kind: JobRequest.Kind {
    switch work {
    case .generate: .generate
    case .score: .score
    case .reward: .reward
    case .sft: .sft
    case .oft: .oft
    case .benchmark: .benchmark
    case .dataset: .dataset
    }
  }
}

extension ResolvedJob: Encodable {
  package func encode(to encoder: any Encoder) throws {
    try options.encode(to: encoder)
    var fields = encoder.container(keyedBy: JobOptions.Field.self)
    try fields.encode(kind, forKey: .kind)
    switch work {
    case .generate(let generate): try generate.encode(to: encoder)
    case .score(let score): try score.encode(to: encoder)
    case .reward(let reward): try reward.encode(to: encoder)
    case .sft(let sft): try sft.encode(to: encoder)
    case .oft(let oft): try oft.encode(to: encoder)
    case .benchmark(let benchmark): try benchmark.encode(to: encoder)
    case .dataset(let dataset): try dataset.encode(to: encoder)
    }
  }
}

/// A generate job that leaves nothing open.
package struct ResolvedGenerate: Sendable, Equatable {
  package var model: String
  package var prompts: [PromptRequest]
  package var imagesPerPrompt: Int
  package var height: Int
  package var width: Int
  package var inferenceSteps: Int
  package var guidanceScale: Double
  package var trueCFGScale: Double
  package var maxSequenceLength: Int
  package var seed: Int
  package var latents: String?
  package var adapter: AdapterRequest?
  package var sampler: SamplerRequest
  package var score: ScoringRequest?

  /// What a model decides where the job is silent.
  package struct Defaults: Sendable, Equatable {
    package var height: Int
    package var width: Int
    package var maxSequenceLength: Int

    package init(height: Int, width: Int, maxSequenceLength: Int) {
      self.height = height
      self.width = width
      self.maxSequenceLength = maxSequenceLength
    }
  }

  /// The request with the model's defaults and the prompts as listed or read from their file.
  ///
  /// Each prompt gets its seed spelled out: its own, else `seed + p · num_images_per_prompt` for prompt p.
  ///
  /// - Throws: ``JobFailure`` when a seed leaves 0…2⁶³−1 or the images exceed ``GenerateRequest/imageLimit``.
  package init(
    _ request: GenerateRequest, prompts: [PromptRequest], defaults: Defaults
  ) throws(JobFailure) {
    let images = request.imagesPerPrompt
    guard prompts.count * images <= GenerateRequest.imageLimit else {
      throw JobFailure(
        .outOfRange,
        "\(prompts.count) prompts × \(images) images exceed \(GenerateRequest.imageLimit) images a job",
        field: GenerateRequest.Field.imagesPerPrompt.rawValue)
    }
    var seeded: [PromptRequest] = []
    for (index, prompt) in prompts.enumerated() {
      let (first, firstOverflows) = request.seed.addingReportingOverflow(index * images)
      let own = prompt.seed ?? (firstOverflows ? nil : first)
      guard let own, !own.addingReportingOverflow(images - 1).overflow else {
        throw JobFailure(
          .outOfRange, "the seeds of prompt \(index) exceed 2^63−1", hint: "Choose a smaller seed.",
          field: prompt.seed == nil ? "seed" : "prompts[\(index)].seed")
      }
      var prompt = prompt
      prompt.seed = own
      seeded.append(prompt)
    }
    self.prompts = seeded
    model = request.model
    imagesPerPrompt = images
    height = request.height ?? defaults.height
    width = request.width ?? defaults.width
    inferenceSteps = request.inferenceSteps
    guidanceScale = request.guidanceScale
    trueCFGScale = request.trueCFGScale
    maxSequenceLength = request.maxSequenceLength ?? defaults.maxSequenceLength
    seed = request.seed
    latents = request.latents
    adapter = request.adapter
    sampler = request.sampler
    score = request.score
  }

  /// The images to draw, in order: prompt by prompt, each with its seed.
  package var images: [PlannedImage] {
    prompts.enumerated().flatMap { index, prompt in
      (0..<imagesPerPrompt).map { k in
        PlannedImage(prompt: index, number: k, seed: (prompt.seed ?? seed + index * imagesPerPrompt) + k)
      }
    }
  }

  /// One image to draw: the prompt's index, the image's number among the prompt's, and the seed of its noise.
  package struct PlannedImage: Sendable, Equatable {
    package let prompt: Int
    package let number: Int
    package let seed: Int
  }
}

extension ResolvedGenerate: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: GenerateRequest.Field.self)
    try fields.encode(model, forKey: .model)
    try fields.encode(prompts, forKey: .prompts)
    try fields.encode(imagesPerPrompt, forKey: .imagesPerPrompt)
    try fields.encode(height, forKey: .height)
    try fields.encode(width, forKey: .width)
    try fields.encode(inferenceSteps, forKey: .inferenceSteps)
    try fields.encode(guidanceScale, forKey: .guidanceScale)
    try fields.encode(trueCFGScale, forKey: .trueCFGScale)
    try fields.encode(maxSequenceLength, forKey: .maxSequenceLength)
    try fields.encode(seed, forKey: .seed)
    try fields.encodeIfPresent(latents, forKey: .latents)
    try fields.encodeIfPresent(adapter, forKey: .adapter)
    try fields.encode(sampler, forKey: .sampler)
    try fields.encodeIfPresent(score, forKey: .score)
  }
}

/// A score job with its items listed, also when they came from a folder.
package struct ResolvedScore: Sendable, Equatable, Encodable {
  package var model: String
  package var items: [ScoreItem]

  package init(model: String, items: [ScoreItem]) {
    self.model = model
    self.items = items
  }
}
