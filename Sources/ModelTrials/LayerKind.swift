import Kernels
import Layers
import Tensors

/// A kind of layer of FLUX.1-dev as it draws 512×512 from 512 tokens of text: how often, how much arithmetic, how many bytes.
///
/// A row of the roofline page: what a layer could take at the least is the larger of its arithmetic over the processor's and its
/// bytes over the memory's (Williams, Waterman, Patterson, "Roofline", CACM 2009).
package struct LayerKind: Sendable {
  /// What the layers are part of, and how often that is computed.
  package enum Stage: String, CaseIterable, Sendable {
    case step = "a step of denoising"
    case prompt = "a prompt through T5-XXL"
    case picture = "the decoder's 3×3 convolutions"
  }

  package let name: String
  package let stage: Stage
  /// How many of them the stage has.
  package let count: Int
  /// Multiplications and additions of one; of 3×3 convolutions, those of Winograd's products, a quarter of the direct ones.
  package let operations: Double
  /// What one reads and writes if every number is moved once: inputs, weights as they rest, outputs.
  package let bytes: Double
  /// Whether its products are of whole numbers, of which the processor multiplies more.
  package let isInteger: Bool
  /// Makes numbers to compute with, and gives the computation.
  let work: @Sendable () -> () -> Void

  /// The least seconds that one can take.
  package func bound(_ peak: MachinePeak) -> Double { max(arithmeticBound(peak), bytes / peak.bytes) }

  /// Whether the memory's speed is what bounds it.
  package func isBoundByMemory(_ peak: MachinePeak) -> Bool { bytes / peak.bytes > arithmeticBound(peak) }

  private func arithmeticBound(_ peak: MachinePeak) -> Double {
    operations / (isInteger ? peak.integerOperations : peak.floatOperations)
  }

  /// The time of one: the median of as many as fit into a second, three at least, after one that is not timed.
  package func seconds() -> Double {
    let work = work()
    work()
    let clock = ContinuousClock()
    let began = clock.now
    var seconds: [Double] = []
    while seconds.count < 3 || (clock.now - began < .seconds(1) && seconds.count < 1000) {
      let start = clock.now
      work()
      seconds.append((clock.now - start) / .seconds(1))
    }
    return seconds.sorted()[seconds.count / 2]
  }
}

extension LayerKind {
  private static let (width, heads, text, picture) = (3072, 24, 512, 1024)
  private static var tokens: Int { text + picture }

  /// All kinds, with the matrices in one format.
  package static func all(weights format: Weight.Format) -> [LayerKind] {
    let w = width
    // 19 double blocks, whose two streams have layers of their own for 512 and 1024 tokens, and 38 single ones.
    let step = [
      linear("queries, keys and values", .step, 57, tokens, w, w, format, layers: 3),
      linear("attention's output", .step, 19, tokens, w, w, format),
      linear("feed-forward in, GELU", .step, 57, tokens, w, 4 * w, format, activation: .geluTanh),
      linear("feed-forward out", .step, 19, tokens, 4 * w, w, format),
      linear("single block's output", .step, 38, tokens, 5 * w, w, format),
      // 2 × 6 vectors of a double block are 4 times the 3 of a single one.
      linear("modulation", .step, 19 * 4 + 38, 1, w, 3 * w, format == .int8 ? .bfloat16 : format),
      attention(57), normalizedHeads(114), modulatedNorm(19 * 2 + 38), gatedSum(19 * 2 + 38),
    ]
    let prompt = [
      linear("attention's four matrices", .prompt, 24, text, 4096, 4096, format, layers: 4),
      linear("feed-forward in, both halves", .prompt, 24, text, 4096, 10_240, format, layers: 2),
      linear("feed-forward out", .prompt, 24, text, 10_240, 4096, format),
    ]
    // Of the resnets at each resolution, and of the first and the enlarging convolutions; see `AutoencoderKL`.
    let picture = [
      convolution(512, 512, side: 64, count: 10), convolution(512, 512, side: 128, count: 7),
      convolution(512, 256, side: 256, count: 1), convolution(256, 256, side: 256, count: 5),
      convolution(512, 512, side: 256, count: 1), convolution(256, 256, side: 512, count: 1),
      convolution(256, 128, side: 512, count: 1), convolution(128, 128, side: 512, count: 5),
    ]
    return step + prompt + picture
  }

  private static func normal(_ shape: [Int]) -> Tensor {
    var generator = TorchGenerator(seed: 1)
    return generator.normal(shape: shape)
  }

  private static func linear(
    _ name: String, _ stage: Stage, _ count: Int, _ tokens: Int, _ inputs: Int, _ outputs: Int,
    _ format: Weight.Format, layers: Int = 1, activation: Activation? = nil
  ) -> LayerKind {
    let (numbers, weights) = (tokens * (inputs + layers * outputs), layers * inputs * outputs)
    return LayerKind(
      name: name, stage: stage, count: count, operations: 2 * Double(tokens) * Double(weights),
      bytes: Double(4 * numbers + format.byteCount * weights), isInteger: format == .int8,
      work: {
        let x = normal([1, tokens, inputs])
        let linears = (0..<layers).map { _ in
          Linear(weight: weight([outputs, inputs], format), bias: Tensor(repeating: 0, shape: [outputs]))
        }
        return { _ = Linear.results(of: linears.map { $0.on(x, then: activation) }) }
      })
  }

  /// Random numbers, resting in memory of their own.
  private static func weight(_ shape: [Int], _ format: Weight.Format) -> Weight {
    let count = shape.reduce(1, *)
    let bytes = RestingBytes(count * format.byteCount)
    var generator = TorchGenerator(seed: 2)
    // A row again and again: to draw millions of numbers would take longer than the layers do.
    let row = generator.normal(shape: [4096]).values
    for index in 0..<count {
      let value = row[index & 4095] / 64
      switch format {
      case .float32: bytes.memory.storeBytes(of: value, toByteOffset: 4 * index, as: Float.self)
      case .bfloat16, .float16:
        bytes.memory.storeBytes(of: UInt16(value.bitPattern >> 16), toByteOffset: 2 * index, as: UInt16.self)
      case .int8:
        bytes.memory.storeBytes(
          of: Int8(max(-127, min(127, value * 1500))), toByteOffset: index, as: Int8.self)
      }
    }
    let buffer = UnsafeRawBufferPointer(bytes.memory)
    guard format == .int8 else { return Weight(shape: shape, format: format, bytes: buffer, owner: bytes) }
    return Weight(
      shape: shape, bytes: buffer, scales: Tensor(repeating: 1 / 1500, shape: [shape[0], 1]), owner: bytes
    ).multiplyingIntegers()
  }

  private final class RestingBytes {
    let memory: UnsafeMutableRawBufferPointer
    init(_ count: Int) { memory = .allocate(byteCount: count, alignment: 64) }
    deinit { memory.deallocate() }
  }

  private static func attention(_ count: Int) -> LayerKind {
    LayerKind(
      name: "attention", stage: .step, count: count,
      operations: 4 * Double(tokens) * Double(tokens) * Double(width), bytes: Double(4 * 4 * tokens * width),
      isInteger: false,
      work: {
        let x = normal([1, tokens, width])
        return { _ = x.attention(keys: x, values: x, heads: heads, scale: 0.01) }
      })
  }

  private static func normalizedHeads(_ count: Int) -> LayerKind {
    LayerKind(
      name: "heads normalised and rotated", stage: .step, count: count,
      operations: Double(8 * tokens * width), bytes: Double(2 * 4 * tokens * width), isInteger: false,
      work: {
        let (x, half) = (normal([1, tokens, width]), width / heads / 2)
        let table = RotaryTable(cosine: normal([tokens, half]), sine: normal([tokens, half]))
        let stream = HeadStream(x, normWeight: Tensor(repeating: 1, shape: [width / heads]))
        return { _ = Tensor.joinedHeads([stream], epsilon: 1e-6, rotatedBy: table) }
      })
  }

  private static func modulatedNorm(_ count: Int) -> LayerKind {
    LayerKind(
      name: "modulated layer norm", stage: .step, count: count, operations: Double(8 * tokens * width),
      bytes: Double(2 * 4 * tokens * width), isInteger: false,
      work: {
        let (x, vector) = (normal([1, tokens, width]), normal([1, width]))
        return { _ = x.modulatedLayerNorm(scale: vector, shift: vector, epsilon: 1e-6) }
      })
  }

  private static func gatedSum(_ count: Int) -> LayerKind {
    LayerKind(
      name: "gated sum", stage: .step, count: count, operations: Double(2 * tokens * width),
      bytes: Double(3 * 4 * tokens * width), isInteger: false,
      work: {
        let (y, gate) = (normal([1, tokens, width]), normal([1, width]))
        var x = normal([1, tokens, width])
        return { x.add(y, gatedBy: gate) }
      })
  }

  /// 3×3, with the group norm and SiLU before it.
  private static func convolution(_ inputs: Int, _ outputs: Int, side: Int, count: Int) -> LayerKind {
    let weights = 9 * inputs * outputs
    return LayerKind(
      name: "\(inputs) to \(outputs), \(side)×\(side)", stage: .picture, count: count,
      operations: 2 * Double(weights) * Double(side * side) / 4,
      bytes: Double(4 * (side * side * (inputs + outputs) + weights)), isInteger: false,
      work: {
        let map = FeatureMap(height: side, width: side, channels: inputs)
        let row = normal([1, inputs]).values
        for pixel in 0..<side * side {
          for channel in 0..<inputs { map.values[pixel * inputs + channel] = row[(channel + pixel) % inputs] }
        }
        let kernels = weight([outputs, inputs, 3, 3], .float32)
        let bias = Tensor(repeating: 0, shape: [outputs])
        let geometry = ConvolutionGeometry(inputs: inputs, outputs: outputs, size: 3)
        let activation = map.groupNormalization(
          groups: 32, epsilon: 1e-6, weight: Tensor(repeating: 1, shape: [inputs]),
          bias: Tensor(repeating: 0, shape: [inputs]), silu: true)
        return { _ = map.convolved(with: kernels, bias: bias, geometry, activation: activation) }
      })
  }
}
