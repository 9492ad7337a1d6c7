import CCairo

/// A closed or open path in unit coordinates (x to the right, y downwards), made before it is painted.
struct Outline {
  enum Command {
    case move(Double, Double)
    case line(Double, Double)
    case curve(Double, Double, Double, Double, Double, Double)
    case close
  }
  private(set) var commands: [Command] = []

  static func polygon(_ points: [(Double, Double)], closed: Bool = true) -> Outline {
    var outline = Outline()
    for (index, point) in points.enumerated() {
      outline.commands.append(index == 0 ? .move(point.0, point.1) : .line(point.0, point.1))
    }
    if closed { outline.commands.append(.close) }
    return outline
  }

  /// A smooth curve through the points (Catmull-Rom, which passes through every one of them).
  static func smooth(_ points: [(Double, Double)], closed: Bool = true) -> Outline {
    precondition(points.count >= 2, "a curve needs two points")
    var outline = Outline()
    let count = points.count
    func point(_ index: Int) -> (Double, Double) {
      closed ? points[(index + count) % count] : points[min(max(index, 0), count - 1)]
    }
    outline.commands.append(.move(points[0].0, points[0].1))
    for index in 0..<(closed ? count : count - 1) {
      let (a, b, c, d) = (point(index - 1), point(index), point(index + 1), point(index + 2))
      outline.commands.append(
        .curve(
          b.0 + (c.0 - a.0) / 6, b.1 + (c.1 - a.1) / 6, c.0 - (d.0 - b.0) / 6, c.1 - (d.1 - b.1) / 6,
          c.0, c.1))
    }
    if closed { outline.commands.append(.close) }
    return outline
  }

  static func ellipse(_ x: Double, _ y: Double, _ rx: Double, _ ry: Double) -> Outline {
    let k = 0.5523  // the cubic that comes nearest to a quarter circle
    var outline = Outline()
    outline.commands = [
      .move(x + rx, y),
      .curve(x + rx, y + k * ry, x + k * rx, y + ry, x, y + ry),
      .curve(x - k * rx, y + ry, x - rx, y + k * ry, x - rx, y),
      .curve(x - rx, y - k * ry, x - k * rx, y - ry, x, y - ry),
      .curve(x + k * rx, y - ry, x + rx, y - k * ry, x + rx, y),
      .close,
    ]
    return outline
  }

  /// A rectangle from its left upper corner, corners rounded by the given radius.
  static func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double, round: Double = 0) -> Outline {
    let (r, k) = (min(round, width / 2, height / 2), 0.4477)
    let (right, bottom) = (x + width, y + height)
    var outline = Outline()
    outline.commands = [
      .move(x + r, y), .line(right - r, y),
      .curve(right - r * k, y, right, y + r * k, right, y + r), .line(right, bottom - r),
      .curve(right, bottom - r * k, right - r * k, bottom, right - r, bottom), .line(x + r, bottom),
      .curve(x + r * k, bottom, x, bottom - r * k, x, bottom - r), .line(x, y + r),
      .curve(x, y + r * k, x + r * k, y, x + r, y), .close,
    ]
    return outline
  }

  /// A pointed leaf from its stalk to its tip, as wide as the given share of its length.
  static func leaf(from stalk: (Double, Double), to tip: (Double, Double), width: Double) -> Outline {
    let (dx, dy) = (tip.0 - stalk.0, tip.1 - stalk.1)
    let (nx, ny) = (-dy * width, dx * width)
    var outline = Outline()
    outline.commands = [
      .move(stalk.0, stalk.1),
      .curve(
        stalk.0 + 0.2 * dx + nx, stalk.1 + 0.2 * dy + ny, stalk.0 + 0.7 * dx + nx, stalk.1 + 0.7 * dy + ny,
        tip.0, tip.1),
      .curve(
        stalk.0 + 0.7 * dx - nx, stalk.1 + 0.7 * dy - ny, stalk.0 + 0.2 * dx - nx, stalk.1 + 0.2 * dy - ny,
        stalk.0, stalk.1),
      .close,
    ]
    return outline
  }

  /// Both outlines as one path: where they overlap an odd number of times, the fill is even-odd.
  static func + (first: Outline, second: Outline) -> Outline {
    var sum = first
    sum.commands += second.commands
    return sum
  }
}
