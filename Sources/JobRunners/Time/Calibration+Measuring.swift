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
    let drawings = try [(192, 32), (192, 512), (192, 2304), (768, 256), (768, 1280), (1536, 768)].map {
      try drawing(width: $0, tokens: $1)
    }
    let decodings = try [(32, 8), (32, 64), (128, 16), (128, 48), (256, 32)].map {
      try decoding(channels: $0, side: $1)
    }
    let trainings = try [
      (192, 32, 1, 16), (192, 32, 8, 16), (192, 128, 8, 4), (192, 128, 8, 128), (192, 1024, 1, 16),
      (768, 384, 1, 4), (768, 384, 1, 64),
    ].map { try training(width: $0, tokens: $1, batch: $2, rank: $3) }
    let products = products()
    let setups = drawings + decodings + trainings + [products.bytes, products.floats]
    let seconds = try medianSeconds(setups)
    let trials = zip(setups, seconds).map { Trial(what: $0.what, work: $0.work, seconds: $1) }
    var rest = trials[...]
    func next(_ count: Int) -> [Trial] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    calibration.fit([.blocks, .elements, .scores, .operations], to: next(drawings.count))
    calibration.fit([.convolutions, .mapElements, .convolutionOperations], to: next(decodings.count))
    calibration.fitTraining(next(trainings.count))
    let (bytes, floats) = (seconds[setups.count - 2], seconds[setups.count - 1])
    calibration.seconds[.byteOperations] = (calibration.seconds[.operations] ?? 0) * bytes / floats
    return (calibration, Array(trials.dropLast(2)))
  }

  /// Something to compute and to time.
  private struct Setup {
    let what: String
    let work: Work
    let body: () throws -> Void
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

  /// The seconds of each: the median of some calls, and of three such medians the middle one.
  ///
  /// All are timed before one is timed again: what disturbs a machine does so for seconds, and a trial that was disturbed would
  /// bend the fit, and the times of all jobs with it.
  private static func medianSeconds(_ setups: [Setup]) throws -> [Double] {
    for setup in setups { try setup.body() }
    var medians = [[Double]](repeating: [], count: setups.count)
    for _ in 0..<3 {
      for (index, setup) in setups.enumerated() { medians[index].append(try median(setup.body)) }
    }
    return medians.map { $0.sorted()[1] }
  }

  private static func median(_ body: () throws -> Void) rethrows -> Double {
    let (clock, began) = (ContinuousClock(), ContinuousClock.now)
    var seconds: [Double] = []
    while seconds.isEmpty || (clock.now - began < .milliseconds(300) && seconds.count < 50) {
      let start = clock.now
      try body()
      seconds.append((clock.now - start) / .seconds(1))
    }
    return seconds.sorted()[seconds.count / 2]
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

  private static func drawing(width: Int, tokens: Int) throws -> Setup {
    let passage = try Passage(width: width, tokens: tokens)
    return Setup(what: "a pass of 4 blocks, \(tokens) tokens of width \(width)", work: passage.work) {
      _ = passage.model(
        latents: passage.latents, context: passage.states, pooled: passage.pooled, sigma: passage.half,
        guidance: nil, rotary: passage.rotary)
    }
  }

  /// Steps of training an adapter, all of whose activations are kept.
  private static func training(width: Int, tokens: Int, batch: Int, rank: Int) throws -> Setup {
    let lowRank = LowRankLayers(.init(rank: rank, alpha: Float(rank)), generator: TorchGenerator(seed: 1))
    let passage = try Passage(width: width, tokens: tokens, batch: batch, lowRank: lowRank)
    var learner = Learner(lowRank.parameters, .init(learningRate: 1e-6))
    let sides = lowRank.pairs.reduce(0) { $0 + $1.a.value.shape[1] + $1.b.value.shape[0] }
    let work =
      passage.work + passage.work.gradients
      + .updates(tokens: batch * tokens, rank: rank, sides: sides, passes: 3)
      + Work([.parameters: Double(rank * sides)])
    return Setup(
      what: "a training step of rank \(rank), 4 blocks, \(batch) × \(tokens) tokens of width \(width)",
      work: work
    ) {
      let tape = Tape(keeping: Tape.usualAllowance)
      let velocity = passage.model.velocity(
        latents: passage.latents, context: passage.states, pooled: passage.pooled, sigma: passage.half,
        guidance: nil, rotary: passage.rotary, on: tape, isCheckpointed: false)
      tape.backward(
        from: FlowMatchingLoss.loss(velocity: velocity, latents: passage.latents, noise: passage.latents))
      _ = try learner.step()
    }
  }

  private static func decoding(channels: Int, side: Int) throws -> Setup {
    var configuration = AutoencoderKL.Configuration()
    configuration.blockOutChannels = [channels, channels, channels]
    let model = try AutoencoderKL(WeightReader(listing: WeightList()), configuration)
    let latents = Tensor(repeating: 0.5, shape: [1, configuration.latentChannels, side, side])
    return Setup(
      what: "an autoencoder of \(channels) channels, to \(4 * side)×\(4 * side)",
      work: FluxWork.decoding(configuration, height: 4 * side, width: 4 * side)
    ) { _ = model.decode(latents) }
  }

  /// A product with signed bytes, and the same with floats.
  private static func products() -> (bytes: Setup, floats: Setup) {
    let (rows, width) = (512, 2048)
    let zeros = Data(count: width * width) as NSData
    let bytes = Weight(
      shape: [width, width], bytes: UnsafeRawBufferPointer(start: zeros.bytes, count: zeros.length),
      scales: Tensor(repeating: 1, shape: [width, 1]), owner: zeros
    ).multiplyingIntegers()
    let floats = Weight(Tensor(repeating: 0, shape: [width, width]))
    let x = Tensor(repeating: 0.5, shape: [rows, width])
    return (
      Setup(what: "bytes", work: Work()) { _ = LinearProduct([x], bytes, takesIntegers: true).result },
      Setup(what: "floats", work: Work()) { _ = LinearProduct([x], floats).result }
    )
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
