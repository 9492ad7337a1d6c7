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
    Self.products([
      MatrixProduct(self, other, aTransposed: transposed, bTransposed: otherTransposed)
    ])[0]
  }

  /// Several matrix products that do not depend on each other, so that small ones share one fork-join.
  static func products(_ products: [MatrixProduct]) -> [Tensor] {
    var results = products.map { Tensor(uninitialized: [$0.m, $0.n]) }
    let targets = results.indices.map { index in
      results[index].withMutableValues { Shared($0.baseAddress!) }
    }
    let parts = products.indices.flatMap { index in products[index].parts.map { (index, $0) } }
    Parallelism.forEachItem(parts.count) { item, _ in
      let (index, range) = parts[item]
      products[index].run(range, into: targets[index].pointer)
    }
    return results
  }
}

/// A matrix product `[M, K] · [K, N]` to be computed.
struct MatrixProduct: Sendable {
  private let a: Tensor
  private let b: Tensor
  private let aTransposed: Bool
  private let bTransposed: Bool
  let m: Int
  let n: Int
  private let k: Int

  init(_ a: Tensor, _ b: Tensor, aTransposed: Bool = false, bTransposed: Bool = false) {
    precondition(a.shape.count == 2 && b.shape.count == 2, "product of \(a.shape) and \(b.shape)")
    (self.a, self.b) = (a, b)
    (self.aTransposed, self.bTransposed) = (aTransposed, bTransposed)
    (m, k) = aTransposed ? (a.shape[1], a.shape[0]) : (a.shape[0], a.shape[1])
    n = b.shape[bTransposed ? 0 : 1]
    precondition(b.shape[bTransposed ? 1 : 0] == k, "product of \(a.shape) and \(b.shape)")
  }

  /// Ranges of the longer side, so that the shorter one is what every part copies.
  var parts: [Range<Int>] {
    guard m > 0, n > 0 else { return [] }
    let width = Parallelism.partWidth(of: max(m, n), operationsEach: 2 * min(m, n) * k)
    return stride(from: 0, to: max(m, n), by: width).map { $0..<min($0 + width, max(m, n)) }
  }

  func run(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    let (rows, columns) = m > n ? (range, 0..<n) : (0..<m, range)
    a.withValues { a in
      b.withValues { b in
        let (lda, ldb) = (aTransposed ? m : k, bTransposed ? k : n)
        cblas_sgemm(
          CblasRowMajor, aTransposed ? CblasTrans : CblasNoTrans, bTransposed ? CblasTrans : CblasNoTrans,
          blasint(rows.count), blasint(columns.count), blasint(k), 1,
          a.baseAddress! + rows.lowerBound * (aTransposed ? 1 : lda), blasint(lda),
          b.baseAddress! + columns.lowerBound * (bTransposed ? ldb : 1), blasint(ldb), 0,
          target + rows.lowerBound * n + columns.lowerBound, blasint(n))
      }
    }
  }
}
