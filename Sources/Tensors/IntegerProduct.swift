import Kernels

/// Rows rounded to whole numbers, each with a scale of its own, for products with signed bytes.
///
/// The sums of such a product are exact: how large the numbers may be depends on how many are added up. That leaves 10 to 13
/// bits for an activation where a byte has 8, so that a row's few large values cost the others little.
struct QuantizedRows: @unchecked Sendable {
  // Unchecked: written once, before it is handed on.

  /// The largest magnitude of a row's numbers, for sums of so many products with bytes.
  static func limit(depth: Int) -> Int { min(4095, Int(Int32.max) / (127 * max(1, depth))) }

  /// Numbers from one row to the next: even, for they are multiplied in pairs.
  let stride: Int
  private let numbers: Numbers
  private let scales: Tensor

  private final class Numbers {
    let pointer: UnsafeMutablePointer<Int16>
    private let block: FloatMemory.Block

    init(_ count: Int) {
      block = FloatMemory.allocate((count + 1) / 2)
      pointer = UnsafeMutableRawPointer(block.floats).assumingMemoryBound(to: Int16.self)
    }
    deinit { FloatMemory.free(block) }
  }

  /// - Parameter x: `[…, columns]`.
  init(_ x: Tensor) {
    let (rows, columns) = (x.rows, x.columns)
    let stride = (columns + 1) / 2 * 2
    let numbers = Numbers(rows * stride)
    self.stride = stride
    self.numbers = numbers
    let to = Shared(numbers.pointer)
    let limit = Int32(Self.limit(depth: columns))
    scales = Tensor(shape: [rows]) { scales in
      guard let scales = scales.baseAddress else { return }
      let target = Shared(scales)
      x.withValues { x in
        let from = Shared(x.baseAddress!)
        Parallelism.forEach(rows, grain: max(1, (1 << 15) / max(1, columns))) { range in
          let first = range.lowerBound
          elementwise().pointee.quantize_rows(
            to.pointer + first * stride, target.pointer + first, from.pointer + first * columns, columns,
            range.count, columns, stride, limit)
        }
      }
    }
  }

  /// Calls the body with the numbers and scales of the rows from `first` on.
  func withRows(
    from first: Int, _ body: (_ numbers: UnsafePointer<Int16>, _ scales: UnsafePointer<Float>) -> Void
  ) {
    scales.withValues { body(numbers.pointer + first * stride, $0.baseAddress! + first) }
  }
}

/// Products of quantized rows with a weight of signed bytes that has a scale for each row.
enum IntegerProduct {
  /// Columns whose sums are held at a time, and rows.
  private static let columnBlock = 64
  private static let rowBlock = 96
  /// Numbers of a row that are multiplied before those of others are.
  private static let depthBlock = 1024

  /// Floats that ``add`` needs: panels of a block of columns, and its sums.
  static func scratch(depth: Int) -> Int { columnBlock * (depth + 1) / 2 + rowBlock * columnBlock }

  /// `y = x Wᵀ` for some rows of the weight, or that added to `y`, on the calling thread.
  ///
  /// - Parameters:
  ///   - columns: Of the weight, those that x multiplies.
  ///   - outputs: Rows of the weight.
  ///   - y: The first of the results, rows `yStride` apart.
  static func add(
    _ x: QuantizedRows, rows: Range<Int>, _ weight: Weight, columns: Range<Int>, outputs: Range<Int>,
    to y: UnsafeMutablePointer<Float>, stride yStride: Int, adding: Bool, scratch: UnsafeMutablePointer<Float>
  ) {
    guard let scales = weight.rowScales else { preconditionFailure("no scale for each row") }
    let (kernels, depth, inner) = (elementwise().pointee, columns.count, weight.shape[1])
    let pairs = (depth + 1) / 2
    let panels = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Int16.self)
    let sums = UnsafeMutableRawPointer(scratch + columnBlock * pairs).assumingMemoryBound(to: Int32.self)
    scales.withValues { scales in
      for first in stride(from: outputs.lowerBound, to: outputs.upperBound, by: columnBlock) {
        let count = min(columnBlock, outputs.upperBound - first)
        for output in stride(from: 0, to: count, by: PanelProduct.width) {
          let bytes = weight.bytes(ofEntry: first + output) + columns.lowerBound
          kernels.integer_panel(
            panels + output * 2 * pairs, bytes.assumingMemoryBound(to: Int8.self), inner,
            min(PanelProduct.width, count - output), depth)
        }
        for row in stride(from: rows.lowerBound, to: rows.upperBound, by: rowBlock) {
          let height = min(rowBlock, rows.upperBound - row)
          x.withRows(from: row) { numbers, rowScales in
            for start in stride(from: 0, to: depth, by: depthBlock) {
              let length = min(depthBlock / 2, pairs - start / 2)
              for output in stride(from: 0, to: count, by: PanelProduct.width) {
                kernels.integer_product(
                  sums + output, columnBlock, numbers + start, x.stride, height,
                  panels + output * 2 * pairs + start * PanelProduct.width, length, start > 0 ? 1 : 0)
              }
            }
            for line in 0..<height {
              kernels.scale_sums(
                y + (row + line - rows.lowerBound) * yStride + first - outputs.lowerBound,
                sums + line * columnBlock, rowScales[line], scales.baseAddress! + first, count, adding ? 1 : 0
              )
            }
          }
        }
      }
    }
  }
}
