import Checkpoints
import Layers
import Tensors

/// A single-stream block: attention and feed-forward side by side on text and image tokens together.
///
/// diffusers 0.42.1 `FluxSingleTransformerBlock`, keys `single_transformer_blocks.N.…`.
struct FluxSingleTransformerBlock: Sendable {
  /// `silu(temb)` to shift, scale, gate.
  let modulation: Linear
  let projections: FluxProjections
  let mlpIn: Linear
  /// From attention and feed-forward channels, in this order, back to the stream.
  let output: Linear
  let heads: Int

  init(_ reader: WeightReader, _ configuration: FluxTransformer2DModel.Configuration) throws {
    let width = configuration.width
    modulation = try Linear(reader.scope("norm.linear"), inputs: width, outputs: 3 * width)
    projections = try FluxProjections(reader.scope("attn"), .image, configuration)
    mlpIn = try Linear(reader.scope("proj_mlp"), inputs: width, outputs: 4 * width)
    output = try Linear(reader.scope("proj_out"), inputs: 5 * width, outputs: width)
    heads = configuration.heads
  }

  /// - Parameters:
  ///   - x: Text, then image tokens `[B, T + L, C]`.
  ///   - temb: `silu` of the modulating vector, `[B, C]`.
  func callAsFunction(_ x: Tensor, temb: Tensor, rotary: RotaryTable) -> Tensor {
    let m = modulation(temb).chunks(3)
    let normed = x.modulatedLayerNorm(scale: m[1], shift: m[0], epsilon: 1e-6)
    let (q, k, v) = projections(normed)
    let attended = fluxAttention(q: q, k: k, v: v, heads: heads, rotary: rotary)
    let mlp = mlpIn(normed).activated(.geluTanh)
    var result = x
    result.add(output(.concatenated([attended, mlp], axis: 2)), gatedBy: m[2])
    return result
  }
}
