import Checkpoints
import FLUX
import FineTuning
import Foundation
import GroundingDINO
import Tensors
import Testing

/// Redder pictures win.
private struct Redness: PictureJudge {
  var isBlind = false
  var seen: (([OnlineTrainer.Drawings]) -> Void)?

  func rewards(of drawings: [OnlineTrainer.Drawings]) -> [[Float]] {
    seen?(drawings)
    return drawings.map { drawings in
      (0..<drawings.count).map { index in
        isBlind ? 1 : drawings.images[index][0].values.reduce(0, +) / Float(drawings.images[index][0].count)
      }
    }
  }

  func boxes(in drawings: [OnlineTrainer.Drawings]) -> [[DetectionBox]] {
    drawings.map {
      Array(repeating: DetectionBox(centreX: 0.5, centreY: 0.5, width: 0.5, height: 0.6), count: $0.count)
    }
  }
}

@Suite struct OnlineTrainerTests {
  private struct Run {
    let lowRank = TinyPipeline.lowRank()
    let pipeline: FluxPipeline
    var trainer: OnlineTrainer
    let conditioning: [FluxPipeline.Conditioning]

    init(_ change: (inout OnlineTrainer.Settings) -> Void = { _ in }) throws {
      pipeline = try TinyPipeline.load(lowRank)
      var settings = OnlineTrainer.Settings()
      (settings.height, settings.width, settings.steps) = (TinyPipeline.height, TinyPipeline.width, 3)
      (settings.promptsPerRound, settings.batchSize, settings.accumulation) = (3, 1, 2)
      settings.churn = 0.5
      change(&settings)
      let frozen = try TinyPipeline.load(TinyPipeline.lowRank())
      trainer = OnlineTrainer(
        pipeline: pipeline, reference: frozen.transformer,
        learner: Learner(lowRank.parameters, TinyPipeline.learning), settings: settings, rows: 2)
      conditioning = TinyPipeline.conditioning(pipeline, ["a red apple", "a green apple"])
    }

    mutating func round(_ number: Int) throws -> TrainingReport {
      try trainer.round(number, conditioning: { [conditioning] in conditioning[$0] }, judge: Redness())
    }
  }

  @Test func `a run that is saved and restored ends with the same bytes`() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var whole = try Run()
    let reports = try (0..<4).map { try whole.round($0) }
    var before = try Run()
    for number in 0..<2 { _ = try before.round(number) }
    try before.trainer.learner.save(to: path)
    var after = try Run()
    try after.trainer.learner.restore(from: path)
    #expect(try (2..<4).map { try after.round($0) } == Array(reports.suffix(2)))
    #expect(after.lowRank.tensors() == whole.lowRank.tensors())
    // Two optimizer steps a round: two pairs, then the third alone.
    #expect(whole.trainer.learner.steps == 8)
  }

  @Test func `before the first step policy and reference are one, and the loss is ln 2`() throws {
    var run = try Run { $0.promptsPerRound = 1 }
    let report = try run.round(0)
    #expect(abs(report.loss - log(2)) < 1e-6)
    let statistics = Dictionary(uniqueKeysWithValues: report.further.map { ($0.name, $0.value) })
    #expect(statistics["velocity_drift"] == 0 && statistics["kl"] == 0 && statistics["clamped"] == 0)
    #expect(statistics["reward_std"]! > 0 && statistics["reward_lead"]! > 0)
  }

  @Test func `equal rewards teach nothing`() throws {
    var run = try Run()
    let before = run.lowRank.tensors()
    let conditioning = run.conditioning
    let report = try run.trainer.round(0, conditioning: { conditioning[$0] }, judge: Redness(isBlind: true))
    #expect(report.gradientNorm == 0)
    // Only the weight decay's share is taken, and that is none in the first warm-up step.
    let after = run.lowRank.tensors()
    for (name, tensor) in before {
      #expect(zip(tensor.values, after[name]!.values).allSatisfy { abs($0 - $1) <= 1e-6 })
    }
  }

  @Test func `pairs that share their start noise differ by the policy's steps alone`() throws {
    var run = try Run { $0.sharesStartNoise = true }
    var seen: [OnlineTrainer.Drawings] = []
    let conditioning = run.conditioning
    _ = try run.trainer.round(0, conditioning: { conditioning[$0] }, judge: Redness { seen = $0 })
    #expect(seen.count == 3)
    for drawings in seen { #expect(drawings.images[0] != drawings.images[1]) }
  }

  @Test func `a quarter of the gradient flows by the reference's normalisation`() throws {
    var (own, matrix) = (try Run(), try Run { $0.loss.normalisation = .matrix })
    let (first, second) = (try own.round(0), try matrix.round(0))
    #expect(abs(second.gradientNorm / first.gradientNorm - 0.25) < 1e-3)
  }

  @Test func `of several pictures the best and the worst are the pair`() throws {
    var run = try Run { ($0.imagesPerPrompt, $0.promptsPerRound) = (4, 1) }
    var judged: [(count: Int, rewards: [Float])] = []
    struct Watching: PictureJudge {
      let judge = Redness()
      let located: (OnlineTrainer.Drawings, [Float]) -> Void
      func rewards(of drawings: [OnlineTrainer.Drawings]) -> [[Float]] { judge.rewards(of: drawings) }
      func boxes(in drawings: [OnlineTrainer.Drawings]) -> [[DetectionBox]] {
        for (drawings, rewards) in zip(drawings, judge.rewards(of: drawings)) { located(drawings, rewards) }
        return judge.boxes(in: drawings)
      }
    }
    let conditioning = run.conditioning
    let report = try run.trainer.round(
      0, conditioning: { conditioning[$0] }, judge: Watching { judged.append(($0.count, $1)) })
    let lead = report.further.first { $0.name == "reward_lead" }?.value ?? 0
    #expect(judged.count == 1 && judged[0].count == 2)
    #expect(abs(Double(abs(judged[0].rewards[0] - judged[0].rewards[1])) - lead) < 1e-6 && lead > 0)
  }

  @Test func `steps that are not stochastic are not learnt from`() throws {
    var (early, all) = (try Run { $0.stochasticSteps = 1 }, try Run { $0.stochasticSteps = 3 })
    let plain = try Run()
    #expect(early.trainer.settings.learningSteps == 1 && plain.trainer.settings.learningSteps == 3)
    let (first, second) = (try early.round(0), try all.round(0))
    #expect(first.gradientNorm != second.gradientNorm && first.gradientNorm > 0)
  }

  @Test func `a reward that is no number names the round and the row`() throws {
    var run = try Run()
    struct Broken: PictureJudge {
      func rewards(of drawings: [OnlineTrainer.Drawings]) -> [[Float]] {
        drawings.enumerated().map { index, drawings in
          (0..<drawings.count).map { index == 1 && $0 == 1 ? .nan : Float($0) }
        }
      }
      func boxes(in drawings: [OnlineTrainer.Drawings]) -> [[DetectionBox]] { Redness().boxes(in: drawings) }
    }
    let conditioning = run.conditioning
    var rows: [Int] = []
    let error = #expect(throws: TrainingError.self) {
      _ = try run.trainer.round(
        4,
        conditioning: {
          rows.append($0)
          return conditioning[$0]
        }, judge: Broken())
    }
    guard case .round(5, .reward(let row, let value)) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(row == rows[1] && value.isNaN)
    #expect("\(error!)".hasPrefix("round 5: the reward of a picture of row \(row + 1) of the data is nan"))
  }

  @Test func `pictures that cannot be drawn name the round and their rows`() throws {
    var run = try Run { $0.promptsPerRound = 1 }
    let broken = FluxPipeline.Conditioning(
      states: run.conditioning[0].states.affine(.infinity), pooled: run.conditioning[0].pooled)
    let error = #expect(throws: TrainingError.self) {
      _ = try run.trainer.round(0, conditioning: { _ in broken }, judge: Redness())
    }
    guard case .round(1, .drawing(let rows, .step(0, _))) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(rows.count == 1)
  }
}
