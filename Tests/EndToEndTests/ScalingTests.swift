import Foundation
import JobRunners
import Jobs
import Testing

@Suite("How cost grows")
struct ScalingTests {
  @Test("a value a row, a point and a mark in the page")
  func oneAxis() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "scaling-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (json, page) = (folder.appending(path: "points.json"), folder.appending(path: "page.html"))
    let models = URL(filePath: #filePath).appending(path: "../../../Spool/models").standardizedFileURL.path
    let outcome = try Program.run(
      "bench", "scaling", "--models", models, "--axis", "steps", "--rounds", "1", "--json", json.path,
      "--page",
      page.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let points = try JobJSON.value([ScalingTrial.Point].self, from: Data(contentsOf: json))
    #expect(points.map(\.value) == ScalingTrial.Axis.steps.values && points.allSatisfy { $0.took > 0 })
    #expect(outcome.output.split(separator: "\n").filter { $0.hasPrefix("| steps |") }.count == points.count)
    #expect(try String(contentsOf: page, encoding: .utf8).contains("Seconds by steps"))
  }

  @Test("models that are not there are named")
  func missing() throws {
    let outcome = try Program.run("bench", "scaling", "--models", "/nowhere")
    #expect(outcome.status != 0 && outcome.errors.contains("/nowhere/flux-mini"))
  }
}
