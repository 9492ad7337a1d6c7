import Foundation
import Testing

@testable import Jobs

@Suite struct JudgeRequestTests {
  private func request(_ text: String) throws -> BenchmarkRequest {
    guard case .benchmark(let request) = try JobRequest(reading: Data(text.utf8)).work else {
      throw CocoaError(.featureUnsupported)
    }
    return request
  }

  private static let shared = """
    "model": "j", "endpoint": "https://h.example:8443/v1", "api_key_env": "MY_API_KEY", "max_concurrency": 9,
    "timeout_seconds": 33.5, "max_retries": 0, "requests_per_minute": 0.5, "temperature": 0.7, "max_tokens": 77,
    "price_per_million_input_tokens": 1.5, "price_per_million_output_tokens": 6, "limit": 5
    """

  private func check(_ judge: JudgeEndpointRequest) {
    #expect(
      judge.model == "j" && judge.endpoint == "https://h.example:8443/v1" && judge.keyVariable == "MY_API_KEY"
    )
    #expect(judge.maxConcurrency == 9 && judge.timeoutSeconds == 33.5 && judge.maxRetries == 0)
    #expect(judge.requestsPerMinute == 0.5 && judge.temperature == 0.7 && judge.maxTokens == 77)
    #expect(judge.pricePerMillionInputTokens == 1.5 && judge.pricePerMillionOutputTokens == 6)
  }

  @Test func readsEveryFieldAndIsAJobAgain() throws {
    let jobs = [
      "{\"kind\": \"benchmark\", \"suite\": \"judge\", \"folder\": \"f\", \(Self.shared)}",
      """
      {"kind": "benchmark", "suite": "pairwise", "dataset": "d", "chain_of_thought": true, "mode": "read_batch",
       "batch_answers": "b", \(Self.shared)}
      """,
    ]
    for job in jobs {
      let read = try request(job)
      switch read {
      case .judge(let judge):
        check(judge.judge)
        #expect(judge.folder == "f" && judge.limit == 5 && judge.judge.mode == .online)
      case .pairwise(let pairwise):
        check(pairwise.judge)
        #expect(pairwise.dataset == "d" && pairwise.chainOfThought && pairwise.limit == 5)
        #expect(pairwise.judge.mode == .readBatch && pairwise.judge.batchAnswers == "b")
      default: Issue.record("\(read)")
      }
      let file = try JobJSON.file(ResolvedJob(options: JobOptions(), work: .benchmark(read)))
      #expect(try request(String(decoding: file, as: UTF8.self)) == read)
    }
  }

  @Test(arguments: [#""suite": "judge", "folder": "f""#, #""suite": "pairwise", "dataset": "d""#])
  func theDefaultsAreThoseOfTheSchema(suite: String) throws {
    let read = try request(#"{"kind": "benchmark", "model": "m", "endpoint": "http://h", \#(suite)}"#)
    let file = try JobJSON.file(ResolvedJob(options: JobOptions(), work: .benchmark(read)))
    let job = try #require(JSONSerialization.jsonObject(with: file) as? [String: Any])
    let properties = try #require(
      try SchemaTests.schema(.benchmark)["properties"] as? [String: [String: Any]])
    let names = ["max_concurrency", "timeout_seconds", "max_retries", "temperature", "max_tokens", "mode"]
    for name in names + (suite.contains("pairwise") ? ["chain_of_thought"] : []) {
      let expected = try #require(properties[name]?["default"] as? NSObject, "\(name)")
      #expect((job[name] as? NSObject)?.isEqual(expected) == true, "\(name)")
    }
  }

  @Test(arguments: [
    (#""suite": "judge", "model": "m", "folder": "f""#, "missing_field endpoint"),
    (#""suite": "judge", "model": "m", "endpoint": "http://h""#, "missing_field folder"),
    (#""suite": "judge", "folder": "f", "endpoint": "http://h""#, "missing_field model"),
    (#""suite": "pairwise", "model": "m", "endpoint": "http://h""#, "missing_field dataset"),
    (#""suite": "judge", "dataset": "d""#, "conflict dataset"),
    (#""suite": "judge", "chain_of_thought": true"#, "conflict chain_of_thought"),
    (#""suite": "evaluator", "endpoint": "http://h""#, "conflict endpoint"),
    (#""suite": "generator", "endpoint": "http://h""#, "conflict endpoint"),
    (#""suite": "judge", "endpoint": "h:8080""#, "out_of_range endpoint"),
    (#""suite": "judge", "endpoint": "ftp://h""#, "out_of_range endpoint"),
    (#""suite": "judge", "endpoint": "https://me:pass@h/v1""#, "out_of_range endpoint"),
    (#""suite": "judge", "endpoint": "https://h/v1?key=1""#, "out_of_range endpoint"),
    (#""suite": "judge", "api_key_env": "PATH""#, "out_of_range api_key_env"),
    (#""suite": "judge", "api_key_env": "sk-live-0123456789""#, "out_of_range api_key_env"),
    (#""suite": "judge", "api_key_env": "A_API_KEY", "credential": "c""#, "conflict credential"),
    (
      #""suite": "judge", "price_per_million_input_tokens": 1"#,
      "missing_field price_per_million_output_tokens"
    ),
    (#""suite": "judge", "mode": "read_batch""#, "missing_field batch_answers"),
    (#""suite": "judge", "mode": "write_batch", "batch_answers": "b""#, "conflict batch_answers"),
    (#""suite": "judge", "mode": "batch""#, "out_of_range mode"),
    (#""suite": "judge", "api_key": "sk-0""#, "unknown_field api_key"),
  ])
  func namesFieldAndFault(fields: String, fault: String) {
    let found = problems(in: "{\"kind\": \"benchmark\", \(fields)}").map {
      "\($0.code.rawValue) \($0.field ?? "")"
    }
    #expect(found.contains(fault), "\(found)")
  }

  @Test func aMessageDoesNotRepeatWhatMayBeASecret() {
    let fields =
      #""suite": "judge", "endpoint": "https://me:hunter2222@h/v1", "api_key_env": "sk-live-0123456789""#
    let found = problems(in: "{\"kind\": \"benchmark\", \(fields)}")
    #expect(found.count >= 2)
    for problem in found {
      #expect(!"\(problem) \(problem.hint ?? "")".contains("hunter2222"), "\(problem)")
      #expect(!"\(problem) \(problem.hint ?? "")".contains("0123456789"), "\(problem)")
    }
  }

  @Test func aBatchNeedsNoEndpoint() throws {
    guard
      case .judge(let read) = try request(
        #"{"kind": "benchmark", "suite": "judge", "model": "m", "folder": "f", "mode": "write_batch"}"#)
    else { throw CocoaError(.featureUnsupported) }
    #expect(read.judge.endpoint == nil && read.judge.mode == .writeBatch)
  }
}
