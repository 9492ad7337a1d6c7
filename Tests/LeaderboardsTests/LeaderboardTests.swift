import Foundation
import Jobs
import Testing

@testable import Leaderboards

@Suite struct LeaderboardTests {
  // MARK: Samples

  private static func job(_ text: String) throws -> BenchmarkRequest {
    guard case .benchmark(let job) = try JobRequest(reading: Data(text.utf8)).work else {
      throw CocoaError(.featureUnsupported)
    }
    return job
  }

  private func evaluator(
    _ name: String, right: Int, of n: Int = 10, dataset: String = "datasets/test", items: String = "i",
    model: String = "m", category: String = "physics"
  ) throws -> BenchmarkRun {
    let accuracy = EvaluatorBenchmarkResult.Accuracy(
      correct: right, n: n, accuracy: Double(right) / Double(n), low: 0.1, high: 0.9, meanMargin: -1.5)
    let result = EvaluatorBenchmarkResult(
      model: model, dataset: dataset, overall: accuracy, categories: [category: accuracy], laws: [:],
      orientations: ["subject": accuracy], groups: [:], mistakes: [])
    return BenchmarkRun(
      name: name, finished: .distantPast, result: .evaluator(result),
      job: try Self.job(#"{"kind": "benchmark", "suite": "evaluator", "model": "m", "dataset": "d"}"#),
      items: items)
  }

  private static func setup(seed: Int? = 1, prompts: String = "p", state: String = "s")
    -> GeneratorBenchmarkResult
    .Setup
  {
    .init(
      tuples: 4, prompts: prompts, wording: 0, imagesPerPrompt: seed.map { _ in 2 }, seed: seed,
      height: seed.map { _ in 64 }, width: seed.map { _ in 64 }, reward: "r", rewardState: state)
  }

  private func pictures(
    _ name: String, mean: Double, _ setup: GeneratorBenchmarkResult.Setup = setup(),
    missing: [GeneratorBenchmarkRequest.Tier: Int]? = nil
  ) throws -> BenchmarkRun {
    let summary = GeneratorBenchmarkResult.TierSummary(
      overall: .init(mean: mean, standardError: 0.5, n: 4), categories: [:], laws: [:], orientations: [:])
    let result = GeneratorBenchmarkResult(
      model: "m", setup: setup, tiers: [.implicit: summary], normalisedDifference: nil, comparison: nil,
      missing: missing)
    let isDrawn = setup.seed != nil
    let text =
      isDrawn
      ? #"{"kind": "benchmark", "suite": "generator", "model": "flux", "adapter": {"name": "sft", "scale": 0.5}, "dataset": "d", "reward": {"model": "r"}}"#
      : #"{"kind": "benchmark", "suite": "images", "model": "m", "folder": "f", "dataset": "d", "reward": {"model": "r"}}"#
    return BenchmarkRun(
      name: name, finished: .distantPast, result: isDrawn ? .generator(result) : .images(result),
      job: try Self.job(text), items: "")
  }

  // MARK: What shares a board

  @Test func ranksEqualConditionsBestFirst() throws {
    let board = Leaderboard([
      try evaluator("b", right: 3), try evaluator("a", right: 9), try evaluator("c", right: 9),
      try evaluator("d", right: 1),
    ])
    let entries = try #require(board.boards.first).entries
    #expect(board.boards.count == 1 && entries.map(\.job) == ["a", "c", "b", "d"])
    #expect(entries.map(\.rank) == [1, 1, 3, 4])
  }

  @Test func neverMixesWhatCannotBeCompared() throws {
    let board = Leaderboard([
      try evaluator("a", right: 3), try evaluator("b", right: 4, dataset: "datasets/other"),
      try evaluator("c", right: 5, items: "others"), try evaluator("d", right: 6, of: 9),
      try pictures("e", mean: 20), try pictures("f", mean: 21, Self.setup(seed: 2)),
      try pictures("g", mean: 22, Self.setup(prompts: "q")),
      try pictures("h", mean: 23, Self.setup(state: "t")),
      // A slash at the end is no other data set.
      try evaluator("i", right: 7, dataset: "datasets/test/"),
    ])
    #expect(
      board.boards.map { $0.entries.map(\.job) } == [
        ["i", "a"], ["b"], ["c"], ["d"], ["e"], ["f"], ["g"], ["h"],
      ])
  }

  @Test func picturesMadeElsewhereStandBesideAllThatMeasuredTheSame() throws {
    let board = Leaderboard([
      try pictures("elsewhere", mean: 30, Self.setup(seed: nil)), try pictures("one", mean: 20),
      try pictures("two", mean: 40, Self.setup(seed: 2)),
      try pictures("alone", mean: 1, Self.setup(seed: nil, prompts: "q")),
    ])
    #expect(
      board.boards.map { $0.entries.map(\.job) } == [["elsewhere", "one"], ["two", "elsewhere"], ["alone"]])
    #expect(board.boards[0].entries[1].model == "flux + sft × 0.5")
    #expect(board.boards[0].suite == "generator and images")
  }

  @Test func picturesThatAreMissingAreToldAndNotRanked() throws {
    let board = Leaderboard(
      [
        try pictures("part", mean: 30, Self.setup(seed: nil), missing: [.implicit: 2]),
        try pictures("one", mean: 20),
      ], unreadable: [.init(job: "gone", reason: "its folder is gone")])
    #expect(board.boards.map { $0.entries.map(\.job) } == [["one"]])
    #expect(board.unranked.map(\.job) == ["gone", "part"])
    #expect(board.unranked[1].reason == "2 tuples have no implicit picture")
    let html = board.html(reports: nil)
    #expect(html.contains("its folder is gone") && html.contains("2 tuples have no implicit picture"))
  }

  // MARK: Files

  @Test func theCSVQuotesAndDisarmsTexts() throws {
    let csv = Leaderboard([
      try evaluator("=cmd|' /C calc'!A0", right: 3, model: "a,\"b\"\r\nc"),
      try evaluator("@x", right: 2, model: "-1+1"),
    ]).csv
    let lines = csv.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      csv.hasSuffix("\n")
        && lines[0].hasPrefix("board,suite,dataset,conditions,rank,job,model,settings,finished_at,accuracy,"))
    #expect(csv.contains(",1,'=cmd|' /C calc'!A0,\"a,\"\"b\"\"\r\nc\",") && csv.contains(",2,'@x,'-1+1,"))
    let head = lines[0].split(separator: ",")
    #expect(
      head.contains("accuracy_95_from") && head.contains("accuracy_physics") && Set(head).count == head.count)
    // A number below zero stays a number.
    #expect(csv.contains(",-1.5,"))
  }

  @Test func measuresOfDifferentSuitesHaveDifferentColumns() throws {
    let csv = Leaderboard([try evaluator("a", right: 3), try pictures("b", mean: 20)]).csv
    // A quoted text may hold commas.
    let rows = csv.replacing(/"[^"]*"/, with: "text").split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(Set(rows[0]).count == rows[0].count && rows.allSatisfy { $0.count == rows[0].count })
    let place = try #require(rows[0].firstIndex(of: "implicit"))
    #expect(rows[1][place].isEmpty && rows[2][place] == "20.0")
  }

  @Test func thePageEscapesItsTextsAndLinksReports() throws {
    let html = Leaderboard([
      try evaluator("a/<b>\"", right: 3, model: "<script>alert(1)</script>", category: "accuracy")
    ])
    .html(reports: "outbox")
    #expect(!html.contains("<script>alert") && html.contains("&lt;script&gt;alert(1)"))
    #expect(html.contains("href=\"outbox/a%2F%3Cb%3E%22/report.html\""))
    #expect(html.contains("aria-sort=\"descending\"") && html.contains("data-value=\"0.3\""))
    #expect(!html.contains("http:") && !html.contains("https:"))
    #expect(Leaderboard([]).html(reports: nil).contains("no finished benchmark"))
  }

  // MARK: Reading

  private func folder(_ files: [String: String]) throws -> URL {
    let url = FileManager.default.temporaryDirectory.appending(path: "run-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    for (name, text) in files { try Data(text.utf8).write(to: url.appending(path: name)) }
    return url
  }

  @Test func saysWhatIsWrongWithAFolder() throws {
    let result = JobResult(
      id: "1", name: "n", attempt: 1, started: .distantPast, finished: .distantPast,
      outcome: .benchmark(try evaluator("n", right: 3).result),
      timings: JobTimings(total: 1, stages: [:], models: []), version: "1")
    let text = String(decoding: try JobJSON.file(result), as: UTF8.self)
    let job = #"{"kind": "benchmark", "suite": "evaluator", "model": "m", "dataset": "d"}"#
    let row =
      #"{"row":1,"category":"c","law":"l","prompt":"p","explicit_image":"a","superficial_image":"b","explicit_score":1,"superficial_score":0}"#
    func reason(_ files: [String: String], id: String = "1") throws -> String? {
      let place = try folder(files)
      defer { try? FileManager.default.removeItem(at: place) }
      do throws(BenchmarkRun.Problem) {
        _ = try BenchmarkRun(name: "n", id: id, folder: place)
        return nil
      } catch { return error.reason }
    }
    let whole = ["result.json": text, "job.json": job, "scores.jsonl": row + "\n"]
    #expect(try reason(whole) == nil)
    #expect(try reason(whole, id: "2") == "its folder is gone; another job's has taken its name")
    #expect(try reason(whole.merging(["scores.jsonl": "{"]) { $1 }) == "its scores.jsonl cannot be read")
    #expect(try reason(whole.merging(["job.json": "{}"]) { $1 }) == "its job.json cannot be read")
    #expect(try reason(["job.json": job]) == "its result.json cannot be read")
    let gone = URL(filePath: "/nonexistent-\(UUID().uuidString)")
    let problem = try #require(throws: BenchmarkRun.Problem.self) {
      try BenchmarkRun(name: "n", id: "1", folder: gone)
    }
    #expect(problem.reason == "its folder is gone")
  }

  @Test func otherRowsAreOtherItems() throws {
    let result = JobResult(
      id: "1", name: "n", attempt: 1, started: .distantPast, finished: .distantPast,
      outcome: .benchmark(try evaluator("n", right: 3).result),
      timings: JobTimings(total: 1, stages: [:], models: []), version: "1")
    let job = #"{"kind": "benchmark", "suite": "evaluator", "model": "m", "dataset": "d"}"#
    func items(_ prompt: String, score: Double) throws -> String {
      let row =
        #"{"row":1,"category":"c","law":"l","prompt":"\#(prompt)","explicit_image":"a","superficial_image":"b","explicit_score":\#(score),"superficial_score":0}"#
      let place = try folder([
        "result.json": String(decoding: try JobJSON.file(result), as: UTF8.self), "job.json": job,
        "scores.jsonl": row,
      ])
      defer { try? FileManager.default.removeItem(at: place) }
      return try BenchmarkRun(name: "n", id: "1", folder: place).items
    }
    #expect(try items("p", score: 1) == items("p", score: 2))
    #expect(try items("p", score: 1) != items("q", score: 1))
  }
}
