import Checkpoints
import FLUX
import Foundation
import Kernels
import Tensors

extension Calibration {
  /// Measures this machine for some twenty seconds, on models of zeros.
  package static func measured() throws -> Calibration {
    var calibration = Calibration()
    calibration.threads = Parallelism.threads
    calibration.kernels = String(cString: elementwise().pointee.name)
    // From a few tokens of a narrow stream, where calls cost most, to a product that fills a second.
    let sizes = [(192, 32), (192, 512), (192, 2304), (768, 256), (768, 1280), (1536, 768)]
    let blocks = try sizes.map { try transformer(width: $0, tokens: $1) }
    let rates = Fit.coefficients(
      blocks.map { ([$0.work.blocks, $0.work.elements, $0.work.scores, $0.work.operations], $0.seconds) })
    (calibration.block, calibration.element, calibration.score) = (rates[0], rates[1], rates[2])
    calibration.operation = rates[3]
    let maps = try [(32, 8), (32, 64), (128, 16), (128, 48), (256, 32)].map {
      try autoencoder(channels: $0, side: $1)
    }
    let rest = maps.map { map in
      let others = Work(
        blocks: map.work.blocks, elements: map.work.elements, scores: map.work.scores,
        operations: map.work.operations)
      return (
        [map.work.convolutions, map.work.mapElements, map.work.convolutionOperations],
        max(0, map.seconds - calibration.seconds(of: others))
      )
    }
    let convolutions = Fit.coefficients(rest)
    (calibration.convolution, calibration.mapElement) = (convolutions[0], convolutions[1])
    calibration.convolutionOperation = convolutions[2]
    calibration.byteOperation = calibration.operation * byteShare()
    return calibration
  }

  private typealias Measured = (work: Work, seconds: Double)

  /// The median of at least three calls, after one that is not timed.
  private static func median(_ body: () -> Void) -> Double {
    body()
    let (clock, began) = (ContinuousClock(), ContinuousClock.now)
    var seconds: [Double] = []
    while seconds.count < 3 || (clock.now - began < .milliseconds(500) && seconds.count < 100) {
      let start = clock.now
      body()
      seconds.append((clock.now - start) / .seconds(1))
    }
    return seconds.sorted()[seconds.count / 2]
  }

  private static func transformer(width: Int, tokens: Int) throws -> Measured {
    var configuration = FluxTransformer2DModel.Configuration()
    (configuration.headSize, configuration.heads) = (32, width / 32)
    (configuration.rotaryAxes, configuration.doubleBlocks, configuration.singleBlocks) = ([8, 12, 12], 2, 2)
    (configuration.jointAttentionWidth, configuration.pooledProjectionWidth) = (128, 128)
    let model = try FluxTransformer2DModel(WeightReader(listing: WeightList()), configuration)
    let side = Int(Double(tokens / 2).squareRoot())
    let text = tokens - side * side
    let latents = Tensor(repeating: 0.5, shape: [1, side * side, configuration.inChannels])
    let states = Tensor(repeating: 0.5, shape: [1, text, 128])
    let (pooled, half) = (Tensor(repeating: 0.5, shape: [1, 128]), Tensor(repeating: 0.5, shape: [1]))
    let rotary = model.rotaryTable(textTokens: text, height: side, width: side)
    let seconds = median {
      _ = model(latents: latents, context: states, pooled: pooled, sigma: half, guidance: nil, rotary: rotary)
    }
    return (
      .blocks(
        4, tokens: tokens, width: width, perToken: 12 * width * width, attention: width,
        heads: configuration.heads), seconds
    )
  }

  private static func autoencoder(channels: Int, side: Int) throws -> Measured {
    var configuration = AutoencoderKL.Configuration()
    configuration.blockOutChannels = [channels, channels, channels]
    let model = try AutoencoderKL(WeightReader(listing: WeightList()), configuration)
    let latents = Tensor(repeating: 0.5, shape: [1, configuration.latentChannels, side, side])
    let seconds = median { _ = model.decode(latents) }
    return (FluxWork.decoding(configuration, height: 4 * side, width: 4 * side), seconds)
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
      median { _ = LinearProduct([x], bytes, takesIntegers: true).result },
      median { _ = LinearProduct([x], floats).result }
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
