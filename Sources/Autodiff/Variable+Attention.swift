import Tensors

extension Variable {
  /// Multi-head attention with this variable as the queries; see `Tensor.attention`.
  package func attention(
    keys: Variable, values: Variable, heads: Int, scale: Float, mask: AttentionMask = .none
  ) -> Variable {
    let (q, k, v) = (value, keys.value, values.value)
    let y = q.attention(keys: k, values: v, heads: heads, scale: scale, mask: mask)
    return .result(y, of: [self, keys, values]) {
      [target, keys = keys.target, values = values.target] sink, gradient in
      let parts = gradient.attentionGradients(
        queries: q, keys: k, values: v, heads: heads, scale: scale, mask: mask)
      sink.add(parts.queries, to: target)
      sink.add(parts.keys, to: keys)
      sink.add(parts.values, to: values)
    }
  }

  /// Every head normalised by its root mean square, then turned by its token's angles; see `Tensor.joinedHeads`.
  ///
  /// - Parameters:
  ///   - streams: Projections `[B, tokens, N·D]` with the frozen weight `[D]` of their norm; their tokens follow one
  ///     another.
  package static func joinedHeads(
    _ streams: [(projected: Variable, normWeight: Tensor)], epsilon: Float, rotatedBy table: RotaryTable
  ) -> Variable {
    let joined = Tensor.joinedHeads(
      streams.map { HeadStream($0.projected.value, normWeight: $0.normWeight) }, epsilon: epsilon,
      rotatedBy: table)
    let kept = streams.map {
      (
        target: $0.projected.target, x: $0.projected.isConstant ? nil : $0.projected.value,
        weight: $0.normWeight
      )
    }
    let lengths = streams.map { $0.projected.shape[1] }
    return result(joined, of: streams.map(\.projected)) { sink, gradient in
      let turned = gradient.rotated(by: table.reversed)
      var start = 0
      for (stream, length) in zip(kept, lengths) {
        defer { start += length }
        guard let x = stream.x else { continue }
        let part = lengths.count == 1 ? turned : turned.slice(start..<start + length, axis: 1)
        sink.add(part.rmsNormGradient(of: x, weight: stream.weight, epsilon: epsilon), to: stream.target)
      }
    }
  }

  /// Pairs turned by their token's angles; see `Tensor.rotated`.
  package func rotated(by table: RotaryTable) -> Variable {
    .result(value.rotated(by: table), of: [self]) { [target] sink, gradient in
      sink.add(gradient.rotated(by: table.reversed), to: target)
    }
  }
}

extension RotaryTable {
  /// The turning back.
  fileprivate var reversed: RotaryTable { RotaryTable(cosine: cosine, sine: sine.affine(-1)) }
}
