import Autodiff
import Checkpoints
import FLUX
import FineTuning
import Foundation
import Kernels
import Layers
import Tensors

extension Calibration {
  /// Measures this machine for half a minute, on models of zeros.
  ///
  /// - Returns: What fits best, and what it was fitted to.
  package static func measured() throws -> (calibration: Calibration, trials: [Trial]) {
    var calibration = Calibration()
    calibration.threads = Parallelism.threads
    calibration.kernels = String(cString: elementwise().pointee.name)
    // From a few tokens of a narrow stream, where calls cost most, to a product that fills a second.
    let sizes = [(192, 32), (192, 512), (192, 2304), (768, 256), (768, 1280), (1536, 768)]
    let drawings = try sizes.map { try drawing(width: $0, tokens: $1) }
    calibration.fit([.blocks, .elements, .scores, .operations], to: drawings)
    let decodings = try [(32, 8), (32, 64), (128, 16), (128, 48), (256, 32)].map {
      try decoding(channels: $0, side: $1)
    }
    calibration.fit([.convolutions, .mapElements, .convolutionOperations], to: decodings)
    calibration.seconds[.byteOperations] = (calibration.seconds[.operations] ?? 0) * byteShare()
    let trainings = try [
      (192, 32, 1, 16), (192, 32, 8, 16), (192, 128, 8, 4), (192, 128, 8, 128), (192, 1024, 1, 16),
      (768, 384, 1, 4), (768, 384, 1, 64),
    ].map { try training(width: $0, tokens: $1, batch: $2, rank: $3) }
    calibration.fitTraining(trainings)
    return (calibration, drawings + decodings + trainings)
  }

  /// One thing that was computed, and how long it took.
  package struct Trial: Sendable {
    package let what: String
    package let work: Work
    package let seconds: Double
  }

  /// Gives some quantities the seconds that explain best what is left when those known by now are taken away.
  private mutating func fit(_ quantities: [Work.Quantity], to trials: [Trial]) {
    let found = Fit.coefficients(
      trials.map { trial in
        (quantities.map { trial.work[$0] }, max(0, trial.seconds - self.seconds(of: trial.work)))
      })
    for (quantity, seconds) in zip(quantities, found) { self.seconds[quantity] = seconds }
  }

  /// Gradients of a block take a time of their own beside its arithmetic, and one multiple of what that takes forward.
  private mutating func fitTraining(_ trials: [Trial]) {
    let passed: [(gradient: Work.Quantity, forward: Work.Quantity)] = [
      (.gradientElements, .elements), (.gradientScores, .scores), (.gradientOperations, .operations),
    ]
    let forward = seconds
    let found = Fit.coefficients(
      trials.map { trial in
        let work = trial.work
        let arithmetic = passed.reduce(0) { $0 + work[$1.gradient] * (forward[$1.forward] ?? 0) }
        return (
          [work[.gradientBlocks], arithmetic, work[.updateElements], work[.parameters]],
          max(0, trial.seconds - self.seconds(of: work))
        )
      })
    for pair in passed { seconds[pair.gradient] = found[1] * (forward[pair.forward] ?? 0) }
    (seconds[.gradientBlocks], seconds[.updateElements], seconds[.parameters]) = (
      found[0], found[2], found[3]
    )
  }

  /// The lower quartile of at least three calls, after one that is not timed: a trial that others disturbed would bend the fit,
  /// and the times of all jobs with it.
  private static func quartile(_ body: () throws -> Void) rethrows -> Double {
    try body()
    let (clock, began) = (ContinuousClock(), ContinuousClock.now)
    var seconds: [Double] = []
    while seconds.count < 3 || (clock.now - began < .milliseconds(700) && seconds.count < 100) {
      let start = clock.now
      try body()
      seconds.append((clock.now - start) / .seconds(1))
    }
    return seconds.sorted()[seconds.count / 4]
  }

  /// A transformer of two double and two single blocks, and what it is given.
  private struct Passage {
    let model: FluxTransformer2DModel
    let latents: Tensor
    let states: Tensor
    let pooled: Tensor
    let half: Tensor
    let rotary: RotaryTable
    let work: Work

    init(width: Int, tokens: Int, batch: Int = 1, lowRank: LowRankLayers? = nil) throws {
      var configuration = FluxTransformer2DModel.Configuration()
      (configuration.headSize, configuration.heads) = (32, width / 32)
      (configuration.rotaryAxes, configuration.doubleBlocks, configuration.singleBlocks) = (
        [8, 12, 12], 2, 2
      )
      (configuration.jointAttentionWidth, configuration.pooledProjectionWidth) = (128, 128)
      model = try FluxTransformer2DModel(
        WeightReader(listing: WeightList(), lowRank: lowRank), configuration)
      let side = Int(Double(tokens / 2).squareRoot())
      let text = tokens - side * side
      latents = Tensor(repeating: 0.5, shape: [batch, side * side, configuration.inChannels])
      states = Tensor(repeating: 0.5, shape: [batch, text, 128])
      pooled = Tensor(repeating: 0.5, shape: [batch, 128])
      half = Tensor(repeating: 0.5, shape: [batch])
      rotary = model.rotaryTable(textTokens: text, height: side, width: side)
      work = .blocks(
        4, tokens: tokens, batch: batch, width: width, perToken: 12 * width * width, attention: width,
        heads: configuration.heads)
    }
  }

  private static func drawing(width: Int, tokens: Int) throws -> Trial {
    let passage = try Passage(width: width, tokens: tokens)
    let seconds = quartile {
      _ = passage.model(
        latents: passage.latents, context: passage.states, pooled: passage.pooled, sigma: passage.half,
        guidance: nil, rotary: passage.rotary)
    }
    return Trial(
      what: "a pass of 4 blocks, \(tokens) tokens of width \(width)", work: passage.work, seconds: seconds)
  }

  /// Steps of training an adapter, all of whose activations are kept.
  private static func training(width: Int, tokens: Int, batch: Int, rank: Int) throws -> Trial {
    let lowRank = LowRankLayers(.init(rank: rank, alpha: Float(rank)), generator: TorchGenerator(seed: 1))
    let passage = try Passage(width: width, tokens: tokens, batch: batch, lowRank: lowRank)
    var learner = Learner(lowRank.parameters, .init(learningRate: 1e-6))
    let seconds = try quartile {
      let tape = Tape(keeping: Tape.usualAllowance)
      let velocity = passage.model.velocity(
        latents: passage.latents, context: passage.states, pooled: passage.pooled, sigma: passage.half,
        guidance: nil, rotary: passage.rotary, on: tape, isCheckpointed: false)
      tape.backward(
        from: FlowMatchingLoss.loss(velocity: velocity, latents: passage.latents, noise: passage.latents))
      _ = try learner.step()
    }
    let sides = lowRank.pairs.reduce(0) { $0 + $1.a.value.shape[1] + $1.b.value.shape[0] }
    let work =
      passage.work + passage.work.gradients
      + .updates(tokens: batch * tokens, rank: rank, sides: sides, passes: 3)
      + Work([.parameters: Double(rank * sides)])
    return Trial(
      what: "a training step of rank \(rank), 4 blocks, \(batch) × \(tokens) tokens of width \(width)",
      work: work,
      seconds: seconds)
  }

  private static func decoding(channels: Int, side: Int) throws -> Trial {
    var configuration = AutoencoderKL.Configuration()
    configuration.blockOutChannels = [channels, channels, channels]
    let model = try AutoencoderKL(WeightReader(listing: WeightList()), configuration)
    let latents = Tensor(repeating: 0.5, shape: [1, configuration.latentChannels, side, side])
    let seconds = quartile { _ = model.decode(latents) }
    return Trial(
      what: "an autoencoder of \(channels) channels, to \(4 * side)×\(4 * side)",
      work: FluxWork.decoding(configuration, height: 4 * side, width: 4 * side), seconds: seconds)
  }

  /// What a product with signed bytes takes of the same with floats.
  private static func byteShare() -> Double {
    let (rows, width) = (512, 2048)
    let zeros = Data(count: width * width) as NSData
    let bytes = Weight(
      shape: [width, width], bytes: UnsafeRawBufferPointer(start: zeros.bytes, count: zeros.length),
      scales: Tensor(repeating: 1, shape: [width, 1]), owner: zeros
    ).multiplyingIntegers()
    let floats = Weight(Tensor(repeating: 0, shape: [width, width]))
    let x = Tensor(repeating: 0.5, shape: [rows, width])
    let (one, other) = (
      quartile { _ = LinearProduct([x], bytes, takesIntegers: true).result },
      quartile { _ = LinearProduct([x], floats).result }
    )
    return one / other
  }
}

/// Least squares of relative errors, with coefficients that are not negative.
enum Fit {
  /// - Parameter points: What is there of each quantity, and the seconds that all of it took.
  /// - Returns: Seconds for one of each quantity.
  static func coefficients(_ points: [(amounts: [Double], seconds: Double)]) -> [Double] {
    let count = points.first?.amounts.count ?? 0
    var coefficients = [Double](repeating: 0, count: count)
    // One after the other, each the best that is not negative while the others stay: there are three or four.
    for _ in 0..<20_000 {
      for index in 0..<count {
        var (above, below) = (0.0, 0.0)
        for (amounts, seconds) in points where seconds > 0 {
          let others =
            zip(amounts, coefficients).reduce(0) { $0 + $1.0 * $1.1 } - amounts[index] * coefficients[index]
          let (amount, rest) = (amounts[index] / seconds, (seconds - others) / seconds)
          above += amount * rest
          below += amount * amount
        }
        if below > 0 { coefficients[index] = max(0, above / below) }
      }
    }
    return coefficients
  }
}
