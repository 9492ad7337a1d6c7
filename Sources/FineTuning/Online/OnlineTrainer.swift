import Autodiff
import FLUX
import Foundation
import GroundingDINO
import Tensors

/// Fine-tunes a FLUX policy on its own pictures by masked direct preference (stage 2 of Science-T2I).
///
/// A round samples two pictures for each of its prompts along stochastic trajectories, has them judged, and takes gradient
/// steps on the stored trajectories against a frozen reference. arXiv 2504.13129, and its `oft_flux.py`.
package struct OnlineTrainer {
  package struct Settings: Sendable, Equatable {
    package var height = 512
    package var width = 512
    package var steps = 30
    /// The distilled guidance scale, for models that embed it.
    package var guidance: Float = 0
    package var churn: Float = 0.1
    package var drift = FlowSampler.Drift.theory
    package var loss = PreferenceLoss()
    /// Whether only latents inside the entity's box count.
    package var isMasked = true
    /// See ``DetectionBox/places(height:width:wrapsAround:)``.
    package var wrapsAround = false
    /// Whether the two pictures of a pair start from the same noise, so that only what the policy decides differs.
    package var sharesStartNoise = false
    package var promptsPerRound = 32
    /// Pairs computed together.
    package var batchSize = 1
    /// Batches whose gradients one optimizer step takes.
    package var accumulation = 2
    package var seed = 0
    package var isCheckpointed = true

    package init() {}
  }

  /// Two pictures of one prompt, still to be judged.
  package struct Pair {
    /// Of the prompt list.
    package let row: Int
    /// `[2, 3, height, width]` in 0...1.
    package let images: Tensor
    /// Packed latents before every step and after the last, `[2, L, 4C]` each.
    fileprivate let latents: [Tensor]
  }

  /// What is thought of a pair.
  package struct Judgement: Sendable {
    /// One for each picture; the higher wins.
    package var rewards: [Float]
    /// Where the entity is in each picture.
    package var boxes: [DetectionBox]

    package init(rewards: [Float], boxes: [DetectionBox]) {
      (self.rewards, self.boxes) = (rewards, boxes)
    }
  }

  /// The policy, built with the low-rank layers that the learner trains.
  package let pipeline: FluxPipeline
  /// The same model with a frozen copy of what the policy began with.
  package let reference: FluxTransformer2DModel
  package let settings: Settings
  package var learner: Learner
  private var order: ExampleOrder

  package init(
    pipeline: FluxPipeline, reference: FluxTransformer2DModel, learner: Learner, settings: Settings, rows: Int
  ) {
    (self.pipeline, self.reference) = (pipeline, reference)
    (self.learner, self.settings) = (learner, settings)
    order = ExampleOrder(rows: rows, seed: settings.seed)
  }

  /// Runs a round.
  ///
  /// - Parameters:
  ///   - round: From 0.
  ///   - conditioning: Of the prompt of a row, one entry.
  ///   - judge: Gives each pair's rewards and boxes, in their order.
  ///   - onStep: Called after every step of a trajectory that was sampled or learnt from; may throw to stop.
  /// - Throws: ``TrainingError``, `SamplingError`, and what the closures throw.
  package mutating func round(
    _ round: Int, conditioning: (Int) throws -> FluxPipeline.Conditioning,
    judge: ([Pair]) throws -> [Judgement], onStep: () throws -> Void = {}
  ) throws -> TrainingReport {
    let rows = (0..<settings.promptsPerRound).map { order.row(at: round * settings.promptsPerRound + $0) }
    let prompts = try rows.map(conditioning)
    var pairs: [Pair] = []
    for first in stride(from: 0, to: rows.count, by: settings.batchSize) {
      let group = first..<min(first + settings.batchSize, rows.count)
      pairs += try sample(Array(rows[group]), Array(prompts[group]), round: round, first: first, onStep)
    }
    let judgements = try judge(pairs)
    precondition(
      judgements.count == pairs.count
        && judgements.allSatisfy { $0.rewards.count == 2 && $0.boxes.count == 2 },
      "two rewards and boxes for each of \(pairs.count) pairs")
    var sums = RoundSums()
    var learned: [Learner.Step] = []
    let pairsPerStep = settings.batchSize * settings.accumulation
    for first in stride(from: 0, to: pairs.count, by: pairsPerStep) {
      let part = first..<min(first + pairsPerStep, pairs.count)
      for start in stride(from: part.lowerBound, to: part.upperBound, by: settings.batchSize) {
        let batch = start..<min(start + settings.batchSize, part.upperBound)
        try collect(
          Array(pairs[batch]), Array(judgements[batch]), Array(prompts[batch]),
          share: Double(batch.count) / Double(part.count), &sums, onStep)
      }
      learned.append(try learner.step())
    }
    let count = Double(learned.count)
    return TrainingReport(
      step: round + 1, loss: sums.mean(\.loss),
      Learner.Step(
        gradientNorm: learned.reduce(0) { $0 + $1.gradientNorm } / count,
        learningRate: learned.last?.learningRate ?? 0),
      further: Self.rewardStatistics(judgements) + sums.statistics + Self.imageStatistics(pairs))
  }

  /// The two pictures of some prompts.
  private func sample(
    _ rows: [Int], _ prompts: [FluxPipeline.Conditioning], round: Int, first: Int, _ onStep: () throws -> Void
  ) throws -> [Pair] {
    var generators = rows.indices.map {
      TrainingRandom.generator(
        seed: settings.seed, .trajectory, round * settings.promptsPerRound + first + $0)
    }
    var starts: [Tensor] = []
    for index in rows.indices {
      let one = pipeline.noise(from: &generators[index], height: settings.height, width: settings.width)
      let other =
        settings.sharesStartNoise
        ? one : pipeline.noise(from: &generators[index], height: settings.height, width: settings.width)
      starts += [one, other]
    }
    var sampling = FluxPipeline.Sampling()
    (sampling.steps, sampling.guidance) = (settings.steps, settings.guidance)
    sampling.sampler = .sde(churn: settings.churn, drift: settings.drift)
    var latents = [Tensor.concatenated(starts, axis: 0)]
    _ = try pipeline.sample(
      latents[0], conditioning: Self.doubled(prompts), height: settings.height, width: settings.width,
      sampling,
      noise: { _ in
        .concatenated(
          rows.indices.flatMap { index in
            (0..<2).map { _ in
              pipeline.noise(from: &generators[index], height: settings.height, width: settings.width)
            }
          }, axis: 0)
      },
      onStep: { _, next in
        latents.append(next)
        try onStep()
      })
    return try rows.enumerated().map { index, row in
      let own = latents.map { $0.slice(2 * index..<2 * index + 2, axis: 0) }
      return Pair(
        row: row,
        images: try pipeline.images(
          from: own[settings.steps], height: settings.height, width: settings.width),
        latents: own)
    }
  }

  /// Adds the gradient of some pairs' whole trajectories.
  private func collect(
    _ pairs: [Pair], _ judgements: [Judgement], _ prompts: [FluxPipeline.Conditioning], share: Double,
    _ sums: inout RoundSums, _ onStep: () throws -> Void
  ) throws {
    let conditioning = Self.doubled(prompts)
    let size = pipeline.latentSize(height: settings.height, width: settings.width)
    let schedule = pipeline.schedule(
      steps: settings.steps, height: settings.height, width: settings.width)
    let rotary = pipeline.transformer.rotaryTable(
      textTokens: conditioning.states.shape[1], height: size.height / 2, width: size.width / 2)
    let guidance =
      pipeline.transformer.configuration.hasGuidance
      ? Tensor(repeating: settings.guidance, shape: [conditioning.count]) : nil
    let mask = settings.isMasked ? self.mask(judgements, size) : nil
    for index in 0..<settings.steps {
      let step = PolicyStep(
        latents: .concatenated(pairs.map { $0.latents[index] }, axis: 0),
        nextLatents: .concatenated(pairs.map { $0.latents[index + 1] }, axis: 0),
        sigma: schedule.sigmas[index], nextSigma: schedule.sigmas[index + 1], steps: settings.steps,
        churn: settings.churn, drift: settings.drift)
      let level = Tensor(repeating: schedule.timesteps[index] / 1000, shape: [conditioning.count])
      func velocity(_ model: FluxTransformer2DModel, _ tape: Tape) -> Variable {
        model.velocity(
          latents: step.latents, context: conditioning.states, pooled: conditioning.pooled, sigma: level,
          guidance: guidance, rotary: rotary, on: tape,
          isCheckpointed: tape.isRecording && settings.isCheckpointed)
      }
      // Both by the recorded pass, whose roundings are not the plain one's: equal policies have equal velocities.
      let before = velocity(reference, Tape(isRecording: false)).value
      let tape = Tape()
      let now = velocity(pipeline.transformer, tape)
      let result = settings.loss(
        step, velocity: now, referenceVelocity: before, rewards: judgements.flatMap(\.rewards), mask: mask)
      guard result.loss.value.item.isFinite else {
        throw TrainingError.loss(
          step: learner.steps + 1, rows: pairs.map(\.row), value: result.loss.value.item)
      }
      tape.backward(from: [(result.loss, Tensor([Float(share / Double(settings.steps))], shape: []))])
      sums.add(result, step.distance(of: now.value, from: before), weight: Double(pairs.count))
      try onStep()
    }
  }

  private func mask(_ judgements: [Judgement], _ size: (height: Int, width: Int)) -> Tensor {
    let channels = pipeline.autoencoder.configuration.latentChannels
    return .concatenated(
      judgements.flatMap(\.boxes).map {
        $0.packedMask(
          height: size.height, width: size.width, channels: channels, wrapsAround: settings.wrapsAround)
      }, axis: 0)
  }

  /// Every prompt twice, as pairs lie in a batch.
  private static func doubled(_ prompts: [FluxPipeline.Conditioning]) -> FluxPipeline.Conditioning {
    let doubled = prompts.flatMap { [$0, $0] }
    return FluxPipeline.Conditioning(
      states: .concatenated(doubled.map(\.states), axis: 0),
      pooled: .concatenated(doubled.map(\.pooled), axis: 0))
  }
}
