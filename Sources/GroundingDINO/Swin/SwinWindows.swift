/// How a map is cut into windows, and where each pixel goes.
///
/// transformers 5.23.0 `models/swin/modeling_swin.py`, `SwinLayer.maybe_pad`, `cyclic_shift` and `window_partition` in one table.
struct SwinWindows: Sendable {
  /// Windows that share a mask: where the map was rolled, the last window of a row or column holds two regions.
  struct Group: Equatable, Sendable {
    var isLastRow: Bool
    var isLastColumn: Bool
    /// Which windows these are, in the order of ``sources``.
    var windows: Range<Int>
  }

  /// Pixels of a window.
  let area: Int
  /// The pixel behind each place of each window, -1 for padding.
  let sources: [Int]
  /// The place of each pixel among the windows.
  let places: [Int]
  let groups: [Group]

  /// - Parameters:
  ///   - size: Height and width of a window.
  ///   - shift: By how many pixels the map is rolled up and to the left; 0 for unshifted windows.
  init(height: Int, width: Int, size: Int, shift: Int) {
    let (rows, columns) = ((height + size - 1) / size, (width + size - 1) / size)
    area = size * size
    var sources: [Int] = []
    sources.reserveCapacity(rows * columns * area)
    var places = [Int](repeating: 0, count: height * width)
    var groups: [Group] = []
    func add(_ rowRange: Range<Int>, _ columnRange: Range<Int>, _ isLastRow: Bool, _ isLastColumn: Bool) {
      let first = sources.count / (size * size)
      for row in rowRange {
        for column in columnRange {
          for y in row * size..<(row + 1) * size {
            let sourceY = (y + shift) % (rows * size)
            for x in column * size..<(column + 1) * size {
              let sourceX = (x + shift) % (columns * size)
              let isPixel = sourceY < height && sourceX < width
              if isPixel { places[sourceY * width + sourceX] = sources.count }
              sources.append(isPixel ? sourceY * width + sourceX : -1)
            }
          }
        }
      }
      let windows = first..<sources.count / (size * size)
      if !windows.isEmpty {
        groups.append(Group(isLastRow: isLastRow, isLastColumn: isLastColumn, windows: windows))
      }
    }
    if shift == 0 {
      add(0..<rows, 0..<columns, false, false)
    } else {
      add(0..<rows - 1, 0..<columns - 1, false, false)
      add(0..<rows - 1, columns - 1..<columns, false, true)
      add(rows - 1..<rows, 0..<columns - 1, true, false)
      add(rows - 1..<rows, columns - 1..<columns, true, true)
    }
    (self.sources, self.places, self.groups) = (sources, places, groups)
  }
}
