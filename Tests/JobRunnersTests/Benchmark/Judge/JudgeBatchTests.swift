import Foundation
import Jobs
import LocalServer
import Testing

@testable import JobRunners

/// Questions by file instead of by network.
@Suite struct JudgeBatchTests {
  private let spool: JudgeSpool

  init() throws {
    spool = try JudgeSpool()
    try spool.writePictures([("apple", "biology", 1), ("ice", "physics", 2), ("rust", "chemistry", 3)])
  }

  private func write(_ output: String) throws -> JudgeBenchmarkResult {
    try spool.judged(JudgeSpool.job("judge", nil, #""mode": "write_batch""#), output: output)
  }

  private func read(_ answers: String, output: String = "read") throws -> JudgeBenchmarkResult {
    try spool.judged(
      JudgeSpool.job("judge", nil, #""mode": "read_batch", "batch_answers": "\#(answers)""#), output: output)
  }

  private func answer(_ id: String, _ reality: Int) -> String {
    let content = #"{\"scene score\": 1, \"reality score\": \#(reality)}"#
    let body = #"{"choices": [{"message": {"content": "\#(content)"}}], "usage": {"prompt_tokens": 9}}"#
    return
      #"{"id": "r", "custom_id": "\#(id)", "response": {"status_code": 200, "body": \#(body)}, "error": null}"#
      + "\n"
  }

  private func requests(_ output: String) throws -> [[String: Any]] {
    try spool.spool.read("\(output)/batch/requests-0001.jsonl").split(separator: UInt8(ascii: "\n")).map {
      try #require(JSONSerialization.jsonObject(with: Data($0)) as? [String: Any])
    }
  }

  @Test func requestsAreWrittenAndTheirAnswersRead() throws {
    let written = try write("written")
    #expect(written.usage.written == 3 && written.usage.unanswered == 3 && written.overall == nil)
    let requests = try requests("written")
    let ids = try requests.map { try #require($0["custom_id"] as? String) }
    #expect(requests.count == 3 && Set(ids).count == 3)
    // What is written is what would be sent.
    let server = try LocalServer { _ in .status(400) }
    defer { server.stop() }
    _ = try? spool.judged(JudgeSpool.job("judge", server.base, #""max_concurrency": 1"#), output: "online")
    for (request, sent) in zip(requests, server.received) {
      let body = try #require(JSONSerialization.jsonObject(with: sent.body) as? NSDictionary)
      #expect((request["body"] as? NSDictionary) == body)
    }
    #expect(server.received.count == 3)
    // Answers in another order, one missing, one failed, one of somebody else.
    let failed = #"{"custom_id": "\#(ids[1])", "response": {"status_code": 429, "body": {}}}"# + "\n"
    try spool.spool.write(Data((answer(ids[2], 3) + failed).utf8), to: "answers/2.jsonl")
    try spool.spool.write(Data((answer("other", 1) + answer(ids[0], 0)).utf8), to: "answers/1.jsonl")
    let result = try read("answers")
    #expect(result.usage.batch == 2 && result.usage.unanswered == 1 && result.usage.promptTokens == 18)
    #expect(result.overall?.score == 0.5 && result.overall?.prompts == 2)
    // The rest is asked, or written, later.
    let rest = try write("rest")
    #expect(rest.usage.cached == 2 && rest.usage.written == 1)
    #expect(try self.requests("rest").map { $0["custom_id"] as? String } == [ids[1]])
  }

  @Test func theRepliesOfAJobCanBeReadAgainWithoutTheCache() throws {
    let server = try LocalServer { .grades(scene: 1, reality: Double($0.pictures[0])) }
    let online = try spool.judged(JudgeSpool.job("judge", server.base))
    server.stop()
    try FileManager.default.removeItem(atPath: spool.spool.path("cache"))
    let again = try read("output/replies.jsonl")
    #expect(again.usage.batch == 3 && again.overall == online.overall)
    #expect(try spool.spool.read("read/scores.jsonl") == spool.spool.read("output/scores.jsonl"))
    #expect(try spool.spool.read("read/replies.jsonl") == spool.spool.read("output/replies.jsonl"))
  }

  @Test func faultyAnswerFilesAreNamedWithTheirLine() throws {
    try spool.spool.write(Data((answer("a", 1) + "\n{broken\n").utf8), to: "answers.jsonl")
    let job = JudgeSpool.job("judge", nil, #""mode": "read_batch", "batch_answers": "answers.jsonl""#)
    let failure = try spool.failure(job)
    #expect(
      failure.field == "batch_answers" && failure.message.contains("answers.jsonl, line 3"), "\(failure)")
    try FileManager.default.createDirectory(
      atPath: spool.spool.path("empty"), withIntermediateDirectories: true)
    #expect(try spool.failure(job.replacing("answers.jsonl", with: "empty")).code == .empty)
    #expect(try spool.failure(job.replacing("answers.jsonl", with: "none")).code == .missingInput)
  }
}
