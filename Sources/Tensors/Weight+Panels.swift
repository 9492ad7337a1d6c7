import Kernels

extension Weight {
  /// The weight, which from now on keeps its values in panels, too, once it has multiplied: for a small one that is used
  /// again and again.
  package func keepingPanels() -> Weight {
    guard isSmallMatrix else { return self }
    var weight = self
    weight.keptPanels = keptPanels ?? KeptPanels()
    return weight
  }

  /// Whether all of it may lie in panels while it multiplies.
  private var isSmallMatrix: Bool { shape.count == 2 && liesAsFloats && count <= Self.widenedLimit }

  /// All rows in panels: kept ones, or new ones where there are more rows to multiply with, which can be shared out then.
  ///
  /// - Parameter rows: Of the other side.
  func rowPanels(for rows: Int) -> Panels? {
    guard isSmallMatrix, keptPanels != nil || rows > shape[0] else { return nil }
    func make() -> Panels {
      Panels(count: shape[0], depth: shape[1]) {
        fillRowPanels(0..<shape[0], columns: 0..<shape[1], into: $0, buffer: $0)
      }
    }
    return keptPanels?.get(make) ?? make()
  }

  /// Some columns in panels where there are more rows to multiply with; see ``rowPanels(for:)``.
  func columnPanels(_ columns: Range<Int>, for rows: Int) -> Panels? {
    guard isSmallMatrix, rows > columns.count else { return nil }
    return Panels(count: columns.count, depth: shape[0]) {
      fillColumnPanels(columns, rows: 0..<shape[0], into: $0, buffer: $0)
    }
  }

  /// Floats of the buffer that ``fillRowPanels(_:columns:into:buffer:)`` needs unless the values lie as floats.
  static let rowPanelBuffer = PanelProduct.width * PanelProduct.depthBlock

  /// Puts rows into panels, of which they become the columns.
  ///
  /// - Parameter columns: Of the rows; at most ``PanelProduct/depthBlock`` where values are widened.
  func fillRowPanels(
    _ rows: Range<Int>, columns: Range<Int>, into panels: UnsafeMutablePointer<Float>,
    buffer: UnsafeMutablePointer<Float>
  ) {
    let (kernels, inner, depth) = (elementwise().pointee, shape[1], columns.count)
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: PanelProduct.width) {
      let (panel, count) = (
        panels + (first - rows.lowerBound) * depth, min(PanelProduct.width, rows.upperBound - first)
      )
      if let floats {
        kernels.panel_of_rows(panel, floats + first * inner + columns.lowerBound, inner, count, depth)
      } else {
        for row in 0..<count {
          widen(from: (first + row) * inner + columns.lowerBound, count: depth, into: buffer + row * depth)
        }
        kernels.panel_of_rows(panel, buffer, depth, count, depth)
      }
    }
  }

  /// Rows that are widened at a time.
  private static let widenedRows = 64

  /// Floats of the buffer that ``fillColumnPanels(_:rows:into:buffer:)`` needs unless the values lie as floats.
  static func columnPanelBuffer(_ columns: Int) -> Int { widenedRows * columns }

  /// Puts columns into panels.
  func fillColumnPanels(
    _ columns: Range<Int>, rows: Range<Int>, into panels: UnsafeMutablePointer<Float>,
    buffer: UnsafeMutablePointer<Float>
  ) {
    let (kernels, inner, depth) = (elementwise().pointee, shape[1], rows.count)
    func fill(_ from: UnsafePointer<Float>, stride rowStride: Int, rows part: Range<Int>) {
      for column in stride(from: 0, to: columns.count, by: PanelProduct.width) {
        kernels.panel_of_columns(
          panels + column * depth + (part.lowerBound - rows.lowerBound) * PanelProduct.width, from + column,
          rowStride, min(PanelProduct.width, columns.count - column), part.count)
      }
    }
    if let floats {
      return fill(floats + rows.lowerBound * inner + columns.lowerBound, stride: inner, rows: rows)
    }
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.widenedRows) {
      let part = first..<min(first + Self.widenedRows, rows.upperBound)
      for row in part {
        widen(
          from: row * inner + columns.lowerBound, count: columns.count,
          into: buffer + (row - first) * columns.count)
      }
      fill(buffer, stride: columns.count, rows: part)
    }
  }
}
