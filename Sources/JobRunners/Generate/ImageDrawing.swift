import FLUX
import Images
import Jobs
import Tensors

/// Draws one picture at a time with the settings of a job, so that a picture does not depend on what else is drawn.
struct ImageDrawing {
  let model: DrawingModel
  let job: ResolvedGenerate
  let context: JobContext
  let clock: StageClock
  /// Whose cache has prompts that large encoders have encoded.
  let spoolRoot: String

  /// - Parameters:
  ///   - start: Packed start latents; nil for noise from the seed.
  ///   - onStep: Called after each step of the sampler.
  func picture(
    of prompt: PromptRequest, seed: Int, start: Tensor? = nil, onStep: () -> Void
  ) throws(JobFailure) -> RGBImage {
    let latents = try sample(prompt, seed: seed, start: start, onStep: onStep)
    return try clock.measure(.decode) { () throws(JobFailure) in
      try JobFailure.of("model") {
        let decoded = try model.pipeline.images(from: latents, height: job.height, width: job.width)
        return RGBImage(
          width: job.width, height: job.height, pixels: FluxPipeline.pixels(of: decoded, index: 0))
      }
    }
  }

  /// Clean packed latents of one image.
  private func sample(
    _ prompt: PromptRequest, seed: Int, start: Tensor?, onStep: () -> Void
  ) throws(JobFailure) -> Tensor {
    let negativePrompt = job.trueCFGScale > 1 ? prompt.negativePrompt : nil
    let (positive, negative) = clock.measure(.text) {
      (conditioning(prompt.prompt), negativePrompt.map { conditioning($0) })
    }
    try context.checkCancellation()
    return try clock.measure(.denoise) { () throws(JobFailure) in
      try JobFailure.of("model") {
        var generator = TorchGenerator(seed: UInt64(seed))
        let start = start ?? model.pipeline.noise(from: &generator, height: job.height, width: job.width)
        return try model.pipeline.sample(
          start, conditioning: positive, negative: negative, height: job.height, width: job.width,
          sampling,
          noise: { _ in model.pipeline.noise(from: &generator, height: job.height, width: job.width) },
          onStep: { _, _ in
            onStep()
            try context.checkCancellation()
          })
      }
    }
  }

  /// Encodes what a large encoder has to, before it makes room for the transformer.
  func encode(_ prompts: [PromptRequest]) throws(JobFailure) {
    guard model.pipeline.hasLargeTextEncoder else { return }
    var known: Set<String> = []
    let texts = prompts.flatMap {
      [$0.prompt, job.trueCFGScale > 1 ? $0.negativePrompt : nil].compactMap(\.self)
    }
    for text in texts where known.insert(text).inserted {
      try context.checkCancellation()
      _ = clock.measure(.text) { conditioning(text) }
    }
  }

  private func conditioning(_ prompt: String) -> FluxPipeline.Conditioning {
    model.conditioning(prompt, maxSequenceLength: job.maxSequenceLength, spoolRoot: spoolRoot)
  }

  private var sampling: FluxPipeline.Sampling {
    var sampling = FluxPipeline.Sampling()
    sampling.steps = job.inferenceSteps
    sampling.guidance = Float(job.guidanceScale)
    sampling.trueGuidance = Float(job.trueCFGScale)
    sampling.sampler = job.sampler.flow
    return sampling
  }
}
