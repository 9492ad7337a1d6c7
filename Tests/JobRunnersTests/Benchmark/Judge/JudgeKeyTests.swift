import Foundation
import Jobs
import LocalServer
import Testing

@testable import JobRunners

/// Where keys come from, and that they go nowhere but into the request.
@Suite struct JudgeKeyTests {
  private let spool: JudgeSpool
  private static let secret = "sk-test-secret/0123456789"

  init() throws {
    spool = try JudgeSpool()
    try spool.writePictures([("apple", "biology", 1), ("ice", "physics", 2)])
  }

  private func expectNoTrace(_ text: String = "") {
    #expect(spool.files(holding: "sk-test-secret").isEmpty, "\(spool.files(holding: "sk-test-secret"))")
    #expect(spool.files(holding: "0123456789").isEmpty)
    #expect(!spool.log.contains("sk-test-secret") && !text.contains("sk-test-secret"))
  }

  @Test func theKeyIsInNoFileLogOrResult() throws {
    // A server that repeats the key wherever it can.
    let server = try LocalServer { request in
      let key = request.headers["authorization"] ?? ""
      return request.pictures == [1]
        ? .says("\(key) {\"description\": \"\(key)\", \"scene score\": 1, \"reality score\": 3}")
        : .status(400, message: "what is \(key)?")
    }
    defer { server.stop() }
    let job = JudgeSpool.job("judge", server.base, #""api_key_env": "TEST_API_KEY""#)
    let result = try spool.run(job, environment: ["TEST_API_KEY": Self.secret + "\n"])
    #expect(server.received.allSatisfy { $0.headers["authorization"] == "Bearer \(Self.secret)" })
    #expect(!spool.files(holding: "[key]").isEmpty)
    expectNoTrace(String(decoding: try JobJSON.file(result), as: UTF8.self))
    #expect(spool.log.contains("TEST_API_KEY"))
  }

  @Test func theKeyIsInNoFailure() throws {
    let server = try LocalServer { .status(401, message: "bad key \($0.headers["authorization"] ?? "")") }
    defer { server.stop() }
    let job = JudgeSpool.job("judge", server.base, #""api_key_env": "TEST_API_KEY""#)
    let failure = try spool.failure(job, environment: ["TEST_API_KEY": Self.secret])
    #expect(failure.message.contains("[key]"), "\(failure)")
    expectNoTrace("\(failure) \(String(decoding: try JobJSON.file(failure), as: UTF8.self))")
  }

  @Test func theKeyComesFromACredential() throws {
    let server = try LocalServer { _ in .grades(scene: 1, reality: 3) }
    defer { server.stop() }
    let elsewhere = try JudgeSpool()
    try elsewhere.spool.write(Data("\(Self.secret)\n".utf8), to: "openai")
    let environment = ["CREDENTIALS_DIRECTORY": elsewhere.spool.root, "OPENAI_API_KEY": "sk-another-0123"]
    let job = JudgeSpool.job("judge", server.base, #""credential": "openai""#)
    _ = try spool.judged(job, environment: environment)
    #expect(server.received.allSatisfy { $0.headers["authorization"] == "Bearer \(Self.secret)" })
    expectNoTrace()
    let missing = try spool.failure(job, environment: [:])
    #expect(
      missing.code == .missingInput && missing.field == "credential"
        && missing.hint?.contains("LoadCredential") == true)
    let other = JudgeSpool.job("judge", server.base, #""credential": "anthropic""#)
    #expect(try spool.failure(other, environment: environment).code == .missingInput)
    let outside = JudgeSpool.job("judge", server.base, #""credential": "\#(elsewhere.spool.root)/openai""#)
    #expect(try spool.failure(outside, environment: environment).code == .outsideSpool)
  }

  @Test func aKeyInTheJobsFolderIsRefused() throws {
    try spool.spool.write(Data(Self.secret.utf8), to: "inbox/a.job/key")
    try spool.spool.write(Data(Self.secret.utf8), to: "keys/key")
    let server = try LocalServer { _ in .grades(scene: 1, reality: 3) }
    defer { server.stop() }
    func order(_ credential: String) -> WorkOrder {
      var order = spool.spool.order(JudgeSpool.job("judge", server.base, #""credential": "\#(credential)""#))
      order.folders.job = spool.spool.path("inbox/a.job")
      return order
    }
    let runner = JobRunner(shelf: ModelShelf(budget: 1), version: "test", environment: [:])
    let failure = try #require(throws: JobFailure.self) { try runner.run(order("./key"), JobContext()) }
    #expect(failure.field == "credential" && failure.message.contains("job's folder"), "\(failure)")
    _ = try runner.run(order("keys/key"), JobContext())
    #expect(server.received.count == 2)
  }

  @Test func namesTheVariableThatIsNotSetAndTextsThatAreNoKeys() throws {
    let job = JudgeSpool.job("judge", "http://127.0.0.1:1/v1", #""api_key_env": "TEST_API_KEY""#)
    let missing = try spool.failure(job, environment: [:])
    #expect(
      missing.code == .missingInput && missing.field == "api_key_env"
        && missing.message.contains("TEST_API_KEY"))
    let short = try spool.failure(job, environment: ["TEST_API_KEY": "EMPTY"])
    #expect(
      short.code == .badInput && short.message.contains("fewer than 8") && !short.message.contains("EMPTY"))
  }

  @Test func aKeyThatTheJobDoesNotNameIsNotSentInTheClear() throws {
    let server = try LocalServer { _ in .grades(scene: 1, reality: 3) }
    defer { server.stop() }
    // 127.0.0.1 in another writing, which the program takes for another machine.
    let far = "http://2130706433:\(server.port)/v1"
    let environment = ["OPENAI_API_KEY": Self.secret]
    _ = try spool.judged(JudgeSpool.job("judge", far), environment: environment)
    #expect(server.received.count == 2 && server.received.allSatisfy { $0.headers["authorization"] == nil })
    let named = JudgeSpool.job("judge", far, #""api_key_env": "OPENAI_API_KEY", "max_tokens": 5"#)
    _ = try spool.judged(named, environment: environment)
    #expect(server.received.suffix(2).allSatisfy { $0.headers["authorization"] == "Bearer \(Self.secret)" })
    _ = try spool.judged(JudgeSpool.job("judge", server.base, #""max_tokens": 6"#), environment: environment)
    #expect(server.received.suffix(2).allSatisfy { $0.headers["authorization"] == "Bearer \(Self.secret)" })
  }
}
