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
    queryNorm = try RMSNorm(
      reader.scope(names.queryNorm), width: configuration.headSize, epsilon: fluxEpsilon)
    keyNorm = try RMSNorm(reader.scope(names.keyNorm), width: configuration.headSize, epsilon: fluxEpsilon)
  }

  /// The three layers applied to `[B, tokens, C]`; each gives the same shape, not normalised yet.
  func calls(on x: Tensor) -> [Linear.Call] { [query.on(x), key.on(x), value.on(x)] }
}

/// Attention of all tokens to all, heads normalised and turned by their positions: `[B, all tokens, C]`.
///
/// - Parameters:
///   - streams: What comes first in the joint sequence stands first; each `[B, tokens, C]`.
///   - further: Layers that need the same inputs' time but not attention's result; computed along.
/// - Returns: What was attended to, and the results of `further`.
func fluxAttention(
  _ streams: [(projections: FluxProjections, input: Tensor)], also further: [Linear.Call] = [],
  rotary: RotaryTable
) -> (attended: Tensor, further: [Tensor]) {
  let headSize = 2 * rotary.cosine.columns
  var results = Linear.results(of: streams.flatMap { $0.projections.calls(on: $0.input) } + further)
  let others = Array(results.dropFirst(3 * streams.count))
  let queries = Tensor.joinedHeads(
    streams.indices.map { HeadStream(results[3 * $0], normWeight: streams[$0].projections.queryNorm.weight) },
    epsilon: fluxEpsilon, rotatedBy: rotary)
  let keys = Tensor.joinedHeads(
    streams.indices.map {
      HeadStream(results[3 * $0 + 1], normWeight: streams[$0].projections.keyNorm.weight)
    },
    epsilon: fluxEpsilon, rotatedBy: rotary)
  let values =
    streams.count == 1
    ? results[2] : Tensor.concatenated(streams.indices.map { results[3 * $0 + 2] }, axis: 1)
  results = []
  let attended = queries.attention(
    keys: keys, values: values, heads: queries.columns / headSize, scale: 1 / Float(headSize).squareRoot())
  return (attended, others)
}

/// What the transformer's normalisations add to variances and mean squares.
let fluxEpsilon: Float = 1e-6
