import Checkpoints
import Tensors
import Testing

@testable import FLUX

/// A whole `pipe` folder: prompts and packed start latents to pixels.
enum FluxPipelineParity: ParityKind {
  static func covers(_ parityCase: ParityCase) -> Bool { parityCase.has("pipe/model_index.json") }

  static func results(of parityCase: ParityCase) throws -> [String: [Float]] {
    let pipeline = try FluxPipeline(folder: "\(parityCase.folder)/pipe")
    let arguments = try parityCase.description.nested("args")
    let prompts = try parityCase.description.strings("prompts")
    let (height, width) = (try arguments.integer("height"), try arguments.integer("width"))
    let length = try arguments.integer("max_sequence_length")
    var sampling = FluxPipeline.Sampling()
    sampling.steps = try arguments.integer("num_inference_steps")
    sampling.guidance = Float(try arguments.number("guidance_scale"))
    sampling.trueGuidance = Float(try arguments.number("true_cfg_scale", default: 1))
    let inputs = try parityCase.file("inputs.safetensors")
    let latents = Tensor(try inputs.floats("latents"), shape: try inputs.entry("latents").shape)

    var results: [String: [Float]] = [:]
    results["clip_ids"] = pipeline.clipIDs(prompts).joined().map { Float($0) }
    results["t5_ids"] = pipeline.t5IDs(prompts, maxSequenceLength: length).joined().map { Float($0) }
    let conditioning = pipeline.conditioning(prompts, maxSequenceLength: length)
    results["prompt_embeds"] = conditioning.states.values
    results["pooled_prompt_embeds"] = conditioning.pooled.values
    let schedule = pipeline.schedule(steps: sampling.steps, height: height, width: width)
    results["sigmas"] = schedule.sigmas
    results["timesteps"] = schedule.timesteps

    let negative = try parityCase.description.strings("negative_prompts", default: [])
    let final = try pipeline.sample(
      latents, conditioning: conditioning,
      negative: negative.isEmpty ? nil : pipeline.conditioning(negative, maxSequenceLength: length),
      height: height,
      width: width, sampling, onStep: { step, latents in results["latents_step\(step)"] = latents.values })
    let size = pipeline.latentSize(height: height, width: width)
    results["vae_input"] =
      pipeline.autoencoder.unscaled(PackedLatents.unpack(final, height: size.height, width: size.width))
      .values
    let images = try pipeline.images(from: final, height: height, width: width)
    results["image"] = images.values
    results["image_u8"] = prompts.indices.flatMap { index in
      let pixels = FluxPipeline.pixels(of: images, index: index)
      return (0..<3).flatMap { channel in
        stride(from: channel, to: pixels.count, by: 3).map { Float(pixels[$0]) }
      }
    }
    return results
  }
}
