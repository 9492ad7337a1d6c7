import Kernels
import Synchronization

/// A matrix as the right side of products: 16 of its columns side by side, each such panel row after row.
///
/// `panel_product` reads it so; nothing of the left side is copied, which is what a small product spends its time on
/// otherwise. Measured with `[32, 192] · [192, 192]` on one core of an EPYC (Zen 3): 94 GFLOP/s, OpenBLAS 68.
struct Panels: Sendable {
  static let width = 16

  /// Numbers that are added up.
  let inner: Int
  /// Columns of the result.
  let count: Int
  /// `[panels, inner, 16]`.
  private let values: Tensor

  /// - Parameter matrix: `[count, inner]`, whose rows become columns.
  init(rowsOf matrix: UnsafePointer<Float>, count: Int, inner: Int) {
    self.init(count: count, inner: inner) { panel, first, columns in
      elementwise().pointee.panel_of_rows(panel, matrix + first * inner, inner, columns, inner)
    }
  }

  /// - Parameters:
  ///   - matrix: `[inner, count]`.
  ///   - stride: How far apart its rows are.
  init(columnsOf matrix: UnsafePointer<Float>, count: Int, inner: Int, stride: Int) {
    self.init(count: count, inner: inner) { panel, first, columns in
      elementwise().pointee.panel_of_columns(panel, matrix + first, stride, columns, inner)
    }
  }

  private init(
    count: Int, inner: Int, fill: (_ panel: UnsafeMutablePointer<Float>, _ first: Int, _ columns: Int) -> Void
  ) {
    (self.count, self.inner) = (count, inner)
    let panels = (count + Self.width - 1) / Self.width
    values = Tensor(shape: [panels, inner, Self.width]) { values in
      guard let start = values.baseAddress else { return }
      for panel in 0..<panels {
        let first = panel * Self.width
        fill(start + first * inner, first, min(Self.width, count - first))
      }
    }
  }

  /// Rows that are multiplied with one panel after the other while they lie in the cache.
  private static let rowBlock = 96

  /// `y = x · columns`, or that added to `y`: on the calling thread, the same whatever else is computed with it.
  ///
  /// - Parameters:
  ///   - x: `[rows, depth]`, rows `xStride` apart.
  ///   - first: The matrix's row that x's first column multiplies.
  ///   - columns: Begin at a panel.
  ///   - y: The result's first column, rows `yStride` apart.
  func multiply(
    _ x: UnsafePointer<Float>, stride xStride: Int, rows: Int, from first: Int, depth: Int,
    columns: Range<Int>, into y: UnsafeMutablePointer<Float>, stride yStride: Int, adding: Bool
  ) {
    precondition(
      columns.lowerBound % Self.width == 0 && columns.upperBound <= count && first + depth <= inner)
    let kernels = elementwise().pointee
    values.withValues { values in
      for row in stride(from: 0, to: rows, by: Self.rowBlock) {
        for column in stride(from: columns.lowerBound, to: columns.upperBound, by: Self.width) {
          kernels.panel_product(
            y + row * yStride + column - columns.lowerBound, yStride, x + row * xStride, xStride,
            min(Self.rowBlock, rows - row), values.baseAddress! + column * inner + first * Self.width, depth,
            min(Self.width, columns.upperBound - column), adding ? 1 : 0)
        }
      }
    }
  }
}

/// Panels that are made once, when they are first asked for.
final class KeptPanels: Sendable {
  private let panels = Mutex<Panels?>(nil)

  func get(_ make: () -> Panels) -> Panels {
    panels.withLock { panels in
      if let panels { return panels }
      let made = make()
      panels = made
      return made
    }
  }
}
