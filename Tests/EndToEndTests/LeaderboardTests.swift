import Foundation
import Testing

/// The leaderboard of a spool in which benchmarks ran.
@Suite struct LeaderboardTests {
  @Test func ranksWhatTheLedgerKnowsAndSaysWhatIsGone() throws {
    let spool = try Program.spool()
    defer { try? FileManager.default.removeItem(at: spool) }
    func path(_ file: String) -> String { spool.appending(path: file).path }
    for (name, seed) in [("a", "1"), ("b", "2")] {
      let made = try Program.run(
        "scenes", "write", "--out", path("datasets/\(name)"), "--count", "16", "--seed", seed)
      #expect(made.status == 0, "\(made.errors)")
    }
    for (name, dataset) in [("=first", "a"), ("second", "a"), ("third", "b")] {
      let job =
        #"{"kind": "benchmark", "suite": "evaluator", "model": "clip-mini", "dataset": "datasets/\#(dataset)"}"#
      try Data(job.utf8).write(to: spool.appending(path: "inbox/\(name).json"))
    }
    let served = try Program.run("serve", "--drain", "--spool", spool.path)
    #expect(served.status == 0, "\(served.errors)")

    let ranked = try Program.run("leaderboard", "--spool", spool.path)
    #expect(
      ranked.status == 0 && ranked.output.contains("3 rows in 2 tables, 0 runs not ranked"),
      "\(ranked.errors)")
    var csv = try String(contentsOfFile: path("leaderboard.csv"), encoding: .utf8)
    var rows = csv.split(separator: "\n").map(String.init)
    #expect(rows.count == 4 && rows.contains { $0.contains(",'=first,clip-mini,") })
    // Equal runs of the same data set share a board and a rank.
    #expect(
      rows.filter { $0.contains(",datasets/a,") }.allSatisfy {
        $0.contains(",1,second,") || $0.contains(",1,'=first,")
      })
    let page = try String(contentsOfFile: path("leaderboard.html"), encoding: .utf8)
    #expect(page.contains("href=\"outbox/second/report.html\""))

    try FileManager.default.removeItem(atPath: path("outbox/second"))
    let again = try Program.run(
      "leaderboard", "--spool", spool.path, "--suite", "evaluator", "--dataset", "datasets/a/", "--out",
      path("www"))
    #expect(again.output.contains("1 rows in 1 tables, 1 runs not ranked"), "\(again.output)\(again.errors)")
    csv = try String(contentsOfFile: path("www/leaderboard.csv"), encoding: .utf8)
    rows = csv.split(separator: "\n").map(String.init)
    #expect(rows.count == 2)
    #expect(
      try String(contentsOfFile: path("www/leaderboard.html"), encoding: .utf8).contains("its folder is gone")
    )
    #expect(try FileManager.default.contentsOfDirectory(atPath: path("www")).count == 2)

    #expect(try Program.run("leaderboard", "--spool", path("www")).status == 69)
    #expect(try Program.run("leaderboard", "--suite", "x", "--spool", spool.path).status == 64)
    #expect(try Program.run("leaderboard", "--help").output.contains("EXAMPLE"))
  }
}
