import Checkpoints
import Foundation
import Tensors

/// The autoencoder that turns images into latents and latents into images.
///
/// An encoder halves the image level by level and ends in mean and log variance of a normal distribution per latent;
/// a decoder goes the way back. All of it is residual 3×3 convolutions with group normalisation and SiLU; in the middle,
/// every pixel attends to every other.
///
/// Reference: Rombach et al., arXiv:2112.10752; diffusers 0.42.1 `models/autoencoders/autoencoder_kl.py` and `vae.py`.
/// Differs: images are coded one at a time, in float32 and whole, whatever `force_upcast` and `sample_size` say.
package struct AutoencoderKL: Sendable {
  package let configuration: Configuration
  let encoder: Encoder
  let decoder: Decoder
  let quantConv: Convolution?
  let postQuantConv: Convolution?

  /// Loads a folder with `config.json` and `diffusion_pytorch_model.safetensors`, of which kernels stay in the file.
  ///
  /// - Throws: `CheckpointError` for an unsupported configuration and for tensors that do not fit it.
  package init(folder: String) throws(CheckpointError) {
    let configuration = try Configuration(ModelConfiguration(path: "\(folder)/config.json"))
    try self.init(Checkpoint(path: folder), configuration)
  }

  package init(_ checkpoint: Checkpoint, _ configuration: Configuration) throws(CheckpointError) {
    let weights = try WeightReader(checkpoint, renaming: Self.presentName)
    try self.init(weights, configuration)
    try weights.finish()
  }

  package init(_ weights: WeightReader, _ configuration: Configuration) throws(CheckpointError) {
    self.configuration = configuration
    let latents = configuration.latentChannels
    encoder = try Encoder(weights.scope("encoder"), configuration)
    decoder = try Decoder(weights.scope("decoder"), configuration)
    quantConv =
      configuration.usesQuantConv
      ? try Convolution(weights.scope("quant_conv"), .pointwise(2 * latents, 2 * latents)) : nil
    postQuantConv =
      configuration.usesPostQuantConv
      ? try Convolution(weights.scope("post_quant_conv"), .pointwise(latents, latents)) : nil
  }

  /// The name that diffusers gives a tensor today; checkpoints of its first versions say `query` and so on.
  private static func presentName(_ name: String) -> String {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count > 3, parts[parts.count - 4] == "attentions" else { return name }
    let former: [Substring: Substring] = [
      "query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0",
    ]
    guard let layer = former[parts[parts.count - 2]] else { return name }
    return (parts.dropLast(2) + [layer, parts[parts.count - 1]]).joined(separator: ".")
  }

  /// The moments of an image's latents: means in the first half of the channels, log variances in the second.
  ///
  /// - Parameter image: Three channels in -1...1. Height and width may be any number from ``Configuration/spatialFactor``
  ///   up; each level rounds down.
  func moments(of image: FeatureMap) -> FeatureMap {
    precondition(image.channels == configuration.imageChannels, "an image of \(image.channels) channels")
    precondition(
      min(image.height, image.width) >= configuration.spatialFactor,
      "an image of \(image.height)×\(image.width) for latents of \(configuration.spatialFactor) pixels a side"
    )
    let moments = encoder(image)
    return quantConv.map { $0(moments) } ?? moments
  }

  /// The image of latents that are not scaled: `packed/scalingFactor + shiftFactor`.
  ///
  /// - Returns: Three channels, nominally in -1...1, not clamped.
  func image(of latents: FeatureMap) -> FeatureMap {
    precondition(latents.channels == configuration.latentChannels, "latents of \(latents.channels) channels")
    return decoder(postQuantConv.map { $0(latents) } ?? latents)
  }
}
