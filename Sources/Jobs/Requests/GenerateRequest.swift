/// A `generate` job as its file says it: draw images for prompts. Nil stands for a default that the model decides.
package struct GenerateRequest: WorkRequest, Sendable, Equatable {
  /// A diffusers folder, or the name of one under the spool's `models/`.
  package var model = ""
  package var prompts: PromptSource = .inline([])
  package var imagesPerPrompt = 1
  /// Pixels, multiples of 16; nil for the size that the model's autoencoder was trained at.
  package var height: Int?
  package var width: Int?
  package var inferenceSteps = 28
  /// Distilled guidance, dimensionless; models without a guidance embedding ignore it.
  package var guidanceScale = 3.5
  /// Above 1, the negative prompt steers too, at the cost of a second transformer pass a step.
  package var trueCFGScale = 1.0
  /// T5 tokens; nil for the tokenizer's limit, at most 512.
  package var maxSequenceLength: Int?
  package var seed = 0
  /// A safetensors file with packed start latents, used in place of seeded noise.
  package var latents: String?
  package var adapter: AdapterRequest?
  package var sampler = SamplerRequest.ode
  package var score: ScoringRequest?

  package init(model: String, prompts: PromptSource) {
    self.model = model
    self.prompts = prompts
  }

  package enum PromptSource: Sendable, Equatable {
    case inline([PromptRequest])
    /// A `.txt`, `.jsonl` or `.json` file, read by ``PromptFile``.
    case file(String)
  }

  package enum Field: String, FieldNames, CodingKey {
    case model, prompts
    case promptsFile = "prompts_file"
    case imagesPerPrompt = "num_images_per_prompt"
    case height, width
    case inferenceSteps = "num_inference_steps"
    case guidanceScale = "guidance_scale"
    case trueCFGScale = "true_cfg_scale"
    case maxSequenceLength = "max_sequence_length"
    case seed, latents, adapter, sampler, score
  }

  /// Images of one job, all prompts together. More belong into several jobs.
  package static let imageLimit = 100_000
  /// FLUX latents are 8 times smaller than the image and packed in 2×2 patches.
  package static let sizeFactor = 16
  package static let sizeLimit = 4096

  init(reading fields: FieldReader<Field>) {
    let sizes = Self.sizeFactor...Self.sizeLimit
    fields.require(.model, "a model folder, or a name under the spool's models/")
    model = fields.string(.model) ?? model
    prompts = Self.promptSource(fields)
    imagesPerPrompt = fields.integer(.imagesPerPrompt, in: 1...1000) ?? imagesPerPrompt
    height = fields.integer(.height, in: sizes, multipleOf: Self.sizeFactor)
    width = fields.integer(.width, in: sizes, multipleOf: Self.sizeFactor)
    inferenceSteps = fields.integer(.inferenceSteps, in: 1...1000) ?? inferenceSteps
    guidanceScale = fields.number(.guidanceScale, in: 0...1000) ?? guidanceScale
    trueCFGScale = fields.number(.trueCFGScale, in: 0...1000) ?? trueCFGScale
    maxSequenceLength = fields.integer(.maxSequenceLength, in: 1...512)
    seed = fields.integer(.seed, in: 0...Int.max) ?? seed
    latents = fields.string(.latents)
    adapter = fields.object(.adapter, as: AdapterRequest.Field.self).map(AdapterRequest.init(reading:))
    sampler =
      fields.object(.sampler, as: SamplerRequest.Field.self).map(SamplerRequest.init(reading:)) ?? sampler
    score = fields.object(.score, as: ScoringRequest.Field.self).map(ScoringRequest.init(reading:))
    if case .inline(let prompts) = prompts, prompts.count * imagesPerPrompt > Self.imageLimit {
      fields.report(
        .outOfRange, .imagesPerPrompt,
        "\(prompts.count) prompts × \(imagesPerPrompt) images exceed \(Self.imageLimit) images a job")
    }
  }

  private static func promptSource(_ fields: FieldReader<Field>) -> PromptSource {
    if fields.has(.prompts) && fields.has(.promptsFile) {
      fields.report(.conflict, .promptsFile, "prompts and prompts_file are both given; keep one of them")
    }
    if !fields.has(.prompts) && !fields.has(.promptsFile) {
      fields.report(.missingField, .prompts, "is missing: give prompts, or prompts_file")
    }
    let listed = fields.elements(.prompts, count: 1...Self.imageLimit)?.compactMap { node, path in
      PromptRequest(reading: node, path: path, problems: fields.problems)
    }
    if let file = fields.string(.promptsFile) {
      if PromptFile.Format(path: file) == nil {
        fields.report(
          .outOfRange, .promptsFile,
          "\(file.quotedForMessage()) ends in none of .txt (one prompt a line), .jsonl and .json")
      }
      return .file(file)
    }
    return .inline(listed ?? [])
  }
}
