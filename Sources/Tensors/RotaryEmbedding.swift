import Kernels

/// Cosines and sines by which the pairs of every head are turned, one row a token: `[tokens, D/2]` each.
package struct RotaryTable: Sendable {
  package let cosine: Tensor
  package let sine: Tensor

  package init(cosine: Tensor, sine: Tensor) {
    precondition(
      cosine.shape.count == 2 && cosine.shape == sine.shape, "rotary table \(cosine.shape), \(sine.shape)")
    self.cosine = cosine
    self.sine = sine
  }
}

extension Tensor {
  /// Turns each head's interleaved pairs (x₀, x₁) by its token's angles.
  ///
  /// This tensor is `[B, tokens, N·D]`; the same table serves every batch entry and head.
  package func rotated(by table: RotaryTable) -> Tensor {
    let (tokens, pairs) = (table.cosine.shape[0], table.cosine.shape[1])
    precondition(
      shape.count == 3 && shape[1] == tokens && columns % (2 * pairs) == 0,
      "rotation of \(shape) by \(table.cosine.shape)")
    var result = self
    let (rows, columns) = (rows, columns)
    table.cosine.withValues { cosine in
      table.sine.withValues { sine in
        result.withMutableValues { values in
          guard let start = values.baseAddress else { return }
          let (x, c, s) = (Shared(start), Shared(cosine.baseAddress!), Shared(sine.baseAddress!))
          Parallelism.forEach(rows, grain: max(1, (1 << 14) / columns)) {
            for row in $0 {
              let token = row % tokens
              for head in 0..<columns / (2 * pairs) {
                elementwise().pointee.rotate_pairs(
                  x.pointer + row * columns + head * 2 * pairs, c.pointer + token * pairs,
                  s.pointer + token * pairs, pairs)
              }
            }
          }
        }
      }
    }
    return result
  }
}
