import Autodiff
import Checkpoints
import FLUX
import FineTuning
import Foundation
import Tensors

/// The pipeline of the parity fixtures, with low-rank layers to train.
enum TinyPipeline {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/parity/flux-pipeline-dev/pipe").path
  static let (height, width) = (32, 48)

  static func lowRank(_ alpha: Float = 4) -> LowRankLayers {
    LowRankLayers(
      .init(rank: 4, alpha: alpha), generator: TrainingRandom.generator(seed: 3, .adapter, 0))
  }

  static func load(_ lowRank: LowRankLayers? = nil) throws -> FluxPipeline {
    try FluxPipeline(folder: folder, lowRank: lowRank)
  }

  static func conditioning(_ pipeline: FluxPipeline, _ prompts: [String]) -> [FluxPipeline.Conditioning] {
    prompts.map { pipeline.conditioning([$0], maxSequenceLength: 12) }
  }

  static let learning = Learner.Settings(
    learningRate: 0.01, schedule: .constantWithWarmup(warmup: 2), adamW: .init(weightDecay: 1e-4))
}
