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

  /// The turning of some of the tokens.
  package func rows(_ tokens: Range<Int>) -> RotaryTable {
    RotaryTable(cosine: cosine.slice(tokens, axis: 0), sine: sine.slice(tokens, axis: 0))
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

/// One stream's projections on their way into joint attention, with the weight that normalises each of its heads.
package struct HeadStream: Sendable {
  /// `[B, tokens, N·D]`.
  package var projected: Tensor
  /// `[D]`.
  package var normWeight: Tensor

  package init(_ projected: Tensor, normWeight: Tensor) {
    self.projected = projected
    self.normWeight = normWeight
  }
}

extension Tensor {
  /// Queries or keys of joint attention: every head normalised by its root mean square and turned by its token's angles.
  ///
  /// The streams' tokens follow one another along the middle axis, which the table covers as a whole. One pass over
  /// memory does what `rmsNorm`, `concatenated` and `rotated` would do in three.
  ///
  /// - Returns: `[B, all tokens, N·D]`.
  package static func joinedHeads(
    _ streams: [HeadStream], epsilon: Float, rotatedBy table: RotaryTable
  ) -> Tensor {
    let (tokens, width) = (table.cosine.shape[0], 2 * table.cosine.shape[1])
    let first = streams[0].projected.shape
    precondition(
      streams.allSatisfy {
        $0.projected.shape.count == 3 && $0.projected.shape[0] == first[0]
          && $0.projected.shape[2] == first[2]
          && $0.normWeight.shape == [width]
      } && first[2] % width == 0 && streams.reduce(0) { $0 + $1.projected.shape[1] } == tokens,
      "heads of \(streams.map(\.projected.shape)) rotated by \(table.cosine.shape)")
    let columns = first[2]
    return Tensor(shape: [first[0], tokens, columns]) { target in
      guard let start = target.baseAddress else { return }
      var offset = 0
      for stream in streams {
        let count = stream.projected.shape[1]
        let pass = HeadPass(
          stream: stream, output: start, tokens: tokens, offset: offset, table: table, epsilon: epsilon)
        Parallelism.forEach(stream.projected.rows, grain: max(1, (1 << 14) / columns)) { pass.run($0) }
        offset += count
      }
    }
  }
}

/// The normalisation and rotation of one stream's rows into the joint sequence.
private struct HeadPass: @unchecked Sendable {
  // Unchecked: parts write disjoint rows of the output, which outlives the pass.
  let stream: HeadStream
  let output: UnsafeMutablePointer<Float>
  /// Tokens of the joint sequence, and where this stream's begin.
  let tokens: Int
  let offset: Int
  let table: RotaryTable
  let epsilon: Float

  func run(_ rows: Range<Int>) {
    let (count, columns) = (stream.projected.shape[1], stream.projected.columns)
    let pairs = table.cosine.shape[1]
    let (heads, kernels) = (columns / (2 * pairs), elementwise().pointee)
    stream.projected.withValues { x in
      stream.normWeight.withValues { weight in
        table.cosine.withValues { cosine in
          table.sine.withValues { sine in
            for row in rows {
              let token = offset + row % count
              let target = output + (row / count * tokens + token) * columns
              kernels.rms_norm(
                target, x.baseAddress! + row * columns, weight.baseAddress!, heads, 2 * pairs, epsilon)
              for head in 0..<heads {
                kernels.rotate_pairs(
                  target + head * 2 * pairs, cosine.baseAddress! + token * pairs,
                  sine.baseAddress! + token * pairs, pairs)
              }
            }
          }
        }
      }
    }
  }
}
