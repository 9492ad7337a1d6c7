import Foundation
import Testing

@testable import Jobs

/// The training job in a text.
func trainingWork(_ text: String) throws -> JobRequest.Work {
  try JobRequest(reading: Data(text.utf8), kinds: JobRequest.Kind.allCases).work
}

/// The problems of a job file of any kind.
func trainingProblems(_ text: String) -> [JobProblem] {
  problems(in: text, kinds: JobRequest.Kind.allCases)
}

/// A training job of a kind with what it needs at least, and further fields.
func trainingJob(_ kind: JobRequest.Kind, _ fields: String...) -> String {
  let needed: [String] =
    switch kind {
    case .reward, .sft: [#""model": "m""#, #""dataset": "d""#, #""output": "o""#]
    default:
      [
        #""model": "m""#, #""output": "o""#, #""reward": {"model": "r"}"#, #""detector": "boxes""#,
        #""prompts": [{"prompt": "an unripe apple", "box": [0.5, 0.5, 0.25, 1]}]"#,
      ]
    }
  // A field given again takes the place of the needed one.
  let names = fields.map { $0.prefix { $0 != ":" } }
  let kept = needed.filter { field in !names.contains(field.prefix { $0 != ":" }) }
  return "{\((["\"kind\": \"\(kind.rawValue)\""] + kept + fields).joined(separator: ", "))}"
}

/// What a training job says when it says little: the paper's settings, in the reader, the schema and the resolved job alike.
@Suite struct TrainingDefaultsTests {
  private func resolved(_ kind: JobRequest.Kind) throws -> [String: Any] {
    let work: ResolvedJob.Work =
      switch try trainingWork(trainingJob(kind)) {
      case .reward(let reward): .reward(reward)
      case .sft(let sft): .sft(try ResolvedSFT(sft, initial: nil, maxSequenceLength: 77))
      case .oft(let oft):
        .oft(
          try ResolvedOFT(
            oft, prompts: [EntityPrompt("a", box: UnitBox([0, 0, 1, 1]))], initial: nil, maxSequenceLength: 77
          ))
      default: throw CocoaError(.featureUnsupported)
      }
    let file = try JobJSON.file(ResolvedJob(options: JobOptions(), work: work))
    return try #require(JSONSerialization.jsonObject(with: file) as? [String: Any])
  }

  @Test(arguments: [JobRequest.Kind.reward, .sft, .oft])
  func theResolvedJobSpellsOutTheDefaultsOfTheSchema(kind: JobRequest.Kind) throws {
    let properties = try #require(try SchemaTests.schema(kind)["properties"] as? [String: [String: Any]])
    let job = try resolved(kind)
    var compared = 0
    for (name, schema) in properties {
      // These two mean nothing, and are left out, without the field that they speak of.
      let dependent = ["on_conflict", "on_timeout"]
      guard let expected = schema["default"], !dependent.contains(name) else { continue }
      #expect((job[name] as? NSObject)?.isEqual(expected) == true, "\(name): \(job[name] ?? "missing")")
      compared += 1
    }
    #expect(compared >= 20)
  }

  @Test func rewardHasThePapersSettings() throws {
    guard case .reward(let job) = try trainingWork(trainingJob(.reward)) else {
      Issue.record("not a reward job")
      return
    }
    #expect(job.model == "m" && job.dataset == "d" && job.output == "o")
    #expect(job.lambda == 0.25 && job.maxTrainSteps == 600 && job.trainBatchSize == 16)
    #expect(job.optimizer.learningRate == 2e-6 && job.optimizer.weightDecay == 0.3)
    #expect(job.optimizer.schedule == .constantWithWarmup && job.optimizer.warmupSteps == 150)
    #expect(job.optimizer.accumulationSteps == 16 && job.optimizer.maxGradientNorm == 1)
    #expect(job.optimizer.beta1 == 0.9 && job.optimizer.beta2 == 0.999 && job.optimizer.epsilon == 1e-8)
    #expect(job.validation == .split(0.1))
  }

  @Test func sftHasThePapersSettings() throws {
    guard case .sft(let job) = try trainingWork(trainingJob(.sft)) else {
      Issue.record("not an sft job")
      return
    }
    #expect(job.maxTrainSteps == 2000 && job.trainBatchSize == 4 && job.resolution == 512)
    #expect(job.optimizer == OptimizerRequest(learningRate: 2e-5, weightDecay: 1e-4, accumulationSteps: 8))
    #expect(job.promptField == .implicit && job.imageField == .explicit && job.guidance == 0)
    #expect(
      try job.adapter.shape(initial: nil)
        == LoRAShape(rank: 16, alpha: 16, targetModules: ["to_k", "to_q", "to_v", "to_out.0"]))
    #expect(job.adapter.gradientCheckpointing && job.adapter.validationPrompts.isEmpty)
  }

  @Test func oftHasThePapersSettings() throws {
    guard case .oft(let job) = try trainingWork(trainingJob(.oft)) else {
      Issue.record("not an oft job")
      return
    }
    #expect(job.rounds == 100 && job.promptsPerRound == 32 && job.inferenceSteps == 30)
    #expect(job.height == 512 && job.width == 512 && job.guidanceScale == 0)
    #expect(job.churn == 0.1 && job.drift == .theory && job.beta == 10 && job.clipEpsilon == 0.1)
    #expect(job.pairLoss == .pairs && job.mask && !job.sharedStartNoise)
    #expect(job.optimizer == OptimizerRequest(learningRate: 3e-4, weightDecay: 1e-4, accumulationSteps: 2))
    #expect(job.quirks == OFTRequest.DetectorQuirks() && job.guardLimits == nil)
    #expect(
      job.prompts
        == .inline([
          EntityPrompt("an unripe apple", box: UnitBox(cx: 0.5, cy: 0.5, width: 0.25, height: 1))
        ]))
  }
}
