import Fingerprints
import Foundation
import Pages
import Testing

@Suite struct PageTests {
  @Test func aPageIsCompleteAndEscapesItsTexts() throws {
    let page = Page(
      title: "a <b> & \"c\"", kind: "k<", summary: "s", main: "<p>m</p>", footer: "f", style: ".x{}",
      script: "1")
    #expect(
      page.html.hasPrefix("<!doctype html>") && page.html.contains("<title>a &lt;b&gt; &amp; &quot;c&quot;"))
    #expect(
      page.html.contains("<h1>a &lt;b&gt;") && page.html.contains("k&lt;") && page.html.contains("<p>m</p>"))
    #expect(page.html.contains(".x{}") && page.html.contains("<script>\n1\n</script>"))
    let bare = Page(title: "t", kind: "k", summary: "s", main: "m").html
    #expect(!bare.contains("<footer>") && !bare.contains("<script>"))
    // Nothing comes from a network.
    #expect(!bare.contains("http:") && !bare.contains("https:"))
    // Its own script may run, by its digest; a page without one runs none.
    let digest = SHA256.base64Digest(of: Data("\n1\n".utf8))
    #expect(page.html.contains("script-src 'sha256-\(digest)'") && !bare.contains("script-src"))
    #expect(bare.contains("default-src 'none'"))
    #expect(!bare.contains("http-equiv=\"refresh\""))
    var lively = Page(title: "t", kind: "k", summary: "s", main: "m")
    lively.refresh = 10
    #expect(
      lively.html.contains("<meta http-equiv=\"refresh\" content=\"10\">\n<meta http-equiv=\"Content-Sec"))
  }

  @Test(arguments: [
    (0.0125, "12 ms"), (3.25, "3.2 s"), (59.9, "59.9 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"),
    (3660, "1 h 1 min"),
  ])
  func durationsAreReadable(seconds: Double, text: String) { #expect(PageText.duration(seconds) == text) }

  @Test(arguments: [
    (-0.001, 2, "0.00"), (-0.4, 0, "0"), (-0.006, 2, "-0.01"), (1.25, 1, "1.2"), (-.infinity, 1, "-inf"),
  ])
  func numbersAreRounded(number: Double, digits: Int, text: String) {
    #expect(number.rounded(to: digits) == text)
  }

  @Test func countsHaveTheirNoun() {
    #expect(PageText.count(1, "tuple") == "1 tuple" && PageText.count(0, "tuple") == "0 tuples")
    #expect(
      PageText.count(1, "entry", "entries") == "1 entry"
        && PageText.count(2, "entry", "entries") == "2 entries")
  }

  @Test func aTableEscapesItsCells() {
    let table = PageText.table(["<"], [["&"]])
    #expect(table.contains("<th>&lt;</th>") && table.contains("<td>&amp;</td>"))
  }
}

@Suite struct PlotTests {
  @Test func aPlotOfNothingFiniteIsEmpty() {
    #expect(CurvePlot(title: "t", curves: [.init(label: "a", points: [(0, .nan)])]).svg.isEmpty)
    #expect(BarPlot(title: "t", bars: [.init(label: "a", value: .nan, low: 0, high: 1)]).svg.isEmpty)
  }

  /// Where the points of a path lie, in the drawing's units.
  private func points(_ svg: String, _ class: String) throws -> [(x: Double, y: Double)] {
    let start = try #require(svg.range(of: "<path class=\"\(`class`)\" d=\"M"))
    let path = svg[start.upperBound...].prefix { $0 != "\"" }
    return path.split(separator: "L").compactMap { pair in
      let numbers = pair.split(separator: " ").compactMap { Double($0) }
      return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
    }
  }

  @Test func aCurveIsDrawnToScale() throws {
    let plot = CurvePlot(title: "t", curves: [.init(label: "a", points: [(0, 0), (5, 5), (10, 10)])])
    let drawn = try points(plot.svg, "curve c0")
    #expect(drawn.count == 3)
    // Equal steps to the right and upwards, which is towards smaller y.
    #expect(abs((drawn[1].x - drawn[0].x) - (drawn[2].x - drawn[1].x)) < 0.2)
    #expect(abs((drawn[0].y - drawn[1].y) - (drawn[1].y - drawn[2].y)) < 0.2 && drawn[2].y < drawn[0].y)
  }

  @Test(arguments: [(0.0, 10.0), (-3.0, 0.02), (1e-4, 2e-4), (93.1, 99.7)])
  func ticksSpanTheRangeInRoundSteps(low: Double, high: Double) throws {
    let plot = CurvePlot(title: "t", curves: [.init(label: "a", points: [(0, low), (1, high)])])
    let labels = plot.svg.matches(of: #/text-anchor="end">([-0-9.e]+)</text>/#).compactMap { Double($0.1) }
    #expect(labels.count >= 3 && labels.count <= 12)
    #expect(try #require(labels.min()) <= low + 1e-9 && #require(labels.max()) >= high - 1e-9)
  }

  @Test func barsCarryTheirIntervals() throws {
    let plot = BarPlot(
      title: "t <", bars: [.init(label: "one & two", value: 50, low: 40, high: 60)], range: 0...100)
    #expect(
      plot.svg.contains("one &amp; two") && plot.svg.contains("50.00")
        && plot.svg.contains("aria-label=\"t &lt;\""))
    let whisker = try #require(
      plot.svg.firstMatch(of: #/<path class="curve c0" d="M([0-9.]+) [0-9.]+H([0-9.]+)"/#))
    let circle = try #require(plot.svg.firstMatch(of: #/cx="([0-9.]+)"/#))
    let (from, to, middle) = (Double(whisker.1) ?? 0, Double(whisker.2) ?? 0, Double(circle.1) ?? 0)
    #expect(abs(middle - (from + to) / 2) < 0.11)
  }
}
