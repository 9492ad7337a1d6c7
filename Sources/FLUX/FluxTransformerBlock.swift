import Checkpoints
import Layers
import Tensors

/// A double-stream block: image and text have weights of their own and attend together.
///
/// diffusers 0.42.1 `FluxTransformerBlock`, keys `transformer_blocks.N.…`.
struct FluxTransformerBlock: Sendable {
  /// One stream's half of the block.
  struct Stream: Sendable {
    /// `silu(temb)` to shift, scale, gate for the attention and shift, scale, gate for the feed-forward.
    let modulation: Linear
    let projections: FluxProjections
    let attentionOutput: Linear
    let feedForwardIn: Linear
    let feedForwardOut: Linear

    struct Names {
      let modulation: String
      let projections: FluxProjections.Names
      let attentionOutput: String
      let feedForward: String

      static let image = Names(
        modulation: "norm1", projections: .image, attentionOutput: "to_out.0", feedForward: "ff")
      static let text = Names(
        modulation: "norm1_context", projections: .text, attentionOutput: "to_add_out",
        feedForward: "ff_context")
    }

    init(_ reader: WeightReader, _ names: Names, _ configuration: FluxTransformer2DModel.Configuration) throws
    {
      let width = configuration.width
      modulation = try Linear(
        reader.scope(names.modulation).scope("linear"), inputs: width, outputs: 6 * width)
      projections = try FluxProjections(reader.scope("attn"), names.projections, configuration)
      attentionOutput = try Linear(
        reader.scope("attn").scope(names.attentionOutput), inputs: width, outputs: width)
      let feedForward = reader.scope(names.feedForward)
      feedForwardIn = try Linear(feedForward.scope("net.0.proj"), inputs: width, outputs: 4 * width)
      feedForwardOut = try Linear(feedForward.scope("net.2"), inputs: 4 * width, outputs: width)
    }

    /// Adds what was attended to and the feed-forward's answer, each through its gate.
    func finish(_ x: Tensor, attended: Tensor, modulation m: [Tensor]) -> Tensor {
      var x = x
      x.add(attentionOutput(attended), gatedBy: m[2])
      let normed = x.modulatedLayerNorm(scale: m[4], shift: m[3], epsilon: 1e-6)
      x.add(feedForwardOut(feedForwardIn(normed).activated(.geluTanh)), gatedBy: m[5])
      return x
    }
  }

  let image: Stream
  let text: Stream
  let heads: Int

  init(_ reader: WeightReader, _ configuration: FluxTransformer2DModel.Configuration) throws {
    image = try Stream(reader, .image, configuration)
    text = try Stream(reader, .text, configuration)
    heads = configuration.heads
  }

  /// - Parameters:
  ///   - hidden: Image tokens `[B, L, C]`.
  ///   - context: Text tokens `[B, T, C]`.
  ///   - temb: `silu` of the modulating vector, `[B, C]`.
  ///   - rotary: For text, then image tokens.
  func callAsFunction(hidden: Tensor, context: Tensor, temb: Tensor, rotary: RotaryTable) -> (
    hidden: Tensor, context: Tensor
  ) {
    let (m, c) = (image.modulation(temb).chunks(6), text.modulation(temb).chunks(6))
    let (iq, ik, iv) = image.projections(hidden.modulatedLayerNorm(scale: m[1], shift: m[0], epsilon: 1e-6))
    let (tq, tk, tv) = text.projections(context.modulatedLayerNorm(scale: c[1], shift: c[0], epsilon: 1e-6))

    let attended = fluxAttention(
      q: .concatenated([tq, iq], axis: 1), k: .concatenated([tk, ik], axis: 1),
      v: .concatenated([tv, iv], axis: 1),
      heads: heads, rotary: rotary)  // [B, T + L, C], text first
    let tokens = context.shape[1]

    return (
      image.finish(hidden, attended: attended.slice(tokens..<attended.shape[1], axis: 1), modulation: m),
      text.finish(context, attended: attended.slice(0..<tokens, axis: 1), modulation: c)
    )
  }
}
