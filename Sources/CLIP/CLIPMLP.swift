import Checkpoints
import Layers
import Tensors

/// The feed-forward part of a layer.
///
/// transformers 5.23.0 `models/clip/modeling_clip.py`, `CLIPMLP`.
struct CLIPMLP: Sendable {
  let fc1: Linear
  let fc2: Linear
  let activation: Activation

  init(_ weights: WeightReader, _ configuration: CLIPEncoderConfiguration) throws {
    fc1 = try Linear(weights.scope("fc1"), inputs: configuration.width, outputs: configuration.innerWidth)
    fc2 = try Linear(weights.scope("fc2"), inputs: configuration.innerWidth, outputs: configuration.width)
    activation = configuration.activation
  }

  func callAsFunction(_ x: Tensor) -> Tensor { fc2(fc1(x).activated(activation)) }
}
