import Checkpoints
import Layers
import Tensors

/// Attention of queries on keys, with projections before and after, scaled by 1/√D.
///
/// transformers 5.23.0 `models/grounding_dino/modeling_grounding_dino.py`, `GroundingDinoMultiheadAttention`.
struct MultiheadAttention: Sendable {
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear  // out_proj
  let heads: Int

  init(_ weights: WeightReader, width: Int, heads: Int) throws {
    query = try Linear(weights.scope("query"), inputs: width, outputs: width)
    key = try Linear(weights.scope("key"), inputs: width, outputs: width)
    value = try Linear(weights.scope("value"), inputs: width, outputs: width)
    output = try Linear(weights.scope("out_proj"), inputs: width, outputs: width)
    self.heads = heads
  }

  /// All of `[1, …, C]`.
  func callAsFunction(
    queries: Tensor, keys: Tensor, values: Tensor, mask: AttentionMask = .none
  ) -> Tensor {
    let projected = Linear.results(of: [query.on(queries), key.on(keys), value.on(values)])
    return output(
      projected[0].attention(
        keys: projected[1], values: projected[2], heads: heads,
        scale: 1 / Float(queries.columns / heads).squareRoot(), mask: mask))
  }
}
