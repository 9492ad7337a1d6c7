import Foundation

/// A drawing of curves over steps, as SVG that takes its colours from the page.
package struct CurvePlot: Sendable {
  package struct Curve: Sendable {
    package var label: String
    package var points: [(x: Double, y: Double)]
    /// Half the height of the band around each point, such as a standard error; empty for none.
    package var spread: [Double]
    /// Whether points are marked: for curves of few.
    package var isMarked: Bool

    package init(
      label: String, points: [(x: Double, y: Double)], spread: [Double] = [], isMarked: Bool = false
    ) {
      (self.label, self.points, self.spread, self.isMarked) = (label, points, spread, isMarked)
    }
  }

  package var title: String
  package var xLabel: String
  package var curves: [Curve]

  package init(title: String, xLabel: String = "step", curves: [Curve]) {
    (self.title, self.xLabel, self.curves) = (title, xLabel, curves)
  }

  private static let (width, height) = (640.0, 240.0)
  private static let (left, right, top, bottom) = (64.0, 12.0, 28.0, 34.0)

  /// The drawing; empty when there is nothing finite to draw.
  package var svg: String {
    let curves = curves.map(Self.drawable).filter { !$0.points.isEmpty }
    let ys = curves.flatMap { curve in
      curve.points.indices.flatMap { index -> [Double] in
        let spread = curve.spread.isEmpty ? 0 : curve.spread[index]
        return [curve.points[index].y - spread, curve.points[index].y + spread]
      }
    }
    let xs = curves.flatMap { $0.points.map(\.x) }
    guard let lowX = xs.min(), let highX = xs.max(), let lowY = ys.min(), let highY = ys.max() else {
      return ""
    }
    let (xTicks, yTicks) = (Self.ticks(lowX, highX), Self.ticks(lowY, highY))
    let (x0, x1) = (min(lowX, xTicks.first ?? lowX), max(highX, lowX + 1e-9))
    let (y0, y1) = (min(lowY, yTicks.first ?? lowY), max(highY, yTicks.last ?? highY, lowY + 1e-9))
    func x(_ value: Double) -> String {
      Self.number(Self.left + (value - x0) / (x1 - x0) * (Self.width - Self.left - Self.right))
    }
    func y(_ value: Double) -> String {
      Self.number(
        Self.height - Self.bottom - (value - y0) / (y1 - y0) * (Self.height - Self.top - Self.bottom))
    }

    var parts: [String] = []
    for tick in yTicks {
      parts.append(
        "<path class=\"grid\" d=\"M\(Self.left) \(y(tick))H\(Self.width - Self.right)\"/>"
          + "<text class=\"tick\" x=\"\(Self.left - 6)\" y=\"\(y(tick))\" dy=\"4\" text-anchor=\"end\">\(Self.label(tick))</text>"
      )
    }
    for tick in xTicks where tick <= highX {
      parts.append(
        "<text class=\"tick\" x=\"\(x(tick))\" y=\"\(Self.height - Self.bottom + 16)\" text-anchor=\"middle\">\(Self.label(tick))</text>"
      )
    }
    parts.append(
      "<text class=\"tick\" x=\"\(Self.width - Self.right)\" y=\"\(Self.height - 2)\" text-anchor=\"end\">\(xLabel.escapedForHTML)</text>"
    )
    for (index, curve) in curves.enumerated() {
      let style = "c\(index % 4)"
      if !curve.spread.isEmpty {
        let upper = curve.points.indices.map {
          "\(x(curve.points[$0].x)) \(y(curve.points[$0].y + curve.spread[$0]))"
        }
        let lower = curve.points.indices.reversed().map {
          "\(x(curve.points[$0].x)) \(y(curve.points[$0].y - curve.spread[$0]))"
        }
        parts.append("<path class=\"band \(style)\" d=\"M\((upper + lower).joined(separator: "L"))Z\"/>")
      }
      let line = curve.points.map { "\(x($0.x)) \(y($0.y))" }.joined(separator: "L")
      parts.append("<path class=\"curve \(style)\" d=\"M\(line)\"/>")
      if curve.isMarked {
        parts += curve.points.map {
          "<circle class=\"\(style)\" cx=\"\(x($0.x))\" cy=\"\(y($0.y))\" r=\"3\"/>"
        }
      }
      if curves.count > 1 {
        let place = Self.left + 8 + Double(index) * 150
        parts.append(
          "<text class=\"key \(style)\" x=\"\(place)\" y=\"\(Self.top - 8)\">\(curve.label.escapedForHTML)</text>"
        )
      }
    }
    return """
      <figure class="plot"><figcaption>\(title.escapedForHTML)</figcaption>
      <svg viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" aria-label="\(title.escapedForHTML)">\(parts.joined(separator: "\n"))</svg></figure>
      """
  }

  /// Without numbers that are none, and with at most some 600 points, each the mean of its share.
  private static func drawable(_ curve: Curve) -> Curve {
    let spread = curve.spread.isEmpty ? [Double](repeating: 0, count: curve.points.count) : curve.spread
    var finite = zip(curve.points, spread).filter { $0.0.x.isFinite && $0.0.y.isFinite && $0.1.isFinite }
    let share = max(1, (finite.count + 599) / 600)
    if share > 1 {
      finite = stride(from: 0, to: finite.count, by: share).map { first in
        let part = finite[first..<min(first + share, finite.count)]
        func mean(_ value: (((x: Double, y: Double), Double)) -> Double) -> Double {
          part.reduce(0) { $0 + value($1) } / Double(part.count)
        }
        return ((mean { $0.0.x }, mean { $0.0.y }), mean { $0.1 })
      }
    }
    return Curve(
      label: curve.label, points: finite.map(\.0), spread: curve.spread.isEmpty ? [] : finite.map(\.1),
      isMarked: curve.isMarked)
  }

  /// Some four round numbers that span a range.
  static func ticks(_ low: Double, _ high: Double) -> [Double] {
    let range = high - low
    guard range > 0 else { return [low] }
    let rough = range / 4
    let size = pow(10, floor(log10(rough)))
    let step = [1, 2, 2.5, 5, 10].map { $0 * size }.first { $0 >= rough } ?? 10 * size
    let first = (low / step).rounded(.down)
    return (0...12).map { (first + Double($0)) * step }.prefix { $0 < high + step }.map { $0 }
  }

  private static func number(_ value: Double) -> String { String(format: "%.1f", value) }
  private static func label(_ value: Double) -> String { String(format: "%.4g", value == 0 ? 0 : value) }
}
