import Foundation
import Testing

@testable import Jobs

@Suite struct ResolvedJobTests {
  private let defaults = ResolvedGenerate.Defaults(height: 64, width: 96, maxSequenceLength: 128)

  private func request(_ text: String) throws -> (JobOptions, GenerateRequest) {
    let request = try JobRequest(reading: Data(text.utf8))
    guard case .generate(let generate) = request.work else { throw CocoaError(.featureUnsupported) }
    return (request.options, generate)
  }

  @Test func spellsOutEveryDefaultAndIsAJobFileItself() throws {
    let (options, generate) = try request(
      generateJob("\"score\": {\"model\": \"c\"}", "\"labels\": {\"a\": \"b\"}"))
    let prompts = [PromptRequest("a"), PromptRequest("b", seed: 50)]
    let resolved = ResolvedJob(
      options: options, work: .generate(try ResolvedGenerate(generate, prompts: prompts, defaults: defaults)))
    let file = try JobJSON.file(resolved)
    let names = try #require(try JSONSerialization.jsonObject(with: file) as? [String: Any]).keys
    #expect(
      Set(names).isSuperset(of: [
        "kind", "priority", "max_attempts", "after", "labels", "model", "prompts", "num_images_per_prompt",
        "height",
        "width", "num_inference_steps", "guidance_scale", "true_cfg_scale", "max_sequence_length", "seed",
        "sampler",
        "score",
      ]))
    let (_, again) = try request(String(decoding: file, as: UTF8.self))
    #expect(again.height == 64 && again.width == 96 && again.maxSequenceLength == 128)
    #expect(again.prompts == .inline([PromptRequest("a", seed: 0), PromptRequest("b", seed: 50)]))
  }

  @Test func givesImageKOfPromptPTheSeedOfTheContract() throws {
    let (_, generate) = try request(generateJob("\"seed\": 10", "\"num_images_per_prompt\": 3"))
    let prompts = [PromptRequest("a"), PromptRequest("b", seed: 100), PromptRequest("c")]
    let resolved = try ResolvedGenerate(generate, prompts: prompts, defaults: defaults)
    #expect(resolved.images.map(\.seed) == [10, 11, 12, 100, 101, 102, 16, 17, 18])
    #expect(resolved.images.map(\.prompt) == [0, 0, 0, 1, 1, 1, 2, 2, 2])
    #expect(resolved.images.map(\.number) == [0, 1, 2, 0, 1, 2, 0, 1, 2])
  }

  @Test func refusesSeedsBeyondSixtyThreeBits() throws {
    let (_, generate) = try request(generateJob("\"seed\": \(Int.max - 1)", "\"num_images_per_prompt\": 2"))
    let failure = try #require(throws: JobFailure.self) {
      try ResolvedGenerate(generate, prompts: [PromptRequest("a"), PromptRequest("b")], defaults: defaults)
    }
    #expect(failure.code == .outOfRange && failure.field == "seed")
  }
}
