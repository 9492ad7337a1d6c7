import Autodiff
import Layers
import Tensors

extension FluxTransformer2DModel {
  /// The velocity as ``callAsFunction(latents:context:pooled:sigma:guidance:rotary:observe:)`` gives it, recorded.
  ///
  /// Gradients flow to the low-rank updates that the model was built with.
  ///
  /// - Parameters: as there.
  ///   - isCheckpointed: Whether blocks are computed again in the backward pass instead of kept: memory then grows by two
  ///     streams a block.
  /// - Returns: `[B, L, 64]`.
  package func velocity(
    latents: Tensor, context: Tensor, pooled: Tensor, sigma: Tensor, guidance: Tensor? = nil,
    rotary: RotaryTable, on tape: Tape, isCheckpointed: Bool = true
  ) -> Variable {
    precondition(
      (guidance != nil) == configuration.hasGuidance, "guidance is an input exactly of models that embed it")
    let textTokens = context.shape[1]
    var hidden = imageIn(Variable(latents), on: tape)  // [B, L, C]
    var context = contextIn(Variable(context), on: tape)  // [B, T, C]
    let temb = timeText(sigma: sigma, guidance: guidance, pooled: pooled, on: tape).activated(.silu)

    func run(_ inputs: [Variable], _ body: @escaping (Tape, [Variable]) -> [Variable]) -> [Variable] {
      isCheckpointed ? tape.checkpointed(inputs, body) : body(tape, inputs)
    }
    for block in doubleBlocks {
      let streams = run([hidden, context, temb]) { tape, inputs in
        block(hidden: inputs[0], context: inputs[1], temb: inputs[2], rotary: rotary, on: tape)
      }
      (hidden, context) = (streams[0], streams[1])
    }
    var tokens = Variable.concatenated([context, hidden], axis: 1)  // [B, T + L, C]
    for block in singleBlocks {
      tokens =
        run([tokens, temb]) { tape, inputs in [block(inputs[0], temb: inputs[1], rotary: rotary, on: tape)] }[
          0]
    }
    hidden = tokens.slice(textTokens..<tokens.shape[1], axis: 1)
    let m = outModulation(temb, on: tape).chunks(2)
    return output(hidden.modulatedLayerNorm(scale: m[0], shift: m[1], epsilon: fluxEpsilon), on: tape)
  }
}

extension FluxTimestepTextEmbedding {
  func callAsFunction(sigma: Tensor, guidance scale: Tensor?, pooled: Tensor, on tape: Tape) -> Variable {
    var sum = timestep(Variable(Self.sinusoids(sigma.affine(1000))), on: tape)
    if let guidance, let scale {
      sum = sum + guidance(Variable(Self.sinusoids(scale.affine(1000))), on: tape)
    }
    return sum + text(Variable(pooled), on: tape)
  }
}

extension FluxTimestepTextEmbedding.MLP {
  func callAsFunction(_ x: Variable, on tape: Tape) -> Variable {
    linear2(linear1(x, on: tape).activated(.silu), on: tape)
  }
}

/// Attention of all tokens to all as `fluxAttention(_:also:rotary:)` computes it, recorded.
private func fluxAttention(
  _ streams: [(projections: FluxProjections, input: Variable)], rotary: RotaryTable, on tape: Tape
) -> Variable {
  let headSize = 2 * rotary.cosine.columns
  let queries = Variable.joinedHeads(
    streams.map { ($0.projections.query($0.input, on: tape), $0.projections.queryNorm.weight) },
    epsilon: fluxEpsilon, rotatedBy: rotary)
  let keys = Variable.joinedHeads(
    streams.map { ($0.projections.key($0.input, on: tape), $0.projections.keyNorm.weight) },
    epsilon: fluxEpsilon, rotatedBy: rotary)
  let values = streams.map { $0.projections.value($0.input, on: tape) }
  return queries.attention(
    keys: keys, values: values.count == 1 ? values[0] : .concatenated(values, axis: 1),
    heads: queries.value.columns / headSize, scale: 1 / Float(headSize).squareRoot())
}

extension FluxTransformerBlock {
  func callAsFunction(
    hidden: Variable, context: Variable, temb: Variable, rotary: RotaryTable, on tape: Tape
  ) -> [Variable] {
    let (m, c) = (image.modulation(temb, on: tape).chunks(6), text.modulation(temb, on: tape).chunks(6))
    let attended = fluxAttention(
      [
        (text.projections, context.modulatedLayerNorm(scale: c[1], shift: c[0], epsilon: fluxEpsilon)),
        (image.projections, hidden.modulatedLayerNorm(scale: m[1], shift: m[0], epsilon: fluxEpsilon)),
      ], rotary: rotary, on: tape)  // [B, T + L, C]
    let textTokens = context.shape[1]
    let image = image.finished(
      hidden, attended.slice(textTokens..<attended.shape[1], axis: 1), modulation: m, on: tape)
    let text = text.finished(context, attended.slice(0..<textTokens, axis: 1), modulation: c, on: tape)
    return [image, text]
  }
}

extension FluxTransformerBlock.Stream {
  /// The stream after what it attended to and its feed-forward have been added.
  fileprivate func finished(_ x: Variable, _ attended: Variable, modulation m: [Variable], on tape: Tape)
    -> Variable
  {
    let x = x.adding(attentionOutput(attended, on: tape), gatedBy: m[2])
    let normed = x.modulatedLayerNorm(scale: m[4], shift: m[3], epsilon: fluxEpsilon)
    let inner = feedForwardIn(normed, on: tape).activated(.geluTanh)
    return x.adding(feedForwardOut(inner, on: tape), gatedBy: m[5])
  }
}

extension FluxSingleTransformerBlock {
  func callAsFunction(_ x: Variable, temb: Variable, rotary: RotaryTable, on tape: Tape) -> Variable {
    let m = modulation(temb, on: tape).chunks(3)
    let normed = x.modulatedLayerNorm(scale: m[1], shift: m[0], epsilon: fluxEpsilon)
    let attended = fluxAttention([(projections, normed)], rotary: rotary, on: tape)
    let mlp = mlpIn(normed, on: tape).activated(.geluTanh)
    return x.adding(output(.concatenated([attended, mlp], axis: 2), on: tape), gatedBy: m[2])
  }
}
