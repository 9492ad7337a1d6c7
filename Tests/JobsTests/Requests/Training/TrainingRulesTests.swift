import Foundation
import Testing

@testable import Jobs

/// Rules between fields that training kinds share.
@Suite struct TrainingRulesTests {
  private func faults(_ kind: JobRequest.Kind, _ fields: String) -> [String] {
    trainingProblems(trainingJob(kind, fields)).map { "\($0.code.rawValue) \($0.field ?? "")" }
  }

  @Test(arguments: [JobRequest.Kind.reward, .sft, .oft])
  func namesEveryMissingField(kind: JobRequest.Kind) {
    let found = trainingProblems("{\"kind\": \"\(kind.rawValue)\"}")
    let expected: Set<String> =
      kind == .oft ? ["model", "output", "reward", "detector", "prompts"] : ["model", "dataset", "output"]
    #expect(Set(found.compactMap(\.field)) == expected && found.count == expected.count)
    #expect(found.allSatisfy { $0.code == .missingField })
  }

  @Test(arguments: [
    (JobRequest.Kind.reward, "lamda", "lambda"), (.reward, "lr_warmup", "lr_warmup_steps"),
    (.sft, "lora_rank", "rank"), (.sft, "max_steps", "max_train_steps"), (.sft, "priorty", "priority"),
    (.oft, "round", "rounds"), (.oft, "clip_epsilion", "clip_epsilon"), (.oft, "detectr", "detector"),
  ])
  func namesTheNearestField(kind: JobRequest.Kind, name: String, nearest: String) {
    let found = trainingProblems(trainingJob(kind, "\"\(name)\": 1"))
    #expect(found.map(\.code) == [.unknownField])
    #expect(found.first?.message.contains("did you mean \"\(nearest)\"?") == true, "\(found)")
  }

  @Test(arguments: [
    (JobRequest.Kind.reward, #""promote_if": {"metric": "sciscore_mean"}"#, "unknown_field promote_if"),
    (.reward, #""validation_dataset": "v", "validation_split": 0.1"#, "conflict validation_split"),
    (.reward, #""lr_scheduler": "constant", "lr_warmup_steps": 1"#, "conflict lr_warmup_steps"),
    (.reward, #""max_train_steps": 100, "lr_warmup_steps": 101"#, "conflict lr_warmup_steps"),
    (.reward, #""lr_scheduler": "constant_with_warm_up""#, "out_of_range lr_scheduler"),
    (.sft, #""lr_warmup_steps": 1"#, "conflict lr_warmup_steps"),
    (.sft, #""reward": {"model": "r"}"#, "conflict reward"),
    (.sft, #""promote_if": {"metric": "sciscore_mean"}, "validation_prompts": ["a"]"#, "conflict promote_if"),
    (.sft, #""promote_if": {"min_gain": 1}"#, "missing_field promote_if.metric"),
    (.sft, #""promote_if": {"metric": "loss"}"#, "out_of_range promote_if.metric"),
    (.sft, #""target_modules": ["to_k", "to_q", "to_k"]"#, "conflict target_modules"),
    (.sft, #""target_modules": []"#, "out_of_range target_modules"),
    (.sft, #""target_modules": ["to_k", 3]"#, "wrong_type target_modules[1]"),
    (.sft, #""validation_prompts": []"#, "out_of_range validation_prompts"),
    (
      .sft, #""validation_prompts": [{"prompt": "a", "negative_prompt": "b"}]"#,
      "conflict validation_prompts[0].negative_prompt"
    ),
    (
      .sft, #""validation_prompts": ["a", "b"], "seed": 9223372036854775807"#,
      "out_of_range validation_prompts[1]"
    ),
    (.sft, #""prompt_field": "prompt""#, "out_of_range prompt_field"),
  ])
  func namesFieldAndFault(kind: JobRequest.Kind, fields: String, fault: String) {
    #expect(faults(kind, fields).contains(fault), "\(faults(kind, fields))")
  }

  @Test(arguments: ["a/b", "..", ".hidden", "-x", "a b", "ä", "a\\u0000"])
  func refusesOutputsThatAreNoFolderNames(name: String) {
    #expect(faults(.sft, "\"output\": \"\(name)\"") == ["out_of_range output"])
  }

  @Test(arguments: [JobRequest.Kind.reward, .sft, .oft])
  func theOutputTakesNotTheModelsPlace(kind: JobRequest.Kind) {
    #expect(faults(kind, #""output": "m""#) == ["conflict output"])
  }

  @Test func theOutputTakesNotTheInitialAdaptersPlace() {
    #expect(faults(.oft, #""output": "a", "init_adapter": {"name": "a"}"#) == ["conflict output"])
    #expect(faults(.oft, #""output": "a", "init_adapter": {"path": "a"}"#).isEmpty)
  }

  @Test func aShortRunWarmsUpNoLongerThanItTrains() throws {
    let text = trainingJob(.reward, #""max_train_steps": 20"#)
    guard case .reward(let job) = try trainingWork(text) else { return }
    #expect(job.optimizer.warmupSteps == 20)
  }

  @Test func aConstantScheduleHasNoWarmup() throws {
    let text = trainingJob(.reward, #""lr_scheduler": "constant""#)
    guard case .reward(let job) = try trainingWork(text) else { return }
    #expect(job.optimizer.schedule == .constant && job.optimizer.warmupSteps == 0)
  }

  @Test func promotionTakesValidationPromptsAndAReward() throws {
    let text = trainingJob(
      .sft, #""promote_if": {"metric": "sciscore_mean", "split": "validation", "min_gain": 0.2}"#,
      #""reward": {"model": "r"}"#, #""validation_prompts": ["a"]"#)
    guard case .sft(let job) = try trainingWork(text) else { return }
    #expect(
      job.adapter.promotion == PromotionRequest(metric: .meanSciScore, split: .validation, minGain: 0.2))
  }
}
