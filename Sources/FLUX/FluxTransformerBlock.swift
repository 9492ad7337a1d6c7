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

    /// The stream as the feed-forward takes it.
    func normed(_ x: Tensor, _ m: [Tensor]) -> Tensor {
      x.modulatedLayerNorm(scale: m[4], shift: m[3], epsilon: fluxEpsilon)
    }
  }

  let image: Stream
  let text: Stream

  init(_ reader: WeightReader, _ configuration: FluxTransformer2DModel.Configuration) throws {
    image = try Stream(reader, .image, configuration)
    text = try Stream(reader, .text, configuration)
  }

  /// - Parameters:
  ///   - hidden: Image tokens `[B, L, C]`; replaced by what the block makes of them.
  ///   - context: Text tokens `[B, T, C]`; likewise.
  ///   - temb: `silu` of the modulating vector, `[B, C]`.
  ///   - rotary: For text, then image tokens.
  func callAsFunction(hidden: inout Tensor, context: inout Tensor, temb: Tensor, rotary: RotaryTable) {
    let modulations = Linear.results(of: [image.modulation.on(temb), text.modulation.on(temb)])
    let (m, c) = (modulations[0].chunks(6), modulations[1].chunks(6))

    let (attended, _) = fluxAttention(
      [
        (text.projections, context.modulatedLayerNorm(scale: c[1], shift: c[0], epsilon: fluxEpsilon)),
        (image.projections, hidden.modulatedLayerNorm(scale: m[1], shift: m[0], epsilon: fluxEpsilon)),
      ], rotary: rotary)  // [B, T + L, C]
    let textTokens = context.shape[1]
    let outputs = Linear.results(of: [
      image.attentionOutput.on(attended.slice(textTokens..<attended.shape[1], axis: 1)),
      text.attentionOutput.on(attended.slice(0..<textTokens, axis: 1)),
    ])
    hidden.add(outputs[0], gatedBy: m[2])
    context.add(outputs[1], gatedBy: c[2])

    let inner = Linear.results(of: [
      image.feedForwardIn.on(image.normed(hidden, m), then: .geluTanh),
      text.feedForwardIn.on(text.normed(context, c), then: .geluTanh),
    ])
    let outer = Linear.results(of: [image.feedForwardOut.on(inner[0]), text.feedForwardOut.on(inner[1])])
    hidden.add(outer[0], gatedBy: m[5])
    context.add(outer[1], gatedBy: c[5])
  }
}
