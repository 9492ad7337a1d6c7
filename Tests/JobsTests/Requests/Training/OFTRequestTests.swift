import Foundation
import Testing

@testable import Jobs

@Suite struct OFTRequestTests {
  @Test func readsEveryField() throws {
    let text = """
      {"kind": "oft", "model": "m", "init_adapter": {"path": "a.safetensors"}, "output": "night_2.b", "rank": 4,
       "lora_alpha": 8.5, "target_modules": ["to_q"], "gradient_checkpointing": false, "max_sequence_length": 64,
       "prompts_file": "list.json", "reward": {"model": "r"},
       "detector": {"model": "g", "box_threshold": 0.5, "text_threshold": 0},
       "detector_quirks": {"raw_detector_images": true, "box_wrap_around": true}, "rounds": 3, "prompts_per_round": 5,
       "num_inference_steps": 8, "height": 64, "width": 96, "guidance_scale": 1, "s_churn": 0.5, "drift": "reference",
       "beta": 2, "clip_epsilon": 0.2, "pair_loss": "matrix", "mask": false, "shared_start_noise": true,
       "learning_rate": 0.001, "adam_beta1": 0, "adam_beta2": 0.99, "adam_epsilon": 1e-6, "adam_weight_decay": 0,
       "max_grad_norm": 2, "gradient_accumulation_steps": 5, "lr_scheduler": "linear", "lr_warmup_steps": 1000,
       "seed": 9, "checkpointing_steps": 2, "validation_prompts": ["a", {"prompt": "b", "seed": 4, "object": "o"}],
       "validation_steps": 1, "guard": {"max_velocity_drift": 0.5},
       "promote_if": {"metric": "sciscore_mean", "min_gain": -1}}
      """
    guard case .oft(let job) = try trainingWork(text) else {
      Issue.record("not an oft job")
      return
    }
    #expect(job.adapter.initialAdapter?.source == .path("a.safetensors") && job.output == "night_2.b")
    #expect(job.adapter.rank == 4 && job.adapter.loraAlpha == 8.5 && job.adapter.targetModules == ["to_q"])
    #expect(!job.adapter.gradientCheckpointing && job.adapter.maxSequenceLength == 64)
    #expect(job.prompts == .file("list.json") && job.reward.model == "r")
    #expect(job.detector == .model("g", boxThreshold: 0.5, textThreshold: 0))
    #expect(job.quirks.rawDetectorImages && job.quirks.boxWrapAround)
    #expect(job.rounds == 3 && job.promptsPerRound == 5 && job.inferenceSteps == 8)
    #expect(job.height == 64 && job.width == 96 && job.guidanceScale == 1 && job.churn == 0.5)
    #expect(job.drift == .reference && job.beta == 2 && job.clipEpsilon == 0.2 && job.pairLoss == .matrix)
    #expect(!job.mask && job.sharedStartNoise && job.seed == 9 && job.checkpointingSteps == 2)
    var optimizer = OptimizerRequest(
      learningRate: 0.001, weightDecay: 0, accumulationSteps: 5, schedule: .linear, warmupSteps: 1000)
    (optimizer.beta1, optimizer.beta2, optimizer.epsilon) = (0, 0.99, 1e-6)
    optimizer.maxGradientNorm = 2
    #expect(job.optimizer == optimizer)
    #expect(
      job.adapter.validationPrompts == [
        PromptRequest("a", seed: 9), PromptRequest("b", seed: 4, object: "o"),
      ])
    #expect(job.adapter.validationSteps == 1)
    #expect(job.adapter.promotion == PromotionRequest(metric: .meanSciScore, minGain: -1))
    #expect(job.guardLimits == OFTRequest.GuardLimits(maxVelocityDrift: 0.5))
  }

  /// The faults of an oft job with further fields, as `code field`.
  private func faults(_ fields: String) -> [String] {
    trainingProblems(trainingJob(.oft, fields)).map { "\($0.code.rawValue) \($0.field ?? "")" }
  }

  @Test func theDetectorBoxesNeedsABoxInEachPrompt() {
    let found = trainingProblems(
      trainingJob(
        .oft, #""prompts": ["a", {"prompt": "b", "object": "b"}, {"prompt": "c", "box": [0, 0, 1, 1]}]"#))
    #expect(found.map(\.field) == ["prompts[0].box", "prompts[1].box"])
    #expect(found.allSatisfy { $0.code == .missingField })
  }

  @Test func aDetectorModelNeedsAnObjectInEachPrompt() {
    let text = trainingJob(.oft, #""prompts": ["a", {"prompt": "b", "object": "b"}]"#)
      .replacing(#""detector": "boxes""#, with: #""detector": {"model": "g"}"#)
    #expect(trainingProblems(text).map(\.field) == ["prompts[0].object"])
  }

  @Test(arguments: [#""detector": "none""#, #""mask": false"#])
  func withoutABoxPlainPromptsDo(field: String) {
    let job =
      #"{"kind": "oft", "model": "m", "output": "o", "reward": {"model": "r"}, "prompts": ["a"], \#(field)}"#
    #expect(trainingProblems(job).isEmpty)
  }

  @Test func aMaskNeedsADetector() {
    let job = #"{"kind": "oft", "model": "m", "output": "o", "reward": {"model": "r"}, "prompts": ["a"]}"#
    let found = trainingProblems(job)
    #expect(found.map(\.field) == ["detector"] && found.first?.code == .missingField)
  }

  @Test(arguments: [
    (#""grounding-dino-mini""#, JobFailure.Code.outOfRange, "{\"model\": …}"),
    (#""boxs""#, .outOfRange, "boxes"),
    ("3", .wrongType, "boxes"), ("[]", .wrongType, "boxes"),
  ])
  func saysHowADetectorIsNamed(value: String, code: JobFailure.Code, said: String) {
    let found = trainingProblems(trainingJob(.oft, "\"detector\": \(value), \"mask\": false"))
    #expect(found.map(\.code) == [code] && found.first?.field == "detector")
    let texts = found.flatMap { [$0.message, $0.hint ?? ""] }
    #expect(texts.contains { $0.contains(said) })
  }

  @Test(arguments: [
    (#""detector": {"box_threshold": 0.3}"#, "missing_field detector.model"),
    (
      #""detector": {"model": "g", "box_treshold": 0.3}, "mask": false"#,
      "unknown_field detector.box_treshold"
    ),
    (
      #""detector": {"model": "g", "box_threshold": 1.5}, "mask": false"#,
      "out_of_range detector.box_threshold"
    ),
    (#""detector_quirks": {"raw_images": true}"#, "unknown_field detector_quirks.raw_images"),
    (#""guard": {}"#, "missing_field guard.max_velocity_drift"),
    (#""guard": {"kl": 1, "max_kl": 1}"#, "unknown_field guard.kl"),
    (#""prompts_per_round": 1"#, "conflict prompts_per_round"),
    (#""prompts_file": "p.txt""#, "conflict prompts_file"),
    (#""s_churn": 0"#, "out_of_range s_churn"),
    (#""clip_epsilon": 1"#, "out_of_range clip_epsilon"),
    (#""promote_if": {"metric": "sciscore_mean"}"#, "conflict promote_if"),
    (#""reward": "sciscore""#, "wrong_type reward"),
    (#""reward": {}"#, "missing_field reward.model"),
    (#""init_adapter": {"name": "a", "scale": 1}"#, "unknown_field init_adapter.scale"),
    (#""init_adapter": {"name": "a", "path": "b"}"#, "conflict init_adapter.name"),
    (#""dataset": "d""#, "conflict dataset"), (#""datasets": "d""#, "unknown_field datasets"),
  ])
  func namesFieldAndFault(fields: String, fault: String) {
    #expect(faults(fields).contains(fault), "\(faults(fields))")
  }

  @Test(arguments: [
    ("[0.5, 0.5, 0.5]", "out_of_range"), ("[0.5, 0.5, 0, 1]", "out_of_range"),
    ("[0, 0, 1, 1.5]", "out_of_range"),
    ("[0, 0, 1, \"1\"]", "wrong_type"), ("{}", "wrong_type"), ("0.5", "wrong_type"),
  ])
  func namesTheFaultOfABox(box: String, code: String) {
    #expect(faults(#""prompts": [{"prompt": "a", "box": \#(box)}]"#).contains("\(code) prompts[0].box"))
  }

  @Test func readsPromptsFromAFile() throws {
    let list =
      #"[{"prompt": "An unripe apple.", "object": "apple"}, {"prompt": "b", "box": [0.5, 0.5, 1, 1]}, "c"]"#
    let prompts = try PromptFile.entityPrompts(in: Data(list.utf8), format: .json, name: "list.json")
    #expect(
      prompts == [
        EntityPrompt("An unripe apple.", object: "apple"), EntityPrompt("b", box: UnitBox([0.5, 0.5, 1, 1])),
        EntityPrompt("c"),
      ])
    guard case .oft(var job) = try trainingWork(trainingJob(.oft)) else { return }
    for (source, field) in [
      (OFTRequest.PromptSource.file("list.json"), "prompts_file"), (.dataset("d"), "dataset"),
    ] {
      job.prompts = source
      let failure = try #require(throws: JobFailure.self) { try job.check(prompts) }
      #expect(failure.code == .missingField && failure.field == field)
      #expect(failure.message.hasPrefix("prompt 0, \"An unripe apple.\": box is missing"))
    }
  }
}
