import Foundation
import Testing

@testable import Jobs

@Suite struct BenchmarkRequestTests {
  private func request(_ text: String) throws -> BenchmarkRequest {
    guard case .benchmark(let request) = try JobRequest(reading: Data(text.utf8)).work else {
      throw CocoaError(.featureUnsupported)
    }
    return request
  }

  @Test func readsEveryFieldOfAnEvaluator() throws {
    let read = try request(
      #"{"kind": "benchmark", "suite": "evaluator", "model": "m", "dataset": "d", "group_by": ["subject", "x"]}"#
    )
    guard case .evaluator(let evaluator) = read else {
      Issue.record("\(read)")
      return
    }
    #expect(evaluator.model == "m" && evaluator.dataset == "d" && evaluator.groupBy == ["subject", "x"])
  }

  @Test func theResolvedJobSpellsOutTheDefaultsOfTheSchemaAndIsAJobAgain() throws {
    let read = try request(#"{"kind": "benchmark", "suite": "evaluator", "model": "m", "dataset": "d"}"#)
    let file = try JobJSON.file(ResolvedJob(options: JobOptions(), work: .benchmark(read)))
    #expect(try request(String(decoding: file, as: UTF8.self)) == read)
    let job = try #require(JSONSerialization.jsonObject(with: file) as? [String: Any])
    let properties = try #require(
      try SchemaTests.schema(.benchmark)["properties"] as? [String: [String: Any]])
    let expected = try #require(properties["group_by"]?["default"] as? NSObject)
    #expect((job["group_by"] as? NSObject)?.isEqual(expected) == true)
  }

  @Test(arguments: [
    (#""model": "m", "dataset": "d""#, "missing_field suite"),
    (#""suite": "evaluators", "model": "m", "dataset": "d""#, "out_of_range suite"),
    (#""suite": "evaluator", "dataset": "d""#, "missing_field model"),
    (#""suite": "evaluator", "model": "m""#, "missing_field dataset"),
    (#""suite": "evaluator", "model": "m", "dataset": "d", "group_by": ["a", "a"]"#, "conflict group_by"),
    (#""suite": "evaluator", "model": "m", "dataset": "d", "group-by": []"#, "unknown_field group-by"),
  ])
  func namesFieldAndFault(fields: String, fault: String) {
    let found = problems(in: "{\"kind\": \"benchmark\", \(fields)}").map {
      "\($0.code.rawValue) \($0.field ?? "")"
    }
    #expect(found.contains(fault), "\(found)")
  }
}
