import Kernels
import Synchronization

/// Products whose right side lies in panels: 16 of its columns side by side, each such panel row after row.
///
/// Of a small product's left side nothing is copied, which would take most of its time, and a number of the
/// result is added up in one order, whatever else is computed with it. One core of an EPYC (Zen 3) gives 94 GFLOP/s for
/// `[32, 192] · [192, 192]` where OpenBLAS 0.3.21 has 68, and 97 where OpenBLAS has 86 with 1344 rows.
enum PanelProduct {
  /// Columns of a panel.
  static let width = 16
  /// Rows of panels that are multiplied with before others are; 32 KB of a panel.
  static let depthBlock = 512
  /// Rows of the left side that are multiplied with one panel after the other while they lie in the cache.
  private static let rowBlock = 96
  /// The same where they are copied: fewer leave more of the cache to the panels.
  private static let copiedRows = 48
  /// Floats of rows that are copied.
  static let copyFloats = copiedRows * depthBlock
  /// From so many columns on a copy of rows costs little beside what is multiplied with them.
  private static let columnsWorthCopying = 256

  /// Floats of the panels of so many columns.
  static func floats(columns: Int, depth: Int) -> Int { (columns + width - 1) / width * width * depth }

  /// `y = x · panels`, or that added to `y`, on the calling thread.
  ///
  /// - Parameters:
  ///   - x: `[rows, depth]`, rows `xStride` apart, and the numbers of a row `step`.
  ///   - panels: `[⌈columns / 16⌉, panelDepth, 16]`, from their first row to multiply with.
  ///   - y: `[rows, columns]`, rows `yStride` apart.
  ///   - copy: ``copyFloats`` for rows of x side by side, where that is worth it: in x they lie whole pages apart, often by powers
  ///     of two, and drive each other out of the cache.
  static func add(
    _ x: UnsafePointer<Float>, stride xStride: Int, step: Int = 1, rows: Int, depth: Int,
    panels: UnsafePointer<Float>, panelDepth: Int, columns: Int, to y: UnsafeMutablePointer<Float>,
    stride yStride: Int, adding: Bool, copy: UnsafeMutablePointer<Float>? = nil
  ) {
    let kernels = elementwise().pointee
    let copy = step == 1 && xStride > depthBlock && columns >= columnsWorthCopying ? copy : nil
    let rowBlock = copy == nil ? rowBlock : copiedRows
    for first in stride(from: 0, to: depth, by: depthBlock) {
      let length = min(depthBlock, depth - first)
      for row in stride(from: 0, to: rows, by: rowBlock) {
        let height = min(rowBlock, rows - row)
        var (block, blockStride) = (x + row * xStride + first * step, xStride)
        if let copy {
          for line in 0..<height {
            (copy + line * length).update(from: block + line * xStride, count: length)
          }
          (block, blockStride) = (UnsafePointer(copy), length)
        }
        kernels.panel_product(
          y + row * yStride, yStride, block, blockStride, step, height, panels + first * width,
          panelDepth * width, length, columns, adding || first > 0 ? 1 : 0)
      }
    }
  }
}

/// All of a small matrix in panels.
struct Panels: Sendable {
  /// Numbers that are added up.
  let depth: Int
  /// Columns of the result.
  let count: Int
  /// `[panels, depth, 16]`.
  private let values: Tensor

  /// - Parameter fill: Writes the panels.
  init(count: Int, depth: Int, fill: (UnsafeMutablePointer<Float>) -> Void) {
    (self.count, self.depth) = (count, depth)
    values = Tensor(shape: [PanelProduct.floats(columns: count, depth: depth)]) { values in
      if let start = values.baseAddress { fill(start) }
    }
  }

  /// As of ``PanelProduct``, with some of the panels' columns and rows.
  ///
  /// - Parameters:
  ///   - first: The matrix's row that x's first column multiplies.
  ///   - columns: Begin at a panel.
  func multiply(
    _ x: UnsafePointer<Float>, stride xStride: Int, rows: Int, from first: Int, depth: Int,
    columns: Range<Int>, into y: UnsafeMutablePointer<Float>, stride yStride: Int, adding: Bool
  ) {
    precondition(
      columns.lowerBound % PanelProduct.width == 0 && columns.upperBound <= count
        && first + depth <= self.depth)
    values.withValues { values in
      PanelProduct.add(
        x, stride: xStride, rows: rows, depth: depth,
        panels: values.baseAddress! + columns.lowerBound * self.depth + first * PanelProduct.width,
        panelDepth: self.depth, columns: columns.count, to: y, stride: yStride, adding: adding)
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
