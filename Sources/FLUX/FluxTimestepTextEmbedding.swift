import Checkpoints
import Foundation
import Layers
import Tensors

/// The vector that modulates every block: time, guidance and pooled text, each through two linear layers, summed.
///
/// diffusers 0.42.1 `CombinedTimestepTextProjEmbeddings` and `CombinedTimestepGuidanceTextProjEmbeddings`.
struct FluxTimestepTextEmbedding: Sendable {
  /// `linear_2(silu(linear_1(x)))`.
  struct MLP: Sendable {
    let linear1: Linear
    let linear2: Linear

    init(_ reader: WeightReader, inputs: Int, width: Int) throws {
      linear1 = try Linear(reader.scope("linear_1"), inputs: inputs, outputs: width)
      linear2 = try Linear(reader.scope("linear_2"), inputs: width, outputs: width)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { linear2(linear1(x).activated(.silu)) }
  }

  /// Width of the sinusoids.
  static let channels = 256

  let timestep: MLP
  let guidance: MLP?
  let text: MLP

  init(_ reader: WeightReader, _ configuration: FluxTransformer2DModel.Configuration) throws {
    let width = configuration.width
    timestep = try MLP(reader.scope("timestep_embedder"), inputs: Self.channels, width: width)
    guidance =
      configuration.hasGuidance
      ? try MLP(reader.scope("guidance_embedder"), inputs: Self.channels, width: width) : nil
    text = try MLP(reader.scope("text_embedder"), inputs: configuration.pooledProjectionWidth, width: width)
  }

  /// - Parameters:
  ///   - sigma: `[B]`, 0...1; enters the sinusoids a thousandfold, and so does the guidance.
  ///   - pooled: `[B, pooled]`.
  /// - Returns: `[B, C]`.
  func callAsFunction(sigma: Tensor, guidance scale: Tensor?, pooled: Tensor) -> Tensor {
    var sum = timestep(Self.sinusoids(sigma.affine(1000)))
    if let guidance, let scale { sum += guidance(Self.sinusoids(scale.affine(1000))) }
    return sum + text(pooled)
  }

  /// `[cos(t f), sin(t f)]` with f falling from 1 to 1/10000, cosines first: `[B] → [B, 256]`.
  static func sinusoids(_ t: Tensor) -> Tensor {
    let half = channels / 2
    // In float32, as the reference: at t = 1000 the angle's rounding shows in the third decimal.
    let frequencies = (0..<half).map { expf(-logf(10000) * Float($0) / Float(half)) }
    return Tensor(shape: [t.count, channels]) { values in
      for (row, time) in t.values.enumerated() {
        for k in 0..<half {
          let angle = time * frequencies[k]
          values[row * channels + k] = cosf(angle)
          values[row * channels + half + k] = sinf(angle)
        }
      }
    }
  }
}
