import FLUX
import Images
import Jobs
import Tensors

/// Pictures of several prompts, drawn together: image k from prompt k's conditioning and seed k's noise.
struct PictureBatch {
  let conditioning: [FluxPipeline.Conditioning]
  let seeds: [UInt64]
  let height: Int
  let width: Int
  let sampling: FluxPipeline.Sampling

  /// - Parameter onStep: Called after each denoising step; may throw to stop.
  func images(with pipeline: FluxPipeline, onStep: () throws -> Void = {}) throws -> [RGBImage] {
    precondition(conditioning.count == seeds.count && !seeds.isEmpty, "a seed for each prompt")
    var generators = seeds.map { TorchGenerator(seed: $0) }
    func noise() -> Tensor {
      .concatenated(
        generators.indices.map { pipeline.noise(from: &generators[$0], height: height, width: width) },
        axis: 0)
    }
    let latents = try pipeline.sample(
      noise(),
      conditioning: .init(
        states: .concatenated(conditioning.map(\.states), axis: 0),
        pooled: .concatenated(conditioning.map(\.pooled), axis: 0)),
      height: height, width: width, sampling, noise: { _ in noise() }, onStep: { _, _ in try onStep() })
    let pictures = try pipeline.images(from: latents, height: height, width: width)
    return seeds.indices.map { TrainingPicture.image(pictures, $0) }
  }

  /// Pictures that are drawn together without filling the memory: small ones only gain by company.
  static func size(height: Int, width: Int) -> Int { max(1, min(16, 2 * (256 * 256) / (height * width))) }
}

extension SamplerRequest {
  /// The sampler as the engine knows it.
  var flow: FlowSampler {
    switch self {
    case .ode: .ode
    case .sde(let churn, let drift): .sde(churn: Float(churn), drift: drift == .theory ? .theory : .reference)
    }
  }
}
