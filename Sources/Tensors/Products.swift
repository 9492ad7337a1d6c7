import Kernels

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
    let scratch = parts.map { products[$0.0].scratch(for: $0.1) }.max() ?? 0
    Parallelism.forEachItem(parts.count, scratch: scratch) { item, scratch in
      let (index, range) = parts[item]
      products[index].run(range, into: targets[index].pointer, panels: scratch)
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

  /// Ranges of the longer side: the shorter one is what every part reads again.
  var parts: [Range<Int>] {
    guard m > 0, n > 0 else { return [] }
    let width = Parallelism.partWidth(of: max(m, n), operationsEach: 2 * min(m, n) * k)
    return stride(from: 0, to: max(m, n), by: width).map { $0..<min($0 + width, max(m, n)) }
  }

  private func rowsAndColumns(_ part: Range<Int>) -> (rows: Range<Int>, columns: Range<Int>) {
    m > n ? (part, 0..<n) : (0..<m, part)
  }

  /// Floats that a part needs for panels.
  func scratch(for part: Range<Int>) -> Int {
    PanelProduct.floats(
      columns: rowsAndColumns(part).columns.count, depth: min(PanelProduct.depthBlock, k))
  }

  func run(
    _ part: Range<Int>, into target: UnsafeMutablePointer<Float>, panels: UnsafeMutablePointer<Float>
  ) {
    let (rows, columns) = rowsAndColumns(part)
    let y = target + rows.lowerBound * n + columns.lowerBound
    guard k > 0 else {
      for row in 0..<rows.count { (y + row * n).update(repeating: 0, count: columns.count) }
      return
    }
    a.withValues { a in
      b.withValues { b in
        let (stride, step) = aTransposed ? (1, m) : (k, 1)
        for first in Swift.stride(from: 0, to: k, by: PanelProduct.depthBlock) {
          let depth = min(PanelProduct.depthBlock, k - first)
          fill(panels, b.baseAddress!, columns, from: first, depth: depth)
          PanelProduct.add(
            a.baseAddress! + rows.lowerBound * stride + first * step, stride: stride, step: step,
            rows: rows.count, depth: depth, panels: panels, panelDepth: depth, columns: columns.count, to: y,
            stride: n, adding: first > 0)
        }
      }
    }
  }

  private func fill(
    _ panels: UnsafeMutablePointer<Float>, _ b: UnsafePointer<Float>, _ columns: Range<Int>, from first: Int,
    depth: Int
  ) {
    let kernels = elementwise().pointee
    for column in stride(from: columns.lowerBound, to: columns.upperBound, by: PanelProduct.width) {
      let panel = panels + (column - columns.lowerBound) * depth
      let count = min(PanelProduct.width, columns.upperBound - column)
      if bTransposed {
        kernels.panel_of_rows(panel, b + column * k + first, k, count, depth)
      } else {
        kernels.panel_of_columns(panel, b + first * n + column, n, count, depth)
      }
    }
  }
}
