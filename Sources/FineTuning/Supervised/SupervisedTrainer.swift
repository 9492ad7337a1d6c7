import Autodiff
import FLUX
import Tensors

/// One picture with its prompt, encoded.
package struct FlowExample: Sendable {
  /// The autoencoder's distribution of the picture: `[1, C, height, width]` each, not scaled yet.
  package var mean: Tensor
  package var deviation: Tensor
  package var conditioning: FluxPipeline.Conditioning

  package init(mean: Tensor, deviation: Tensor, conditioning: FluxPipeline.Conditioning) {
    (self.mean, self.deviation, self.conditioning) = (mean, deviation, conditioning)
  }
}

/// Fine-tunes a FLUX transformer's low-rank updates on pictures and their prompts (stage 1 of Science-T2I).
///
/// `x = (sample of the autoencoder's distribution − shift)·scale`, a noise level uniform over the 1000 training levels,
/// and ``FlowMatchingLoss``. Science-T2I `sft_flux.py`.
package struct SupervisedTrainer {
  package struct Settings: Sendable, Equatable {
    package var batchSize = 4
    package var accumulation = 8
    package var seed = 0
    /// The distilled guidance scale, for models that embed it.
    package var guidance: Float = 0
    /// Whether blocks are computed again instead of kept.
    package var isCheckpointed = true

    package init() {}
  }

  package let transformer: FluxTransformer2DModel
  private let autoencoder: AutoencoderKL
  package let settings: Settings
  package var learner: Learner
  private var order: ExampleOrder

  /// - Parameters:
  ///   - transformer: Built with the low-rank layers that the learner trains.
  ///   - rows: How many examples there are.
  package init(
    transformer: FluxTransformer2DModel, autoencoder: AutoencoderKL, learner: Learner, settings: Settings,
    rows: Int
  ) {
    (self.transformer, self.autoencoder) = (transformer, autoencoder)
    (self.learner, self.settings) = (learner, settings)
    order = ExampleOrder(rows: rows, seed: settings.seed)
  }

  /// One optimizer step.
  ///
  /// - Parameter example: Gives the example of a row; what it chooses among, it draws from the generator.
  /// - Throws: ``TrainingError``, and what `example` throws.
  package mutating func step(
    example: (_ row: Int, _ generator: inout TorchGenerator) throws -> FlowExample
  ) throws -> TrainingReport {
    let number = learner.steps
    var loss = 0.0
    for micro in 0..<settings.accumulation {
      loss += try collect(from: (number * settings.accumulation + micro) * settings.batchSize, example)
    }
    return TrainingReport(
      step: number + 1, loss: loss / Double(settings.accumulation), try learner.step())
  }

  /// Adds one batch's gradient, and gives its loss.
  private mutating func collect(
    from place: Int, _ example: (Int, inout TorchGenerator) throws -> FlowExample
  ) throws -> Double {
    var entries: [Entry] = []
    for place in place..<place + settings.batchSize {
      let row = order.row(at: place)
      var generator = TrainingRandom.generator(seed: settings.seed, .example, place)
      let example = try example(row, &generator)
      let latents = autoencoder.scaled(
        example.mean + example.deviation * generator.normal(shape: example.mean.shape))
      let sigma = FlowMatchingLoss.sigma(timestepIndex: generator.index(below: 1000))
      entries.append(
        Entry(
          row: row, latents: latents, noise: generator.normal(shape: latents.shape), sigma: sigma,
          conditioning: example.conditioning))
    }
    var sum = 0.0
    // Pictures of one size are computed together.
    var sizes: [[Int]] = []
    for entry in entries where !sizes.contains(entry.latents.shape) { sizes.append(entry.latents.shape) }
    for size in sizes {
      let group = entries.filter { $0.latents.shape == size }
      let tape = Tape(keeping: Tape.usualAllowance)
      let loss = self.loss(of: group, on: tape)
      guard loss.value.item.isFinite else {
        throw TrainingError.loss(step: learner.steps + 1, rows: group.map(\.row), value: loss.value.item)
      }
      let share = Float(group.count) / Float(entries.count)
      tape.backward(from: [(loss, Tensor([share / Float(settings.accumulation)], shape: []))])
      sum += Double(share) * Double(loss.value.item)
    }
    return sum
  }

  private struct Entry {
    let row: Int
    let latents: Tensor
    let noise: Tensor
    let sigma: Float
    let conditioning: FluxPipeline.Conditioning
  }

  private func loss(of entries: [Entry], on tape: Tape) -> Variable {
    let latents = Tensor.concatenated(entries.map(\.latents), axis: 0)
    let noise = Tensor.concatenated(entries.map(\.noise), axis: 0)
    let sigma = Tensor(entries.map(\.sigma))
    let states = Tensor.concatenated(entries.map(\.conditioning.states), axis: 0)
    let velocity = transformer.velocity(
      latents: PackedLatents.pack(FlowMatchingLoss.mixed(latents, noise: noise, sigma: sigma)),
      context: states,
      pooled: .concatenated(entries.map(\.conditioning.pooled), axis: 0), sigma: sigma,
      guidance: transformer.configuration.hasGuidance
        ? Tensor(repeating: settings.guidance, shape: sigma.shape) : nil,
      rotary: transformer.rotaryTable(
        textTokens: states.shape[1], height: latents.shape[2] / 2, width: latents.shape[3] / 2), on: tape,
      isCheckpointed: settings.isCheckpointed)
    return FlowMatchingLoss.loss(
      velocity: velocity, latents: PackedLatents.pack(latents), noise: PackedLatents.pack(noise))
  }
}
