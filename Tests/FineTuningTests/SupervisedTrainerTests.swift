import Checkpoints
import FLUX
import FineTuning
import Foundation
import Tensors
import Testing

@Suite struct SupervisedTrainerTests {
  /// Pictures of two sizes, so that batches have to be split.
  private static func example(
    _ row: Int, _ generator: inout TorchGenerator, _ conditioning: [FluxPipeline.Conditioning],
    _ channels: Int
  ) -> FlowExample {
    var own = TorchGenerator(seed: UInt64(row))
    let shape = [1, channels, 4, row % 2 == 0 ? 4 : 6]
    return FlowExample(
      mean: own.normal(shape: shape), deviation: 0.1 * own.normal(shape: shape),
      conditioning: conditioning[generator.index(below: 2)])
  }

  private static func trainer(_ lowRank: LowRankLayers, _ pipeline: FluxPipeline) -> SupervisedTrainer {
    var settings = SupervisedTrainer.Settings()
    (settings.batchSize, settings.accumulation, settings.seed) = (3, 2, 5)
    return SupervisedTrainer(
      transformer: pipeline.transformer, autoencoder: pipeline.autoencoder,
      learner: Learner(lowRank.parameters, TinyPipeline.learning), settings: settings, rows: 4)
  }

  private static func run(
    _ trainer: inout SupervisedTrainer, _ pipeline: FluxPipeline, steps: Int
  ) throws -> [TrainingReport] {
    let conditioning = TinyPipeline.conditioning(pipeline, ["a red apple", "a green apple"])
    let channels = pipeline.autoencoder.configuration.latentChannels
    return try (0..<steps).map { _ in
      try trainer.step { Self.example($0, &$1, conditioning, channels) }
    }
  }

  @Test func `a run that is saved and restored ends with the same bytes`() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let whole = TinyPipeline.lowRank()
    let pipeline = try TinyPipeline.load(whole)
    var trainer = Self.trainer(whole, pipeline)
    let reports = try Self.run(&trainer, pipeline, steps: 5)
    #expect(reports.map(\.step) == [1, 2, 3, 4, 5])
    #expect(reports.map(\.learningRate) == [0, 0.005, 0.01, 0.01, 0.01])

    let first = TinyPipeline.lowRank()
    let firstPipeline = try TinyPipeline.load(first)
    var before = Self.trainer(first, firstPipeline)
    _ = try Self.run(&before, firstPipeline, steps: 3)
    try before.learner.save(to: path)

    let second = TinyPipeline.lowRank()
    let secondPipeline = try TinyPipeline.load(second)
    var after = Self.trainer(second, secondPipeline)
    try after.learner.restore(from: path)
    #expect(try Self.run(&after, secondPipeline, steps: 2) == Array(reports.suffix(2)))
    #expect(second.tensors() == whole.tensors())
  }

  @Test func `training on one picture brings its loss down`() throws {
    let lowRank = TinyPipeline.lowRank()
    let pipeline = try TinyPipeline.load(lowRank)
    var trainer = Self.trainer(lowRank, pipeline)
    let reports = try Self.run(&trainer, pipeline, steps: 30)
    func mean(_ part: ArraySlice<TrainingReport>) -> Double {
      part.reduce(0) { $0 + $1.loss } / Double(part.count)
    }
    #expect(mean(reports[20...]) < 0.9 * mean(reports[..<10]))
  }

  @Test func `a loss that is no number names the step and the rows`() throws {
    let lowRank = TinyPipeline.lowRank()
    let pipeline = try TinyPipeline.load(lowRank)
    var trainer = Self.trainer(lowRank, pipeline)
    let conditioning = TinyPipeline.conditioning(pipeline, ["a"])
    let shape = [1, pipeline.autoencoder.configuration.latentChannels, 4, 4]
    #expect {
      try trainer.step { _, _ in
        FlowExample(
          mean: Tensor(repeating: .nan, shape: shape), deviation: Tensor(repeating: 0, shape: shape),
          conditioning: conditioning[0])
      }
    } throws: { error in
      guard case TrainingError.loss(1, let rows, let value)? = error as? TrainingError else { return false }
      return rows.count == 3 && value.isNaN
    }
  }

  @Test func `a state of other parameters is refused by name`() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let lowRank = TinyPipeline.lowRank()
    let pipeline = try TinyPipeline.load(lowRank)
    try Self.trainer(lowRank, pipeline).learner.save(to: path)
    let other = LowRankLayers(
      .init(modules: ["to_q"], rank: 4, alpha: 4), generator: TrainingRandom.generator(seed: 1, .adapter, 0))
    var trainer = Self.trainer(other, try TinyPipeline.load(other))
    #expect { try trainer.learner.restore(from: path) } throws: { error in
      (error as? CheckpointError)?.key?.hasPrefix("value.") == true
    }
  }
}
