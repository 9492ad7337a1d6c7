import Foundation
import Jobs
import LocalServer
import Testing

@testable import JobRunners

@Suite struct JudgeBenchmarkTests {
  private let spool: JudgeSpool
  private static let tolerance = 1e-12  // sums of a few doubles

  init() throws {
    spool = try JudgeSpool()
    try spool.writePictures([
      ("apple", "biology", 1), ("apple", "biology", 2), ("ice", "physics", 3), ("ice", "physics", 4),
      ("rust", "chemistry", 5), ("rust", "chemistry", 6),
    ])
  }

  /// Grades by the picture's number: 1 → 1, 2 → 2, 3 → 3, 4 → contradiction, 5 → prose, 6 → refused.
  private func server() throws -> LocalServer {
    try LocalServer { request in
      switch request.pictures {
      case [4]: .grades(scene: 0, reality: 3)
      case [5]: .says("I would rather not say.")
      case [6]: .status(400, message: "picture too small")
      case let numbers where numbers.count == 1: .grades(scene: 1, reality: Double(numbers[0]))
      default: .status(500)
      }
    }
  }

  private func rows(_ output: String = "output") throws -> [JudgeBenchmarkResult.Row] {
    try spool.spool.read("\(output)/scores.jsonl").split(separator: UInt8(ascii: "\n")).map {
      try JobJSON.value(JudgeBenchmarkResult.Row.self, from: Data($0))
    }
  }

  @Test func meansAreOverPromptsAndLeaveOutWhatHasNoScore() throws {
    let server = try server()
    defer { server.stop() }
    let prices = #""price_per_million_input_tokens": 2, "price_per_million_output_tokens": 10"#
    let result = try spool.judged(JudgeSpool.job("judge", server.base, prices))
    // apple: (1 + 2)/2/3 = 1/2; ice: (3 + 0)/2/3 = 1/2; rust has no score.
    let overall = try #require(result.overall)
    #expect(abs(overall.score - 0.5) < Self.tolerance && overall.prompts == 2 && overall.images == 4)
    #expect(abs((overall.standardError ?? 1) - 0) < Self.tolerance)
    #expect(abs((overall.scene ?? 0) - 0.75) < Self.tolerance)
    #expect(Set(result.categories.keys) == ["biology", "physics"] && result.laws["law physics"]?.images == 2)
    #expect(result.categories["biology"]?.standardError == nil && result.contradictions == 1)
    let usage = result.usage
    #expect(usage.questions == 6 && usage.asked == 5 && usage.cached == 0)
    #expect(usage.unparsable == 1 && usage.unanswered == 1 && usage.retries == 0)
    #expect(usage.promptTokens == 500 && usage.completionTokens == 50)
    #expect(abs((usage.cost ?? 0) - 0.0015) < Self.tolerance)
    let rows = try rows()
    #expect(rows.map(\.reality) == [1, 2, 3, 0, nil, nil] && rows.map(\.scene) == [1, 1, 1, 0, nil, nil])
    #expect(rows[4].problem?.contains("no JSON object") == true)
    #expect(
      rows[5].problem?.contains("picture too small") == true && rows[5].problem?.contains("400") == true)
    #expect(rows.map(\.prompt) == ["apple", "apple", "ice", "ice", "rust", "rust"])
    let replies = String(decoding: try spool.spool.read("output/replies.jsonl"), as: UTF8.self)
    #expect(replies.contains("I would rather not say.") && replies.contains("picture too small"))
    #expect(replies.split(separator: "\n").count == 6)
    let page = String(decoding: try spool.spool.read("output/report.html"), as: UTF8.self)
    #expect(page.contains("unparsable answers") && page.contains("<svg"))
    #expect(page.contains("\"note\":\"scene 1.00 · 2.png\"") && page.contains("\"score\":3"))
    #expect(page.contains("\"verdict\":\"contradiction\"") && page.contains("picture too small"))
    #expect(page.components(separatedBy: "src=\"data:image/png").count == 1 + 6)
    #expect(
      server.received.allSatisfy { $0.text.contains("points of") && $0.headers["authorization"] == nil })
  }

  @Test func theDigestIsOfPromptsAndRubricsWhateverThePictures() throws {
    func digest(_ rows: [(String, String, Int)], _ output: String) throws -> String {
      try spool.writePictures(rows.map { (prompt: $0.0, category: $0.1, picture: $0.2) })
      let job = JudgeSpool.job("judge", nil, #""mode": "write_batch""#)
      return try #require(try spool.judged(job, output: output).prompts)
    }
    let first = try digest([("apple", "biology", 1), ("ice", "physics", 2)], "a")
    #expect(
      try digest([("ice", "physics", 7), ("apple", "biology", 8), ("ice", "physics", 9)], "b") == first)
    #expect(try digest([("apple", "biology", 1), ("rust", "chemistry", 2)], "c") != first)
  }

  @Test func nothingIsAskedTwiceAndAnEqualJobGivesEqualFiles() throws {
    let server = try server()
    defer { server.stop() }
    let job = JudgeSpool.job("judge", server.base)
    let first = try spool.judged(job)
    let asked = server.received.count
    let second = try spool.judged(job, output: "again")
    // Only the question that had no answer is asked again.
    #expect(server.received.count == asked + 1 && second.usage.cached == 5 && second.usage.asked == 0)
    #expect(second.overall == first.overall && second.usage.unparsable == 1)
    for file in ["scores.jsonl", "replies.jsonl"] {
      #expect(try spool.spool.read("again/\(file)") == spool.spool.read("output/\(file)"), "\(file)")
    }
    // Without a server, too, as long as there is an answer to everything that is asked for.
    server.stop()
    let offline = try spool.judged(JudgeSpool.job("judge", server.base, #""limit": 5"#), output: "offline")
    #expect(offline.usage.cached == 5 && offline.usage.unanswered == 0 && offline.overall == first.overall)
    // Another model, temperature or length of answers is another question.
    let other = JudgeSpool.job(
      "judge", "http://127.0.0.1:1/v1", #""limit": 5, "max_retries": 0, "max_tokens": 99"#)
    #expect(try spool.failure(other).code == .busy)
  }

  @Test func equalPicturesOfOnePromptAreAskedOnce() throws {
    try spool.writePictures([("apple", "b", 1), ("apple", "b", 1), ("pear", "b", 1)])
    let server = try server()
    defer { server.stop() }
    let result = try spool.judged(JudgeSpool.job("judge", server.base))
    #expect(result.usage.questions == 2 && server.received.count == 2 && result.overall?.images == 3)
  }

  @Test func aRefusedKeyEndsTheJobAtOnceWithHostAndHint() throws {
    let server = try LocalServer { _ in .status(401, message: "no such key") }
    defer { server.stop() }
    let failure = try spool.failure(JudgeSpool.job("judge", server.base, #""max_concurrency": 1"#))
    #expect(failure.code == .badInput && failure.field == "api_key_env" && server.received.count == 1)
    #expect(
      failure.message.contains("127.0.0.1:\(server.port)") && failure.message.contains("401"), "\(failure)")
    #expect(failure.hint?.contains("api_key_env") == true)
  }

  @Test func aBrokenServerIsForTheDaemonToTryAgainAndKeepsWhatThereIs() throws {
    try spool.writePictures((0..<40).map { ("prompt \($0)", "c", $0) })
    let server = try LocalServer { request in
      request.number < 3 ? .grades(scene: 1, reality: 3) : .status(500, message: "out of memory")
    }
    let fields = #""max_concurrency": 1, "max_retries": 0"#
    let failure = try spool.failure(JudgeSpool.job("judge", server.base, fields))
    #expect(failure.code == .busy && failure.disposition == .retry, "\(failure)")
    // Three answers, and then as many failures as patience lasts.
    #expect(server.received.count == 3 + 8)
    server.stop()
    let well = try LocalServer { _ in .grades(scene: 1, reality: 3) }
    defer { well.stop() }
    let result = try spool.judged(JudgeSpool.job("judge", well.base, fields))
    #expect(result.usage.cached == 3 && result.usage.asked == 37 && well.received.count == 37)
  }

  @Test func aCancellationEndsTheJobSoon() throws {
    let server = try LocalServer { _ in .silence(seconds: 60) }
    defer { server.stop() }
    let end = ContinuousClock.now + .milliseconds(300)
    let failure = try #require(throws: JobFailure.self) {
      try spool.run(JudgeSpool.job("judge", server.base)) { ContinuousClock.now > end }
    }
    #expect(failure.code == .cancelled)
    // Far below the 60 s that the server would take.
    #expect(ContinuousClock.now - end < .seconds(20))
  }

  @Test func faultyRowsAreNamedBeforeAnythingIsAsked() throws {
    let rows = """
      {"file_name": "0.png", "prompt": "p", "scene_scoring": "s"}
      {"file_name": "none.png", "prompt": "p", "scene_scoring": "s", "real_scoring": "r"}
      {"file_name": "../output", "prompt": 3, "scene_scoring": [], "real_scoring": "r"}
      {"file_name": "metadata.jsonl", "prompt": "p", "scene_scoring": "s", "real_scoring": "r"}
      """
    try spool.spool.write(Data(rows.utf8), to: "pictures/metadata.jsonl")
    let server = try server()
    defer { server.stop() }
    let failure = try spool.failure(JudgeSpool.job("judge", server.base))
    #expect(failure.field == "folder" && failure.message.contains("4 of 4 rows"), "\(failure)")
    let faults = failure.problems.map { "\($0.line ?? 0) \($0.field ?? "")" }
    for expected in [
      "1 real_scoring", "2 file_name", "3 prompt", "3 scene_scoring", "3 file_name", "4 file_name",
    ] {
      #expect(faults.contains(expected), "\(expected) in \(faults)")
    }
    #expect(server.received.isEmpty)
  }
}
