import Checkpoints
import Layers
import Tensors

/// Multi-head self-attention with biased projections, scaled by 1/√D.
///
/// transformers 5.23.0 `models/clip/modeling_clip.py`, `CLIPAttention`.
struct CLIPAttention: Sendable {
  let queries: Linear  // q_proj
  let keys: Linear  // k_proj
  let values: Linear  // v_proj
  let output: Linear  // out_proj
  let heads: Int
  let scale: Float

  init(_ weights: WeightReader, _ configuration: CLIPEncoderConfiguration) throws {
    let width = configuration.width
    queries = try Linear(weights.scope("q_proj"), inputs: width, outputs: width)
    keys = try Linear(weights.scope("k_proj"), inputs: width, outputs: width)
    values = try Linear(weights.scope("v_proj"), inputs: width, outputs: width)
    output = try Linear(weights.scope("out_proj"), inputs: width, outputs: width)
    heads = configuration.heads
    scale = 1 / Float(width / heads).squareRoot()
  }

  /// - Parameter x: `[B, T, C]`.
  func callAsFunction(_ x: Tensor, mask: AttentionMask) -> Tensor {
    let attended = queries(x).attention(
      keys: keys(x), values: values(x), heads: heads, scale: scale, mask: mask)
    return output(attended)
  }
}
