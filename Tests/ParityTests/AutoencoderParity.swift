import Checkpoints
import Tensors
import Testing

@testable import FLUX

/// A `vae` folder with images to encode and latents to decode.
enum AutoencoderParity: ParityKind {
  static func covers(_ parityCase: ParityCase) -> Bool {
    parityCase.has("vae/config.json") && parityCase.comparisons.contains { $0.tensor == "decoded_raw" }
  }

  static func results(of parityCase: ParityCase) throws -> [String: [Float]] {
    let vae = try AutoencoderKL(folder: "\(parityCase.folder)/vae")
    let inputs = try parityCase.file("inputs.safetensors")
    func input(_ name: String) throws -> Tensor {
      Tensor(try inputs.floats(name), shape: try inputs.entry(name).shape)
    }
    let distribution = vae.encode(try input("image"))
    return [
      "moments": try moments(of: "image", inputs, vae),
      "moments_odd": try moments(of: "image_odd", inputs, vae),
      "mean": distribution.mean.values,
      "std": distribution.standardDeviation.values,
      "sample_scaled": vae.scaled(distribution.sample(noise: try input("eps"))).values,
      "decoded_raw": vae.decode(try input("latents")).values,
      "decoded_unscaled": vae.decode(vae.unscaled(try input("latents"))).values,
    ]
  }

  /// Means and log variances as the encoder leaves them, before the latter are limited.
  private static func moments(of name: String, _ inputs: SafetensorsFile, _ vae: AutoencoderKL) throws
    -> [Float]
  {
    let images = Tensor(try inputs.floats(name), shape: try inputs.entry(name).shape)
    return (0..<images.shape[0]).flatMap { index in
      let map = vae.moments(of: FeatureMap(channelsFirst: images, index: index))
      var values = [Float](repeating: 0, count: map.count)
      values.withUnsafeMutableBufferPointer { map.copyChannelsFirst(to: $0) }
      return values
    }
  }
}
