import Autodiff
import Layers
import Tensors

extension FluxTransformer2DModel {
  /// The velocity as ``callAsFunction(latents:context:pooled:sigma:guidance:rotary:observe:)`` gives it, recorded.
  ///
  /// Gradients flow to the low-rank updates that the model was built with.
  ///
  /// - Parameters: as there.
  ///   - isCheckpointed: Whether blocks are computed again in the backward pass, those that do not fit in the tape's
  ///     allowance, instead of kept: memory then grows by two streams a block.
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
    for (index, block) in singleBlocks.enumerated() {
      let first = index == singleBlocks.count - 1 ? textTokens : 0
      tokens =
        run([tokens, temb]) { tape, inputs in
          [block(inputs[0], temb: inputs[1], rotary: rotary, from: first, on: tape)]
        }[0]
    }
    hidden = singleBlocks.isEmpty ? hidden : tokens
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

/// Attention as `fluxAttention(_:also:rotary:)` computes it, recorded.
///
/// - Parameters:
///   - streams: Results of their query, key and value layers, with the weights that normalise heads.
///   - queryRotary: The turning of the tokens there are queries of.
private func fluxAttention(
  _ streams: [(projections: FluxProjections, results: ArraySlice<Variable>)], rotary: RotaryTable,
  queryRotary: RotaryTable
) -> Variable {
  let headSize = 2 * rotary.cosine.columns
  let queries = Variable.joinedHeads(
    streams.map { ($0.results[$0.results.startIndex], $0.projections.queryNorm.weight) },
    epsilon: fluxEpsilon, rotatedBy: queryRotary)
  let keys = Variable.joinedHeads(
    streams.map { ($0.results[$0.results.startIndex + 1], $0.projections.keyNorm.weight) },
    epsilon: fluxEpsilon, rotatedBy: rotary)
  let values = streams.map { $0.results[$0.results.startIndex + 2] }
  return queries.attention(
    keys: keys, values: values.count == 1 ? values[0] : .concatenated(values, axis: 1),
    heads: queries.value.columns / headSize, scale: 1 / Float(headSize).squareRoot())
}

extension FluxProjections {
  /// The three layers, the query's on an input of its own where only some tokens ask.
  fileprivate func calls(queries: Variable, _ x: Variable, on tape: Tape) -> [LinearCall] {
    [query.call(queries, on: tape), key.call(x, on: tape), value.call(x, on: tape)]
  }
}

extension FluxTransformerBlock {
  func callAsFunction(
    hidden: Variable, context: Variable, temb: Variable, rotary: RotaryTable, on tape: Tape
  ) -> [Variable] {
    let modulations = LinearCall.results(of: [
      image.modulation.call(temb, on: tape), text.modulation.call(temb, on: tape),
    ])
    let (m, c) = (modulations[0].chunks(6), modulations[1].chunks(6))
    let normedText = context.modulatedLayerNorm(scale: c[1], shift: c[0], epsilon: fluxEpsilon)
    let normedImage = hidden.modulatedLayerNorm(scale: m[1], shift: m[0], epsilon: fluxEpsilon)
    let results = LinearCall.results(
      of: text.projections.calls(queries: normedText, normedText, on: tape)
        + image.projections.calls(queries: normedImage, normedImage, on: tape))
    let attended = fluxAttention(
      [(text.projections, results[..<3]), (image.projections, results[3...])], rotary: rotary,
      queryRotary: rotary
    ).split([context.shape[1], hidden.shape[1]], axis: 1)
    let outputs = LinearCall.results(of: [
      image.attentionOutput.call(attended[1], on: tape), text.attentionOutput.call(attended[0], on: tape),
    ])
    let hidden = hidden.adding(outputs[0], gatedBy: m[2])
    let context = context.adding(outputs[1], gatedBy: c[2])
    let inner = LinearCall.results(of: [
      image.feedForwardIn.call(image.normed(hidden, m), on: tape),
      text.feedForwardIn.call(text.normed(context, c), on: tape),
    ])
    let outer = LinearCall.results(of: [
      image.feedForwardOut.call(inner[0].activated(.geluTanh), on: tape),
      text.feedForwardOut.call(inner[1].activated(.geluTanh), on: tape),
    ])
    return [hidden.adding(outer[0], gatedBy: m[5]), context.adding(outer[1], gatedBy: c[5])]
  }
}

extension FluxTransformerBlock.Stream {
  /// The stream as the feed-forward takes it.
  fileprivate func normed(_ x: Variable, _ m: [Variable]) -> Variable {
    x.modulatedLayerNorm(scale: m[4], shift: m[3], epsilon: fluxEpsilon)
  }
}

extension FluxSingleTransformerBlock {
  /// - Parameter first: From which token on results are wanted: the last block need not compute those of text, which
  ///   nobody reads, but for their keys and values.
  func callAsFunction(
    _ x: Variable, temb: Variable, rotary: RotaryTable, from first: Int, on tape: Tape
  ) -> Variable {
    let m = modulation(temb, on: tape).chunks(3)
    let normed = x.modulatedLayerNorm(scale: m[1], shift: m[0], epsilon: fluxEpsilon)
    let wanted = first..<x.shape[1]
    let (rest, asking) = first == 0 ? (x, normed) : (x.slice(wanted, axis: 1), normed.slice(wanted, axis: 1))
    let results = LinearCall.results(
      of: projections.calls(queries: asking, normed, on: tape) + [mlpIn.call(asking, on: tape)])
    let attended = fluxAttention(
      [(projections, results[..<3])], rotary: rotary, queryRotary: first == 0 ? rotary : rotary.rows(wanted))
    let result = output.call(attended, results[3].activated(.geluTanh), on: tape)
    return rest.adding(LinearCall.results(of: [result])[0], gatedBy: m[2])
  }
}
