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

  @Test func readsEveryFieldOfAGenerator() throws {
    let text = """
      {"kind": "benchmark", "suite": "generator", "model": "m", "adapter": {"name": "a", "scale": 0.5}, "dataset": "d",
       "reward": {"model": "r"}, "num_images_per_prompt": 3, "tiers": ["superficial", "implicit"], "wording": 4,
       "height": 64, "width": 32, "num_inference_steps": 7, "guidance_scale": 2, "max_sequence_length": 99, "seed": 11,
       "limit": 5, "baseline": "outbox/b", "oracle": "scenes"}
      """
    let read = try request(text)
    guard case .generator(let job) = read else {
      Issue.record("\(read)")
      return
    }
    #expect(job.adapter?.source == .name("a") && job.adapter?.scale == 0.5 && job.reward.model == "r")
    #expect(job.imagesPerPrompt == 3 && job.tiers == [.implicit, .superficial] && job.wording == 4)
    #expect(job.height == 64 && job.width == 32 && job.inferenceSteps == 7 && job.guidanceScale == 2)
    #expect(job.maxSequenceLength == 99 && job.seed == 11 && job.limit == 5)
    #expect(job.baseline == "outbox/b" && job.oracle == .scenes)
    let file = try JobJSON.file(ResolvedJob(options: JobOptions(), work: .benchmark(read)))
    #expect(try request(String(decoding: file, as: UTF8.self)) == read)
  }

  @Test func readsEveryFieldOfImages() throws {
    let text = """
      {"kind": "benchmark", "suite": "images", "model": "an API", "folder": "f", "dataset": "d", "wording": 1,
       "reward": {"model": "r"}, "baseline": "outbox/b", "oracle": "scenes", "strict": true}
      """
    let read = try request(text)
    guard case .images(let job) = read else {
      Issue.record("\(read)")
      return
    }
    #expect(job.model == "an API" && job.folder == "f" && job.dataset == "d" && job.reward.model == "r")
    #expect(job.wording == 1 && job.baseline == "outbox/b" && job.oracle == .scenes && job.isStrict)
    let file = try JobJSON.file(ResolvedJob(options: JobOptions(), work: .benchmark(read)))
    #expect(try request(String(decoding: file, as: UTF8.self)) == read)
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
    (#""suite": "evaluator", "model": "m", "dataset": "d", "tiers": ["implicit"]"#, "conflict tiers"),
    (#""suite": "generator", "model": "m", "dataset": "d""#, "missing_field reward"),
    (#""suite": "generator", "group_by": ["a"]"#, "conflict group_by"),
    (#""suite": "generator", "tiers": ["implicit", "implicit"]"#, "out_of_range tiers"),
    (#""suite": "generator", "tiers": ["extra"]"#, "out_of_range tiers"),
    (#""suite": "generator", "tiers": ["explicit"], "baseline": "outbox/b""#, "conflict baseline"),
    (#""suite": "generator", "oracle": "delphi""#, "out_of_range oracle"),
    (#""suite": "images", "model": "m", "dataset": "d", "folder": "f""#, "missing_field reward"),
    (#""suite": "images", "model": "m", "dataset": "d", "reward": {"model": "r"}"#, "missing_field folder"),
    (#""suite": "images", "seed": 1"#, "conflict seed"),
    (#""suite": "generator", "folder": "f""#, "conflict folder"),
  ])
  func namesFieldAndFault(fields: String, fault: String) {
    let found = problems(in: "{\"kind\": \"benchmark\", \(fields)}").map {
      "\($0.code.rawValue) \($0.field ?? "")"
    }
    #expect(found.contains(fault), "\(found)")
  }
}
