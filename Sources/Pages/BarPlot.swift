import Foundation

/// Horizontal bars with intervals, as SVG that takes its colours from the page.
package struct BarPlot: Sendable {
  package struct Bar: Sendable {
    package var label: String
    package var value: Double
    package var low: Double
    package var high: Double

    package init(label: String, value: Double, low: Double, high: Double) {
      (self.label, self.value, self.low, self.high) = (label, value, low, high)
    }
  }

  package var title: String
  package var bars: [Bar]
  /// What the axis spans; nil for 0 and all intervals.
  package var range: ClosedRange<Double>?

  package init(title: String, bars: [Bar], range: ClosedRange<Double>? = nil) {
    (self.title, self.bars, self.range) = (title, bars, range)
  }

  private static let (width, left, right, top, row) = (640.0, 190.0, 64.0, 6.0, 22.0)

  /// The drawing; empty without bars.
  package var svg: String {
    let bars = bars.filter { $0.value.isFinite && $0.low.isFinite && $0.high.isFinite }
    guard !bars.isEmpty else { return "" }
    let (low, high) =
      range.map { ($0.lowerBound, $0.upperBound) }
      ?? (min(0, bars.map(\.low).min() ?? 0), max(0, bars.map(\.high).max() ?? 0))
    let ticks = CurvePlot.ticks(low, high)
    let (x0, x1) = (min(low, ticks.first ?? low), max(high, ticks.last ?? high, low + 1e-9))
    func x(_ value: Double) -> Double {
      Self.left + (min(max(value, x0), x1) - x0) / (x1 - x0) * (Self.width - Self.left - Self.right)
    }
    func n(_ value: Double) -> String { String(format: "%.1f", value) }
    let bottom = Self.top + Self.row * Double(bars.count)
    var parts = ticks.map { tick in
      """
      <path class="grid" d="M\(n(x(tick))) \(Self.top)V\(n(bottom))"/><text class="tick" x="\(n(x(tick)))" \
      y="\(n(bottom + 16))" text-anchor="middle">\(String(format: "%.4g", tick == 0 ? 0 : tick))</text>
      """
    }
    for (index, bar) in bars.enumerated() {
      let middle = Self.top + Self.row * (Double(index) + 0.5)
      let (from, to) = (min(x(0), x(bar.value)), max(x(0), x(bar.value)))
      parts.append(
        """
        <text x="\(n(Self.left - 8))" y="\(n(middle + 4))" text-anchor="end">\(String(bar.label.prefix(30)).escapedForHTML)</text>\
        <rect class="band c0" x="\(n(from))" y="\(n(middle - 7))" width="\(n(max(0.5, to - from)))" height="14"/>\
        <path class="curve c0" d="M\(n(x(bar.low))) \(n(middle))H\(n(x(bar.high)))"/>\
        <circle class="c0" cx="\(n(x(bar.value)))" cy="\(n(middle))" r="3"/>\
        <text x="\(n(Self.width - Self.right + 10))" y="\(n(middle + 4))">\(bar.value.rounded(to: 2))</text>
        """)
    }
    return """
      <figure class="plot"><figcaption>\(title.escapedForHTML)</figcaption>
      <svg viewBox="0 0 \(Int(Self.width)) \(Int(bottom + 24))" role="img" aria-label="\(title.escapedForHTML)">\(parts.joined(separator: "\n"))</svg></figure>
      """
  }
}
