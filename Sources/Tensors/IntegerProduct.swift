import Kernels

/// Rows rounded to signed bytes in groups of 32 with a scale each, for products with bytes.
///
/// ggml rounds activations so for its products with Q8_0. A large value costs the others of its group precision, and no more.
struct QuantizedRows: @unchecked Sendable {
  // Unchecked: written once, before it is handed on.

  /// Numbers that share a scale.
  static let group = Int(integer_group)

  static func groups(of columns: Int) -> Int { (columns + group - 1) / group }

  /// Of a row; the last one is filled up with zeros.
  let groups: Int
  /// Groups from one row to the next.
  let stride: Int
  private let numbers: Memory
  private let scales: Memory

  private final class Memory {
    private let block: FloatMemory.Block
    var start: UnsafeMutableRawPointer { UnsafeMutableRawPointer(block.floats) }

    init(bytes: Int) { block = FloatMemory.allocate((bytes + 3) / 4) }
    deinit { FloatMemory.free(block) }
  }

  /// - Parameter x: `[…, columns]`.
  init(_ x: Tensor) {
    let (rows, columns, groups) = (x.rows, x.columns, Self.groups(of: x.columns))
    // An odd number of cache lines: rows that are multiplied together lie at different places of the cache.
    let lines = (groups * Self.groupBytes + 63) / 64 | 1
    let stride = lines * 64 / Self.groupBytes
    self.groups = groups
    self.stride = stride
    numbers = Memory(bytes: rows * stride * Self.groupBytes)
    scales = Memory(bytes: rows * stride * MemoryLayout<integer_scale>.stride)
    guard x.count > 0 else { return }
    let (target, scaleTarget) = (Shared(numbers.start), Shared(scales.start))
    x.withValues { x in
      let from = Shared(x.baseAddress!)
      Parallelism.forEach(rows, grain: max(1, (1 << 15) / columns)) { range in
        let first = range.lowerBound
        elementwise().pointee.quantize_rows(
          target.pointer + first * stride * Self.groupBytes,
          scaleTarget.pointer.assumingMemoryBound(to: integer_scale.self) + first * stride, stride,
          from.pointer + first * columns, columns, range.count, columns)
      }
    }
  }

  static var groupBytes: Int { group * elementwise().pointee.integer_size }

  /// Calls the body with the numbers and scales of the rows from `row` on, from one of their groups on.
  func withRows(
    from row: Int, group: Int,
    _ body: (_ numbers: UnsafeRawPointer, _ scales: UnsafePointer<integer_scale>) -> Void
  ) {
    let index = row * stride + group
    body(
      UnsafeRawPointer(numbers.start + index * Self.groupBytes),
      UnsafePointer(scales.start.assumingMemoryBound(to: integer_scale.self) + index))
  }
}

/// Products of quantized rows with a weight of signed bytes.
enum IntegerProduct {
  /// Columns whose panels are made at a time, and rows that they are multiplied with.
  private static let (columnBlock, rowBlock) = (128, 48)
  /// Groups of numbers of a panel: 512 KB of them for the columns, which a core's cache holds.
  private static var groupBlock: Int { 128 / elementwise().pointee.integer_size }
  private static let width = PanelProduct.width

  /// Floats that ``add`` needs: panels of a block of columns, and their scales if each group has some.
  static func scratch(depth: Int) -> Int {
    let groups = min(groupBlock, QuantizedRows.groups(of: depth))
    return columnBlock * groups * (QuantizedRows.groupBytes / 4 + 1)
  }

  /// `y = x Wᵀ` for some rows of the weight, or that added to `y`, on the calling thread.
  ///
  /// - Parameters:
  ///   - columns: Of the weight, those that x multiplies. Where the weight has several scales a row they begin at one of its
  ///     groups.
  ///   - outputs: Rows of the weight.
  ///   - y: The first of the results, rows `yStride` apart.
  static func add(
    _ x: QuantizedRows, rows: Range<Int>, _ weight: Weight, columns: Range<Int>, outputs: Range<Int>,
    to y: UnsafeMutablePointer<Float>, stride yStride: Int, adding: Bool, scratch: UnsafeMutablePointer<Float>
  ) {
    let (kernels, group, inner) = (elementwise().pointee, QuantizedRows.group, weight.shape[1])
    let panels = UnsafeMutableRawPointer(scratch)
    for first in stride(from: outputs.lowerBound, to: outputs.upperBound, by: columnBlock) {
      let count = min(columnBlock, outputs.upperBound - first)
      for start in stride(from: 0, to: x.groups, by: groupBlock) {
        let groups = min(groupBlock, x.groups - start)
        let panelBytes = width * groups * QuantizedRows.groupBytes
        let scales = (panels + columnBlock / width * panelBytes).assumingMemoryBound(to: Float.self)
        let from = columns.lowerBound + start * group
        for output in stride(from: 0, to: count, by: width) {
          let bytes = weight.bytes(ofEntry: first + output) + from
          kernels.integer_panel(
            panels + output / width * panelBytes, bytes.assumingMemoryBound(to: Int8.self), inner,
            min(width, count - output), min(groups * group, columns.upperBound - from))
        }
        weight.withScales(from: from, groups: groups, outputs: first..<first + count, scratch: scales) {
          scales, isGrouped in
          for row in stride(from: rows.lowerBound, to: rows.upperBound, by: rowBlock) {
            x.withRows(from: row, group: start) { numbers, rowScales in
              kernels.integer_product(
                y + (row - rows.lowerBound) * yStride + first - outputs.lowerBound, yStride,
                numbers, rowScales, x.stride, min(rowBlock, rows.upperBound - row),
                panels, scales, isGrouped ? 1 : 0, groups, count, adding || start > 0 ? 1 : 0)
            }
          }
        }
      }
    }
  }
}

extension Weight {
  /// Whether it can be multiplied as bytes with rows of which each group has a scale.
  var hasWholeGroups: Bool {
    guard let scales, shape.count == 2 else { return false }
    return scales.shape[1] == 1 || (shape[1] / scales.shape[1]) % QuantizedRows.group == 0
  }

  /// Calls the body with scales as `integer_product` takes them: of the outputs, or panel by panel of their groups.
  fileprivate func withScales(
    from column: Int, groups: Int, outputs: Range<Int>, scratch: UnsafeMutablePointer<Float>,
    _ body: (_ scales: UnsafePointer<Float>, _ isGrouped: Bool) -> Void
  ) {
    guard let scales else { preconditionFailure("no scales") }
    let (width, each) = (PanelProduct.width, scales.shape[1])
    scales.withValues { scales in
      let scales = scales.baseAddress! + outputs.lowerBound * each
      guard each > 1 else { return body(scales, false) }
      let length = shape[1] / each
      for output in 0..<outputs.count {
        let panel = scratch + output / width * width * groups + output % width
        for group in 0..<groups {
          panel[width * group] = scales[output * each + (column + group * QuantizedRows.group) / length]
        }
      }
      body(scratch, true)
    }
  }
}
