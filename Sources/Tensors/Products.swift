import COpenBLAS

extension Tensor {
  /// `x Wᵀ + b` over the innermost axis, as a linear layer computes it.
  ///
  /// - Parameters:
  ///   - weight: `[out, in]`, `in` being this tensor's innermost length.
  ///   - bias: `[out]`.
  /// - Returns: This tensor's shape with `out` in place of `in`.
  package func linear(_ weight: Weight, bias: Tensor? = nil) -> Tensor {
    LinearProduct([self], weight, bias: bias).result
  }

  /// The matrix product `[M, K] · [K, N]`, with either operand optionally given transposed.
  package func product(_ other: Tensor, transposed: Bool = false, otherTransposed: Bool = false) -> Tensor {
    precondition(shape.count == 2 && other.shape.count == 2, "product of \(shape) and \(other.shape)")
    let (m, k) = transposed ? (shape[1], shape[0]) : (shape[0], shape[1])
    let (k2, n) = otherTransposed ? (other.shape[1], other.shape[0]) : (other.shape[0], other.shape[1])
    precondition(k == k2, "product of \(shape) and \(other.shape)")
    var result = Tensor(uninitialized: [m, n])
    withValues { a in
      other.withValues { b in
        result.withMutableValues { c in
          guard m > 0, n > 0 else { return }
          let (a, b, c) = (Shared(a.baseAddress!), Shared(b.baseAddress!), Shared(c.baseAddress!))
          let (lda, ldb) = (shape[1], other.shape[1])
          @Sendable func multiply(_ rows: Range<Int>, _ columns: Range<Int>) {
            cblas_sgemm(
              CblasRowMajor, transposed ? CblasTrans : CblasNoTrans,
              otherTransposed ? CblasTrans : CblasNoTrans, blasint(rows.count), blasint(columns.count),
              blasint(k), 1, a.pointer + rows.lowerBound * (transposed ? 1 : lda), blasint(lda),
              b.pointer + columns.lowerBound * (otherTransposed ? ldb : 1), blasint(ldb), 0,
              c.pointer + rows.lowerBound * n + columns.lowerBound, blasint(n))
          }
          // The longer side is cut, so that the shorter one is what every part copies.
          let width = Parallelism.partWidth(of: max(m, n), operationsEach: 2 * min(m, n) * k)
          Parallelism.forEachItem((max(m, n) + width - 1) / width) { part, _ in
            let range = part * width..<min((part + 1) * width, max(m, n))
            m > n ? multiply(range, 0..<n) : multiply(0..<m, range)
          }
        }
      }
    }
    return result
  }
}
