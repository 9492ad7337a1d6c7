import Checkpoints
import Layers
import Tensors

/// Self-attention of the text inside its phrases, and feed-forward; normalised after each.
///
/// transformers 5.23.0 `models/grounding_dino/modeling_grounding_dino.py`, `GroundingDinoTextEnhancerLayer`.
struct TextEnhancerLayer: Sendable {
  let attention: MultiheadAttention  // self_attn
  let attentionNorm: LayerNorm  // layer_norm_before
  let feedForward: FeedForward
  let norm: LayerNorm  // layer_norm_after

  init(_ weights: WeightReader, _ configuration: GroundingDinoConfiguration) throws {
    let width = configuration.width
    attention = try MultiheadAttention(
      weights.scope("self_attn"), width: width, heads: configuration.encoder.heads / 2)
    attentionNorm = try LayerNorm(
      weights.scope("layer_norm_before"), width: width, epsilon: configuration.epsilon)
    feedForward = try FeedForward(weights, width: width, inner: configuration.encoder.innerWidth / 2)
    norm = try LayerNorm(weights.scope("layer_norm_after"), width: width, epsilon: configuration.epsilon)
  }

  /// - Parameters:
  ///   - text: `[1, T, C]`.
  ///   - positions: Places in the phrases as waves, `[T, C]`.
  func callAsFunction(_ text: Tensor, positions: Tensor, mask: AttentionMask) -> Tensor {
    let placed = text + positions
    let x = attentionNorm(text + attention(queries: placed, keys: placed, values: text, mask: mask))
    return norm(x + feedForward(x))
  }
}
