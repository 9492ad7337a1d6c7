import Checkpoints
import Layers
import Tensors

/// Queries, keys and values of one stream, with each head's queries and keys normalised.
///
/// diffusers 0.42.1 `FluxAttention`; q, k and v stay separate layers, as the checkpoints have them.
struct FluxProjections: Sendable {
  let query: Linear
  let key: Linear
  let value: Linear
  let queryNorm: RMSNorm
  let keyNorm: RMSNorm

  struct Names {
    let query: String
    let key: String
    let value: String
    let queryNorm: String
    let keyNorm: String

    static let image = Names(
      query: "to_q", key: "to_k", value: "to_v", queryNorm: "norm_q", keyNorm: "norm_k")
    static let text = Names(
      query: "add_q_proj", key: "add_k_proj", value: "add_v_proj", queryNorm: "norm_added_q",
      keyNorm: "norm_added_k")
  }

  init(_ reader: WeightReader, _ names: Names, _ configuration: FluxTransformer2DModel.Configuration) throws {
    let width = configuration.width
    query = try Linear(reader.scope(names.query), inputs: width, outputs: width)
    key = try Linear(reader.scope(names.key), inputs: width, outputs: width)
    value = try Linear(reader.scope(names.value), inputs: width, outputs: width)
    queryNorm = try RMSNorm(reader.scope(names.queryNorm), width: configuration.headSize, epsilon: 1e-6)
    keyNorm = try RMSNorm(reader.scope(names.keyNorm), width: configuration.headSize, epsilon: 1e-6)
  }

  /// From `[B, tokens, C]` to queries, keys and values of the same shape, before rotation.
  func callAsFunction(_ x: Tensor) -> (q: Tensor, k: Tensor, v: Tensor) {
    (queryNorm(query(x)), keyNorm(key(x)), value(x))
  }
}

/// Attention of all tokens to all, with positions turned in: `[B, tokens, C] → [B, tokens, C]`.
func fluxAttention(q: Tensor, k: Tensor, v: Tensor, heads: Int, rotary: RotaryTable) -> Tensor {
  let headSize = q.columns / heads
  return q.rotated(by: rotary).attention(
    keys: k.rotated(by: rotary), values: v, heads: heads, scale: 1 / Float(headSize).squareRoot())
}
