import Autodiff
import FLUX
import Foundation
import GroundingDINO
import Tensors

/// Fine-tunes a FLUX policy on its own pictures by masked direct preference (stage 2 of Science-T2I).
///
/// A round samples pictures for each of its prompts along stochastic trajectories, has them judged, and takes gradient steps
/// on the stored trajectories of each prompt's best and worst against a frozen reference. arXiv 2504.13129, and its `oft_flux.py`.
package struct OnlineTrainer {
  package struct Settings: Sendable, Equatable {
    package var height = 512
    package var width = 512
    package var steps = 30
    /// The distilled guidance scale, for models that embed it.
    package var guidance: Float = 0
    package var churn: Float = 0.1
    package var drift = FlowSampler.Drift.theory
    /// How many of the first steps are stochastic, and so learnt from; nil for all, as in the paper.
    package var stochasticSteps: Int?
    package var loss = PreferenceLoss()
    /// Whether only latents inside the entity's box count.
    package var isMasked = true
    /// See ``DetectionBox/places(height:width:wrapsAround:)``.
    package var wrapsAround = false
    /// Pictures drawn for a prompt, 2 or more; the ones of highest and lowest reward are the pair. The paper draws 2.
    package var imagesPerPrompt = 2
    /// Whether a prompt's pictures start from the same noise, so that only what the policy decides differs.
    package var sharesStartNoise = false
    package var promptsPerRound = 32
    /// Pairs computed together.
    package var batchSize = 1
    /// Batches whose gradients one optimizer step takes.
    package var accumulation = 2
    package var seed = 0
    package var isCheckpointed = true

    package init() {}

    /// Steps of a trajectory whose transitions have a density.
    package var learningSteps: Int { min(steps, stochasticSteps ?? steps) }
  }

  /// Pictures of one prompt, still to be judged.
  package struct Drawings {
    /// Of the prompt list.
    package let row: Int
    /// `[n, 3, height, width]` in 0...1.
    package let images: Tensor
    /// Packed latents before every step and after the last, `[n, L, 4C]` each.
    let latents: [Tensor]

    package var count: Int { images.shape[0] }

    /// Some of the pictures.
    func selecting(_ places: [Int]) -> Drawings {
      func selected(_ tensor: Tensor) -> Tensor {
        .concatenated(places.map { tensor.slice($0..<$0 + 1, axis: 0) }, axis: 0)
      }
      return Drawings(row: row, images: selected(images), latents: latents.map(selected))
    }
  }

  /// Two pictures of one prompt and what is thought of them.
  private struct Pair {
    let drawings: Drawings
    /// The higher wins.
    let rewards: [Float]
    /// Where the entity is in each.
    let boxes: [DetectionBox]
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
  ///   - judge: Tells what pictures are worth, and where the entity is in those that are learnt from.
  ///   - onStep: Called after every step of a trajectory that was sampled or learnt from; may throw to stop.
  /// - Throws: ``TrainingError/round(_:_:)``, and what the judge and the closures throw.
  package mutating func round(
    _ round: Int, conditioning: (Int) throws -> FluxPipeline.Conditioning, judge: some PictureJudge,
    onStep: () throws -> Void = {}
  ) throws -> TrainingReport {
    do { return try learn(in: round, conditioning, judge, onStep) } catch let error as TrainingError {
      throw TrainingError.round(round + 1, error)
    }
  }

  private mutating func learn(
    in round: Int, _ conditioning: (Int) throws -> FluxPipeline.Conditioning, _ judge: some PictureJudge,
    _ onStep: () throws -> Void
  ) throws -> TrainingReport {
    let rows = (0..<settings.promptsPerRound).map { order.row(at: round * settings.promptsPerRound + $0) }
    let prompts = try rows.map(conditioning)
    var drawings: [Drawings] = []
    // As many pictures at a time as are learnt from at a time.
    let group = max(1, settings.batchSize * 2 / settings.imagesPerPrompt)
    for first in stride(from: 0, to: rows.count, by: group) {
      let places = first..<min(first + group, rows.count)
      do {
        drawings += try sample(
          Array(rows[places]), Array(prompts[places]), round: round, first: first, onStep)
      } catch let error as SamplingError { throw TrainingError.drawing(rows: Array(rows[places]), error) }
    }
    let rewards = try judge.rewards(of: drawings)
    precondition(
      rewards.count == drawings.count && rewards.allSatisfy { $0.count == settings.imagesPerPrompt },
      "\(settings.imagesPerPrompt) rewards for each of \(drawings.count) prompts")
    for (row, rewards) in zip(rows, rewards) {
      if let value = rewards.first(where: { !$0.isFinite }) {
        throw TrainingError.reward(row: row, value: value)
      }
    }
    let pairs = try self.pairs(drawings, rewards, judge)
    var sums = RoundSums()
    var learned: [Learner.Step] = []
    let pairsPerStep = settings.batchSize * settings.accumulation
    for first in stride(from: 0, to: pairs.count, by: pairsPerStep) {
      let part = first..<min(first + pairsPerStep, pairs.count)
      for start in stride(from: part.lowerBound, to: part.upperBound, by: settings.batchSize) {
        let batch = start..<min(start + settings.batchSize, part.upperBound)
        try collect(
          Array(pairs[batch]), Array(prompts[batch]), share: Double(batch.count) / Double(part.count), &sums,
          onStep)
      }
      learned.append(try learner.step())
    }
    let count = Double(learned.count)
    return TrainingReport(
      step: round + 1, loss: sums.mean(\.loss),
      Learner.Step(
        gradientNorm: learned.reduce(0) { $0 + $1.gradientNorm } / count,
        learningRate: learned.last?.learningRate ?? 0),
      further: Self.statistics(of: rewards) + [("box_share", Self.boxShare(pairs.flatMap(\.boxes)))]
        + sums.statistics + Self.imageStatistics(drawings))
  }

  /// The pictures of highest and lowest reward of each prompt, in the order in which they were drawn.
  private func pairs(
    _ drawings: [Drawings], _ rewards: [[Float]], _ judge: some PictureJudge
  ) throws -> [Pair] {
    let chosen = rewards.map { rewards -> [Int] in
      let best = rewards.indices.max { rewards[$0] < rewards[$1] } ?? 0
      // The other end of the list when all are equal, so that a pair has two pictures.
      let worst = rewards.indices.reversed().min { rewards[$0] < rewards[$1] } ?? 0
      return best == worst ? [0, 1] : [best, worst].sorted()
    }
    let contenders = zip(drawings, chosen).map { $0.selecting($1) }
    let boxes = try judge.boxes(in: contenders)
    precondition(
      boxes.count == contenders.count && boxes.allSatisfy { $0.count == 2 },
      "two boxes for each of \(contenders.count) pairs")
    return contenders.indices.map { index in
      Pair(
        drawings: contenders[index], rewards: chosen[index].map { rewards[index][$0] }, boxes: boxes[index])
    }
  }

  /// The pictures of some prompts.
  private func sample(
    _ rows: [Int], _ prompts: [FluxPipeline.Conditioning], round: Int, first: Int, _ onStep: () throws -> Void
  ) throws -> [Drawings] {
    let each = settings.imagesPerPrompt
    var generators = rows.indices.map {
      TrainingRandom.generator(
        seed: settings.seed, .trajectory, round * settings.promptsPerRound + first + $0)
    }
    var starts: [Tensor] = []
    for index in rows.indices {
      let first = pipeline.noise(from: &generators[index], height: settings.height, width: settings.width)
      starts.append(first)
      for _ in 1..<each {
        starts.append(
          settings.sharesStartNoise
            ? first
            : pipeline.noise(from: &generators[index], height: settings.height, width: settings.width))
      }
    }
    var sampling = FluxPipeline.Sampling()
    (sampling.steps, sampling.guidance) = (settings.steps, settings.guidance)
    sampling.sampler = .sde(churn: settings.churn, drift: settings.drift)
    sampling.stochasticSteps = settings.learningSteps
    var latents = [Tensor.concatenated(starts, axis: 0)]
    _ = try pipeline.sample(
      latents[0], conditioning: Self.repeated(prompts, each), height: settings.height, width: settings.width,
      sampling,
      noise: { _ in
        .concatenated(
          rows.indices.flatMap { index in
            (0..<each).map { _ in
              pipeline.noise(from: &generators[index], height: settings.height, width: settings.width)
            }
          }, axis: 0)
      },
      onStep: { _, next in
        latents.append(next)
        try onStep()
      })
    return try rows.enumerated().map { index, row in
      let own = latents.map { $0.slice(each * index..<each * (index + 1), axis: 0) }
      return Drawings(
        row: row,
        images: try pipeline.images(
          from: own[settings.steps], height: settings.height, width: settings.width),
        latents: own)
    }
  }

  /// Adds the gradient of some pairs' whole trajectories.
  private func collect(
    _ pairs: [Pair], _ prompts: [FluxPipeline.Conditioning], share: Double, _ sums: inout RoundSums,
    _ onStep: () throws -> Void
  ) throws {
    let conditioning = Self.repeated(prompts, 2)
    let size = pipeline.latentSize(height: settings.height, width: settings.width)
    let schedule = pipeline.schedule(
      steps: settings.steps, height: settings.height, width: settings.width)
    let rotary = pipeline.transformer.rotaryTable(
      textTokens: conditioning.states.shape[1], height: size.height / 2, width: size.width / 2)
    let guidance =
      pipeline.transformer.configuration.hasGuidance
      ? Tensor(repeating: settings.guidance, shape: [conditioning.count]) : nil
    let mask = settings.isMasked ? self.mask(pairs.flatMap(\.boxes), size) : nil
    for index in 0..<settings.learningSteps {
      let step = PolicyStep(
        latents: .concatenated(pairs.map { $0.drawings.latents[index] }, axis: 0),
        nextLatents: .concatenated(pairs.map { $0.drawings.latents[index + 1] }, axis: 0),
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
      let tape = Tape(keeping: Tape.usualAllowance)
      let now = velocity(pipeline.transformer, tape)
      let result = settings.loss(
        step, velocity: now, referenceVelocity: before, rewards: pairs.flatMap(\.rewards), mask: mask)
      guard result.loss.value.item.isFinite else {
        throw TrainingError.loss(
          step: learner.steps + 1, rows: pairs.map(\.drawings.row), value: result.loss.value.item)
      }
      tape.backward(from: [(result.loss, Tensor([Float(share / Double(settings.learningSteps))], shape: []))])
      sums.add(result, step.distance(of: now.value, from: before), weight: Double(pairs.count))
      try onStep()
    }
  }

  private func mask(_ boxes: [DetectionBox], _ size: (height: Int, width: Int)) -> Tensor {
    let channels = pipeline.autoencoder.configuration.latentChannels
    return .concatenated(
      boxes.map {
        $0.packedMask(
          height: size.height, width: size.width, channels: channels, wrapsAround: settings.wrapsAround)
      }, axis: 0)
  }

  /// Every prompt several times, as its pictures lie in a batch.
  private static func repeated(
    _ prompts: [FluxPipeline.Conditioning], _ times: Int
  ) -> FluxPipeline.Conditioning {
    let all = prompts.flatMap { Array(repeating: $0, count: times) }
    return FluxPipeline.Conditioning(
      states: .concatenated(all.map(\.states), axis: 0), pooled: .concatenated(all.map(\.pooled), axis: 0))
  }
}

/// Says what drawn pictures are worth and where their entity is.
package protocol PictureJudge {
  /// A reward for each picture of each prompt; the higher wins.
  func rewards(of drawings: [OnlineTrainer.Drawings]) throws -> [[Float]]
  /// Where the entity is, for each picture of each prompt.
  func boxes(in drawings: [OnlineTrainer.Drawings]) throws -> [[DetectionBox]]
}
