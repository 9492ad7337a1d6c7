import Foundation
import Testing

/// The reproduction's jobs, as the script drops them; running them takes most of an hour.
@Suite struct ReproduceTests {
  @Test func plansOnceAndSaysWhatIsMissing() throws {
    let spool = try Program.spool()
    defer { try? FileManager.default.removeItem(at: spool) }
    let recipes = URL(filePath: #filePath).appending(path: "../../../Spool/reproduce").standardizedFileURL
    try FileManager.default.copyItem(at: recipes, to: spool.appending(path: "reproduce"))
    let first = try Program.run("reproduce", "plan", "--spool", spool.path)
    #expect(first.status == 0, "\(first.errors)")
    let inbox = try FileManager.default.contentsOfDirectory(atPath: spool.appending(path: "inbox").path)
    #expect(inbox.count > 50 && inbox.allSatisfy { $0.hasSuffix(".json") && !$0.hasPrefix(".") })
    // What waits, and what is done, is not dropped again.
    try FileManager.default.createDirectory(
      at: spool.appending(path: "outbox/scenes"), withIntermediateDirectories: true)
    try FileManager.default.removeItem(at: spool.appending(path: "inbox/scenes.json"))
    let second = try Program.run("reproduce", "plan", "--spool", spool.path)
    #expect(second.output.contains("\(inbox.count) jobs, 0 of them new"), "\(second.output)\(second.errors)")
    let report = try Program.run(
      "reproduce", "report", "--spool", spool.path, "--out", spool.path + "/r.md", "--page",
      spool.path + "/r.html")
    #expect(report.status == 66 && report.errors.contains("result.json is missing"), "\(report.errors)")
    #expect(!FileManager.default.fileExists(atPath: spool.path + "/r.md"))
    #expect(try Program.run("reproduce", "plan", "--seed", "0", "--spool", spool.path).status == 64)
  }
}
