import Foundation

/// A roofline: how much arithmetic a second kinds of work reach, by how much they do for each byte; both axes logarithmic.
package struct RooflinePlot: Sendable {
  package struct Point: Sendable {
    package var label: String
    /// Operations for each byte.
    package var intensity: Double
    /// Operations a second.
    package var rate: Double
    /// Which of up to four colours.
    package var group: Int

    package init(label: String, intensity: Double, rate: Double, group: Int = 0) {
      (self.label, self.intensity, self.rate, self.group) = (label, intensity, rate, group)
    }
  }

  package var title: String
  /// Operations a second: the flat parts of the roof, one for each kind of arithmetic.
  package var peaks: [Double]
  /// Bytes a second: the slope.
  package var bandwidth: Double
  package var points: [Point]
  /// What the colours stand for.
  package var groups: [String]

  package init(title: String, peaks: [Double], bandwidth: Double, points: [Point], groups: [String] = []) {
    (self.title, self.peaks, self.bandwidth) = (title, peaks, bandwidth)
    (self.points, self.groups) = (points, groups)
  }

  private static let (width, height) = (640.0, 320.0)
  private static let (left, right, top, bottom) = (64.0, 12.0, 28.0, 34.0)

  /// The drawing; empty when there is nothing to draw.
  package var svg: String {
    let points = points.filter {
      $0.intensity > 0 && $0.rate > 0 && $0.intensity.isFinite && $0.rate.isFinite
    }
    guard let least = peaks.min(), let most = peaks.max(), least > 0, bandwidth > 0, !points.isEmpty else {
      return ""
    }
    let xs = points.map(\.intensity) + [least / bandwidth / 4, most / bandwidth * 4]
    let ys = points.map(\.rate) + [most * 1.3]
    let (x0, x1) = (floor(log10(xs.min()!)), ceil(log10(xs.max()!)))
    let (y0, y1) = (floor(log10(ys.min()!)), ceil(log10(ys.max()!)))
    func x(_ value: Double) -> Double {
      Self.left + (log10(value) - x0) / (x1 - x0) * (Self.width - Self.left - Self.right)
    }
    func y(_ value: Double) -> Double {
      Self.height - Self.bottom - (log10(value) - y0) / (y1 - y0) * (Self.height - Self.top - Self.bottom)
    }
    func n(_ value: Double) -> String { String(format: "%.1f", value) }
    var parts: [String] = []
    for power in Int(y0)...Int(y1) {
      let place = n(y(pow(10, Double(power))))
      parts.append(
        "<path class=\"grid\" d=\"M\(Self.left) \(place)H\(Self.width - Self.right)\"/>"
          + "<text class=\"tick\" x=\"\(Self.left - 6)\" y=\"\(place)\" dy=\"4\" text-anchor=\"end\">\(Self.rate(power))</text>"
      )
    }
    for power in Int(x0)...Int(x1) {
      let anchor = power == Int(x1) ? "end" : "middle"
      parts.append(
        "<text class=\"tick\" x=\"\(n(x(pow(10, Double(power)))))\" y=\"\(Self.height - Self.bottom + 16)\" text-anchor=\"\(anchor)\">\(Self.plain(power))</text>"
      )
    }
    parts.append(
      "<text class=\"tick\" x=\"\(Self.width - Self.right)\" y=\"\(Self.height - 2)\" text-anchor=\"end\">operations for each byte</text>"
    )
    // The slope begins where it leaves the drawing at its left or at its foot.
    let start = max(pow(10, x0), pow(10, y0) / bandwidth)
    for peak in peaks {
      parts.append(
        "<path class=\"curve c3\" d=\"M\(n(x(start))) \(n(y(start * bandwidth)))L\(n(x(peak / bandwidth))) \(n(y(peak)))L\(n(x(pow(10, x1)))) \(n(y(peak)))\"/>"
      )
    }
    for point in points {
      parts.append(
        """
        <circle class="c\(point.group % 3)" cx="\(n(x(point.intensity)))" cy="\(n(y(point.rate)))" r="4">\
        <title>\(point.label.escapedForHTML)</title></circle>
        """)
    }
    for (index, group) in groups.enumerated() {
      parts.append(
        "<text class=\"key c\(index % 3)\" x=\"\(Self.left + 8 + Double(index) * 170)\" y=\"\(Self.top - 8)\">\(group.escapedForHTML)</text>"
      )
    }
    return """
      <figure class="plot"><figcaption>\(title.escapedForHTML)</figcaption>
      <svg viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" aria-label="\(title.escapedForHTML)">\(parts.joined(separator: "\n"))</svg></figure>
      """
  }

  private static func plain(_ power: Int) -> String { String(format: "%g", pow(10, Double(power))) }

  /// `10 G` for ten milliards.
  private static func rate(_ power: Int) -> String {
    let (thousands, rest) = (max(0, power) / 3, max(0, power) % 3)
    return "\(Int(pow(10, Double(rest)))) \(["", "k", "M", "G", "T", "P"][min(5, thousands)])"
  }
}
