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

  init(_ reader: WeightReader, _ configuration: FluxTransformer2DModel.Configuration) throws {
    let width = configuration.width
    modulation = try Linear(reader.scope("norm.linear"), inputs: width, outputs: 3 * width)
    projections = try FluxProjections(reader.scope("attn"), .image, configuration)
    mlpIn = try Linear(reader.scope("proj_mlp"), inputs: width, outputs: 4 * width)
    output = try Linear(reader.scope("proj_out"), inputs: 5 * width, outputs: width)
  }

  /// - Parameters:
  ///   - x: Text, then image tokens `[B, T + L, C]`; replaced by what the block makes of them.
  ///   - temb: `silu` of the modulating vector, `[B, C]`.
  func callAsFunction(_ x: inout Tensor, temb: Tensor, rotary: RotaryTable) {
    let m = modulation(temb).chunks(3)
    let normed = x.modulatedLayerNorm(scale: m[1], shift: m[0], epsilon: fluxEpsilon)
    let (attended, mlp) = fluxAttention(
      [(projections, normed)], also: [mlpIn.on(normed, then: .geluTanh)], rotary: rotary)
    x.add(Linear.results(of: [output.on(attended, mlp[0])])[0], gatedBy: m[2])
  }
}
