import Foundation
import Testing

@testable import Pages

struct RooflinePlotTests {
  private func plot(_ points: [RooflinePlot.Point]) -> String {
    RooflinePlot(title: "T", peaks: [1e11, 4e11], bandwidth: 1e10, points: points, groups: ["a <b>"]).svg
  }

  @Test func `draws a roof with its ridge, and a point for each kind`() throws {
    let svg = plot([
      .init(label: "x & y", intensity: 100, rate: 5e10), .init(label: "z", intensity: 1, rate: 5e9),
    ])
    #expect(svg.components(separatedBy: "<circle").count == 3)
    #expect(svg.contains("<title>x &amp; y</title>") && svg.contains("a &lt;b&gt;"))
    let roof = try #require(svg.firstMatch(of: #/curve c3" d="M(\S+) (\S+)L(\S+) (\S+)L(\S+) (\S+)"/#)).output
    // It rises, and is flat from where a byte brings ten operations.
    #expect(Double(roof.2)! > Double(roof.4)! && roof.4 == roof.6)
    #expect(Double(roof.1)! < Double(roof.3)! && Double(roof.3)! < Double(roof.5)!)
    let roofs = svg.matches(of: #/curve c3" d="M\S+ \S+L(\S+) (\S+)L/#).map(\.output)
    // The second one branches off later, and higher.
    #expect(
      roofs.count == 2 && Double(roofs[1].1)! > Double(roofs[0].1)!
        && Double(roofs[1].2)! < Double(roofs[0].2)!)
  }

  @Test func `draws nothing without a finite point`() {
    #expect(plot([]).isEmpty)
    #expect(
      plot([.init(label: "x", intensity: .nan, rate: 1), .init(label: "y", intensity: 0, rate: 1)]).isEmpty)
  }
}
