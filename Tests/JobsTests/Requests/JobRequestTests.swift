import Foundation
import Testing

@testable import Jobs

/// The problems of a job file; empty for a good one.
func problems(in text: String, kinds: [JobRequest.Kind] = JobRequest.Kind.allCases) -> [JobProblem] {
  do throws(JobFailure) {
    _ = try JobRequest(reading: Data(text.utf8), kinds: kinds)
    return []
  } catch { return error.problems }
}

/// A generate job with further fields.
func generateJob(_ fields: String...) -> String {
  let all =
    ["\"kind\": \"generate\"", "\"model\": \"flux-mini\"", "\"prompts\": [\"an unripe apple\"]"] + fields
  return "{\(all.joined(separator: ", "))}"
}

@Suite struct JobRequestTests {
  @Test func readsEveryFieldOfAGenerateJob() throws {
    let text = """
      {"kind": "generate", "priority": 5, "not_before": "2026-11-24T02:00:00+01:00", "deadline": "2026-11-25T02:00:00Z",
       "timeout": 90.5, "max_attempts": 2, "after": ["first job"], "unique_key": "k", "on_conflict": "queue",
       "labels": {"owner": "ana"}, "model": "m",
       "prompts": ["a", {"prompt": "b", "negative_prompt": "n", "seed": 9223372036854775807, "object": "o"}],
       "num_images_per_prompt": 1, "height": 64, "width": 1e2, "num_inference_steps": 16.0, "guidance_scale": 0,
       "true_cfg_scale": 2.5, "max_sequence_length": 77, "seed": 3, "latents": "l.safetensors",
       "adapter": {"name": "lora", "scale": 0.5}, "sampler": {"kind": "sde", "drift": "reference"},
       "score": {"model": "c"}}
      """.replacing("1e2", with: "96")
    let request = try JobRequest(reading: Data(text.utf8))
    #expect(request.options.priority == 5)
    #expect(request.options.notBefore == Date(timeIntervalSince1970: 1_795_482_000))
    #expect(request.options.timeout == 90.5)
    #expect(request.options.maxAttempts == 2)
    #expect(request.options.after == ["first job"])
    #expect(request.options.onConflict == .queue)
    #expect(request.options.labels == ["owner": "ana"])
    guard case .generate(let generate) = request.work else {
      Issue.record("not a generate job")
      return
    }
    #expect(
      generate.prompts
        == .inline([
          PromptRequest("a"), PromptRequest("b", negativePrompt: "n", seed: Int.max, object: "o"),
        ]))
    #expect(generate.height == 64 && generate.width == 96 && generate.inferenceSteps == 16)
    #expect(generate.guidanceScale == 0 && generate.trueCFGScale == 2.5 && generate.maxSequenceLength == 77)
    #expect(generate.adapter?.source == .name("lora") && generate.adapter?.scale == 0.5)
    #expect(generate.sampler == .sde(churn: 0.1, drift: .reference))
    #expect(generate.score?.model == "c")
  }

  @Test func fillsInTheDefaultsOfDiffusers() throws {
    guard case .generate(let job) = try JobRequest(reading: Data(generateJob().utf8)).work else {
      Issue.record("not a generate job")
      return
    }
    #expect(job.imagesPerPrompt == 1 && job.inferenceSteps == 28 && job.guidanceScale == 3.5)
    #expect(job.trueCFGScale == 1 && job.seed == 0 && job.sampler == .ode)
    #expect(job.height == nil && job.width == nil && job.maxSequenceLength == nil)
  }

  @Test(arguments: [
    ("{\"kind\": \"generate\",", JobFailure.Code.truncated), ("", .empty), ("hello", .notJSON),
    ("[]", .wrongType), ("{}", .missingField), ("{\"kind\": 3}", .wrongType),
    ("{\"kind\": \"genrate\"}", .unknownKind),
  ])
  func namesWhatIsWrongWithTheWholeFile(text: String, code: JobFailure.Code) {
    let found = problems(in: text)
    #expect(found.map(\.code) == [code])
    #expect(found.first?.line == 1)
  }

  @Test func namesTheNearestKind() {
    #expect(
      problems(in: "{\"kind\": \"genrate\"}").first?.message.contains("did you mean \"generate\"?") == true)
  }

  @Test(arguments: ["benchmark"])
  func saysThatAKnownKindIsNotAvailable(kind: String) {
    let found = problems(in: "{\"kind\": \"\(kind)\", \"model\": \"m\"}", kinds: [.generate])
    #expect(found.first?.code == .notAvailable)
    #expect(found.first?.message == "the kind \"\(kind)\" is not available in this version")
    #expect(JobFailure.Code.notAvailable.exitCode == 65)
  }

  @Test func refusesALargeFileByTheLimit() throws {
    let large = Data(repeating: UInt8(ascii: " "), count: 10 << 20)
    let failure = try #require(throws: JobFailure.self) { try JobRequest(reading: large) }
    #expect(failure.code == .tooLarge)
    #expect(failure.message.contains("more than the limit of 4194304"))
  }

  @Test(arguments: [
    ("\"heigth\": 64", JobFailure.Code.unknownField, "heigth", "did you mean \"height\"?"),
    ("\"height\": \"64\"", .wrongType, "height", "found \"64\", expected a whole number"),
    ("\"height\": 64.5", .wrongType, "height", "expected a whole number"),
    ("\"height\": 100", .outOfRange, "height", "100 is not a multiple of 16"),
    ("\"height\": -64", .outOfRange, "height", "-64 is not in 16…4096"),
    ("\"width\": 8192", .outOfRange, "width", "not in 16…4096"),
    ("\"seed\": -1", .outOfRange, "seed", "-1 is not in"),
    ("\"seed\": 9223372036854775808", .outOfRange, "seed", "is beyond"),
    ("\"seed\": 1e999", .outOfRange, "seed", "is beyond"),
    ("\"seed\": null", .wrongType, "seed", "found null"),
    ("\"guidance_scale\": 1e999", .outOfRange, "guidance_scale", "is not in"),
    ("\"guidance_scale\": true", .wrongType, "guidance_scale", "found true, expected a number"),
    ("\"num_inference_steps\": 0", .outOfRange, "num_inference_steps", "0 is not in 1…1000"),
    ("\"num_images_per_prompt\": 1001", .outOfRange, "num_images_per_prompt", "1001 is not in 1…1000"),
    ("\"prompts_file\": \"p.txt\"", .conflict, "prompts_file", "both given"),
    ("\"sampler\": {\"kind\": \"odd\"}", .outOfRange, "sampler.kind", "did you mean \"ode\"?"),
    ("\"sampler\": {\"kind\": \"ode\", \"s_churn\": 1}", .conflict, "sampler.s_churn", "belongs to"),
    ("\"adapter\": {}", .conflict, "adapter.name", "neither"),
    ("\"adapter\": \"lora\"", .wrongType, "adapter", "expected an object"),
    (
      "\"score\": {\"modle\": \"x\", \"model\": \"c\"}", .unknownField, "score.modle",
      "did you mean \"model\"?"
    ),
    ("\"after\": [\"../x\"]", .outOfRange, "after", "is not a job's name"),
    ("\"not_before\": \"tomorrow\"", .outOfRange, "not_before", "expected a date"),
    ("\"on_conflict\": \"skip\"", .conflict, "on_conflict", "unique_key"),
    ("\"labels\": {\"a\": 1}", .wrongType, "labels.a", "found 1"),
    ("\"latents\": \"a\\u0000b\"", .outOfRange, "latents", "NUL"),
  ])
  func namesFieldAndFault(field: String, code: JobFailure.Code, path: String, message: String) {
    let found = problems(in: generateJob(field))
    #expect(found.map(\.code) == [code])
    #expect(found.first?.field == path)
    #expect(found.first?.message.contains(message) == true, "\(found)")
  }

  @Test func reportsAllProblemsOfAFileInOneGo() {
    let text = """
      {"kind": "generate",
       "model": 3,
       "prompts": ["ok", 5, {"promt": "x"}, {"prompt": "y", "seed": -1}],
       "height": 100,
       "colour": "red"}
      """
    let found = problems(in: text)
    #expect(
      Set(found.compactMap(\.field)) == [
        "model", "prompts[1]", "prompts[2].promt", "prompts[2].prompt", "prompts[3].seed", "height", "colour",
      ])
    #expect(found.first { $0.field == "height" }?.line == 4)
  }

  @Test func limitsTheImagesOfAJob() {
    let prompts = Array(repeating: "\"a\"", count: 101).joined(separator: ",")
    let text =
      "{\"kind\": \"generate\", \"model\": \"m\", \"prompts\": [\(prompts)], \"num_images_per_prompt\": 1000}"
    #expect(problems(in: text).first?.message == "101 prompts × 1000 images exceed 100000 images a job")
  }

  @Test func readsAScoreJob() throws {
    let text =
      #"{"kind": "score", "model": "c", "items": [{"prompt": "p", "images": ["a b.png", "-x.png"]}]}"#
    let request = try JobRequest(reading: Data(text.utf8))
    #expect(
      request.work
        == .score(
          ScoreRequest(model: "c", source: .items([ScoreItem(prompt: "p", images: ["a b.png", "-x.png"])]))))
  }

  @Test(arguments: [
    (#"{"kind": "score", "model": "c"}"#, "items"),
    (#"{"kind": "score", "model": "c", "items": [], "folder": "f"}"#, "folder"),
    (#"{"kind": "score", "model": "c", "items": [{"prompt": "p", "images": []}]}"#, "items[0].images"),
    (#"{"kind": "score", "model": "c", "items": [{"prompt": "p", "images": [4]}]}"#, "items[0].images[0]"),
    (#"{"kind": "score", "model": "c", "folder": "f", "height": 64}"#, "height"),
  ])
  func namesTheFaultOfAScoreJob(text: String, field: String) {
    #expect(problems(in: text).compactMap(\.field).contains(field))
  }
}
