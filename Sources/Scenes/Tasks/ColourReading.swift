import Images

/// A picture as a 64×64 grid of colours that an oracle asks for areas and shapes.
///
/// Pictures of any size are averaged down to the grid, so that one threshold serves every resolution.
/// Rectangles and boxes are in unit coordinates, y downwards.
struct ColourReading {
  /// One cell: red, green, blue in 0...255.
  struct Cell: Equatable {
    var red: Float
    var green: Float
    var blue: Float

    init(red: Float, green: Float, blue: Float) {
      (self.red, self.green, self.blue) = (red, green, blue)
    }

    init(_ colour: Colour) {
      self.init(
        red: Float(255 * colour.red), green: Float(255 * colour.green), blue: Float(255 * colour.blue))
    }

    var brightest: Float { max(red, green, blue) }
    var darkest: Float { min(red, green, blue) }
    /// Distance between the strongest and the weakest channel, 0...255: 0 is grey.
    var chroma: Float { brightest - darkest }
    /// Perceived brightness (Rec. 601 weights), 0...255.
    var luma: Float { 0.299 * red + 0.587 * green + 0.114 * blue }
    /// Hue angle in degrees, 0..<360: 0 red, 60 yellow, 120 green, 180 cyan, 240 blue, 300 magenta; 0 for greys.
    var hue: Float {
      guard chroma > 0 else { return 0 }
      let sextant: Float
      if brightest == red {
        sextant = (green - blue) / chroma
      } else if brightest == green {
        sextant = (blue - red) / chroma + 2
      } else {
        sextant = (red - green) / chroma + 4
      }
      return sextant < 0 ? 60 * sextant + 360 : 60 * sextant
    }

    /// Whether the hue lies in the arc that runs clockwise from `low` to `high` (the arc may cross 0).
    func hasHue(from low: Float, to high: Float) -> Bool {
      low <= high ? (low...high).contains(hue) : hue >= low || hue <= high
    }

    /// Root mean square difference of the channels, 0...255.
    func distance(to other: Cell) -> Float {
      let (r, g, b) = (red - other.red, green - other.green, blue - other.blue)
      return ((r * r + g * g + b * b) / 3).squareRoot()
    }
  }

  /// Cells that answered yes: how many, and where they lie.
  struct Area {
    /// Share of the whole picture, 0...1.
    let share: Float
    /// Middle 90 % of the cells in each direction, unit coordinates; all zero when there are none.
    let left: Float
    let right: Float
    let top: Float
    let bottom: Float
    /// Mean position, unit coordinates.
    let centreX: Float
    let centreY: Float

    var width: Float { right - left }
    var height: Float { bottom - top }
    /// Share of the box that the cells fill, about 0...1 (a little above for a full box, whose edge tenth is cut).
    var fill: Float { width * height > 0 ? 0.9 * share / (width * height) : 0 }
  }

  static let side = 64
  let cells: [Cell]

  init(_ image: RGBImage) {
    let side = Self.side
    var sums = [Cell](repeating: Cell(red: 0, green: 0, blue: 0), count: side * side)
    var counts = [Float](repeating: 0, count: side * side)
    // A picture smaller than the grid is read by nearest pixel, a larger one by averaging.
    let (columns, rows) = (max(side, image.width), max(side, image.height))
    image.pixels.withUnsafeBufferPointer { pixels in
      for y in 0..<rows {
        let source = y * image.height / rows * image.width
        for x in 0..<columns {
          let at = 3 * (source + x * image.width / columns)
          let cell = y * side / rows * side + x * side / columns
          sums[cell].red += Float(pixels[at])
          sums[cell].green += Float(pixels[at + 1])
          sums[cell].blue += Float(pixels[at + 2])
          counts[cell] += 1
        }
      }
    }
    cells = zip(sums, counts).map { sum, count in
      Cell(red: sum.red / count, green: sum.green / count, blue: sum.blue / count)
    }
  }

  /// Every cell's answer as an area; cells outside the rectangle answer no.
  func area(
    x: ClosedRange<Float> = 0...1, y: ClosedRange<Float> = 0...1, where matches: (Cell) -> Bool
  ) -> Area {
    let side = Self.side
    var perColumn = [Int](repeating: 0, count: side)
    var perRow = [Int](repeating: 0, count: side)
    var total = 0
    for row in 0..<side where y.contains((Float(row) + 0.5) / Float(side)) {
      for column in 0..<side where x.contains((Float(column) + 0.5) / Float(side)) {
        guard matches(cells[row * side + column]) else { continue }
        perColumn[column] += 1
        perRow[row] += 1
        total += 1
      }
    }
    guard total > 0 else {
      return Area(share: 0, left: 0, right: 0, top: 0, bottom: 0, centreX: 0, centreY: 0)
    }
    let horizontal = Self.spread(of: perColumn, total: total)
    let vertical = Self.spread(of: perRow, total: total)
    return Area(
      share: Float(total) / Float(side * side), left: horizontal.low, right: horizontal.high,
      top: vertical.low, bottom: vertical.high, centreX: horizontal.mean, centreY: vertical.mean)
  }

  /// Mean colour of a rectangle.
  func mean(x: ClosedRange<Float>, y: ClosedRange<Float>) -> Cell {
    let side = Self.side
    var sum = Cell(red: 0, green: 0, blue: 0)
    var count: Float = 0
    for row in 0..<side where y.contains((Float(row) + 0.5) / Float(side)) {
      for column in 0..<side where x.contains((Float(column) + 0.5) / Float(side)) {
        let cell = cells[row * side + column]
        sum.red += cell.red
        sum.green += cell.green
        sum.blue += cell.blue
        count += 1
      }
    }
    precondition(count > 0, "an empty rectangle has no mean colour: x \(x), y \(y)")
    return Cell(red: sum.red / count, green: sum.green / count, blue: sum.blue / count)
  }

  /// Where the middle 90 % of a histogram begin and end, and its mean, in unit coordinates.
  private static func spread(of counts: [Int], total: Int) -> (low: Float, high: Float, mean: Float) {
    var (seen, weighted) = (0, Float(0))
    var (low, high): (Int?, Int?) = (nil, nil)
    for (index, count) in counts.enumerated() {
      seen += count
      weighted += (Float(index) + 0.5) * Float(count)
      if low == nil, 20 * seen >= total { low = index }
      if high == nil, 20 * seen >= 19 * total { high = index + 1 }
    }
    let scale = Float(counts.count)
    return (Float(low ?? 0) / scale, Float(high ?? counts.count) / scale, weighted / Float(total) / scale)
  }
}
