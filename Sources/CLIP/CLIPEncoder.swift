import Checkpoints
import Layers
import Tensors

/// One transformer layer, normalised before its parts.
///
/// transformers 5.23.0 `models/clip/modeling_clip.py`, `CLIPEncoderLayer`.
struct CLIPEncoderLayer: Sendable {
  let norm1: LayerNorm  // layer_norm1
  let attention: CLIPAttention  // self_attn
  let norm2: LayerNorm  // layer_norm2
  let mlp: CLIPMLP

  init(_ weights: WeightReader, _ configuration: CLIPEncoderConfiguration) throws {
    norm1 = try LayerNorm(
      weights.scope("layer_norm1"), width: configuration.width, epsilon: configuration.epsilon)
    attention = try CLIPAttention(weights.scope("self_attn"), configuration)
    norm2 = try LayerNorm(
      weights.scope("layer_norm2"), width: configuration.width, epsilon: configuration.epsilon)
    mlp = try CLIPMLP(weights.scope("mlp"), configuration)
  }

  /// - Parameter x: `[B, T, C]`.
  func callAsFunction(_ x: Tensor, mask: AttentionMask) -> Tensor {
    var x = x
    x += attention(norm1(x), mask: mask)
    x += mlp(norm2(x))
    return x
  }
}

/// The layers of a tower, one after the other.
///
/// transformers 5.23.0 `models/clip/modeling_clip.py`, `CLIPEncoder`.
struct CLIPEncoder: Sendable {
  let layers: [CLIPEncoderLayer]

  init(_ weights: WeightReader, _ configuration: CLIPEncoderConfiguration) throws {
    var layers: [CLIPEncoderLayer] = []
    for index in 0..<configuration.layers {
      layers.append(try CLIPEncoderLayer(weights.scope("layers", index), configuration))
    }
    self.layers = layers
  }

  /// The state after the last layer, and the one before it (`hidden_states[-2]`).
  ///
  /// - Parameter x: `[B, T, C]`.
  func callAsFunction(_ x: Tensor, mask: AttentionMask = .none) -> (last: Tensor, penultimate: Tensor) {
    let penultimate = layers.dropLast().reduce(x) { $1($0, mask: mask) }
    return (layers[layers.count - 1](penultimate, mask: mask), penultimate)
  }
}
