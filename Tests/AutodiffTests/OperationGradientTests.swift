import Autodiff
import Tensors
import Testing

/// Every operation's rule against central differences, on odd shapes.
@Suite struct OperationGradientTests {
  private func numbers(_ shape: Int..., seed: UInt64, scale: Float = 1) -> Tensor {
    GradientCheck.numbers(shape, seed: seed, scale: scale)
  }

  @Test func `sums, differences and products, also of a repeated second operand`() {
    let (a, b, row) = (numbers(3, 5, seed: 1), numbers(3, 5, seed: 2), numbers(5, seed: 3))
    GradientCheck.expect([a, b], "+") { $0[0] + $0[1] }
    GradientCheck.expect([a, b], "-") { $0[0] - $0[1] }
    GradientCheck.expect([a, b], "*") { $0[0] * $0[1] }
    GradientCheck.expect([a, row], "+ row") { $0[0] + $0[1] }
    GradientCheck.expect([a, row], "- row") { $0[0] - $0[1] }
    GradientCheck.expect([a, row], "* row") { $0[0] * $0[1] }
    GradientCheck.expect([a], "scaled") { -1.5 * $0[0] }
    GradientCheck.expect([a], "mean") { $0[0].mean() }
  }

  @Test(arguments: [Activation.silu, .gelu, .geluTanh, .quickGelu])
  func `activations`(activation: Activation) {
    GradientCheck.expect([numbers(7, 19, seed: 4, scale: 2)], "\(activation)") { $0[0].activated(activation) }
  }

  @Test func `gated sums`() {
    GradientCheck.expect(
      [numbers(2, 3, 5, seed: 5), numbers(2, 3, 5, seed: 6), numbers(2, 5, seed: 7)]
    ) { $0[0].adding($0[1], gatedBy: $0[2]) }
  }

  @Test func `reshaping, slicing, chunks, concatenation and rows`() {
    let x = numbers(2, 3, 6, seed: 8)
    GradientCheck.expect([x], "reshaped") { $0[0].reshaped(3, -1) * $0[0].reshaped(3, -1) }
    GradientCheck.expect([x], "slice") { $0[0].slice(1..<3, axis: 1) }
    GradientCheck.expect([x], "slice of the first") { $0[0].slice(0..<1, axis: 0) }
    GradientCheck.expect([x], "chunks") {
      let parts = $0[0].chunks(3)
      return parts[0] * parts[2]
    }
    GradientCheck.expect([x], "split") {
      let parts = $0[0].split([1, 3, 2], axis: 2)
      return .concatenated([parts[2], parts[0] * parts[0]], axis: 2)
    }
    GradientCheck.expect([x, numbers(2, 1, 6, seed: 9)], "concatenated") {
      .concatenated([$0[1], $0[0]], axis: 1)
    }
    GradientCheck.expect([numbers(4, 5, seed: 10)], "rows") { $0[0].rows([2, 0, 2, 3]) }
  }

  @Test func `linear layers, trained and frozen`() {
    let (x, w, bias) = (numbers(2, 3, 7, seed: 11), numbers(5, 7, seed: 12), numbers(5, seed: 13))
    GradientCheck.expect([x, w, bias], "trained") { $0[0].linear($0[1], bias: $0[2]) }
    GradientCheck.expect([x, w], "without bias") { $0[0].linear($0[1]) }
    GradientCheck.expect([x], "frozen") { $0[0].linear(frozen: Weight(w), bias: bias) }
    GradientCheck.expect([numbers(3, 4, seed: 14), numbers(5, 4, seed: 15)], "product") {
      $0[0].productTransposed($0[1])
    }
  }

  /// A pixel's window, strides that leave a rest, padding on one side only, kernels as far apart as they are wide.
  @Test(arguments: [
    ConvolutionGeometry(inputs: 3, outputs: 2),
    ConvolutionGeometry(inputs: 3, outputs: 4, size: 1, padding: (0, 0)),
    ConvolutionGeometry(inputs: 2, outputs: 3, stride: 2, padding: (0, 1)),
    ConvolutionGeometry(inputs: 3, outputs: 5, size: 2, stride: 2, padding: (0, 0)),
    ConvolutionGeometry(inputs: 2, outputs: 2, size: 5, stride: 3, padding: (2, 1)),
  ])
  func `convolutions`(geometry: ConvolutionGeometry) {
    let (inputs, outputs, size) = (geometry.inputs, geometry.outputs, geometry.size)
    let x = numbers(2, 5, 7, inputs, seed: 60)
    let kernels = GradientCheck.numbers([outputs, inputs, size, size], seed: 61)
    GradientCheck.expect([x, kernels, numbers(outputs, seed: 62)], "\(geometry)") {
      $0[0].convolved(with: $0[1], bias: $0[2], geometry)
    }
    GradientCheck.expect([x], "frozen kernels") { $0[0].convolved(with: Variable(kernels), geometry) }
  }

  /// Maps whose windows do not fit into the memory of one product are taken in parts.
  @Test func `a convolution's gradients do not depend on how the map is parted`() {
    let geometry = ConvolutionGeometry(inputs: 64, outputs: 1)
    let x = numbers(1, 64, 64, 64, seed: 63)
    let kernels = numbers(1, 64, 3, 3, seed: 64)
    let gradient = numbers(1, 64, 64, 1, seed: 65)
    let whole = gradient.convolutionKernelGradient(of: x, geometry)
    // The kernel's tap (0, 2) of channel 5, summed by hand: the pixel above and to the right.
    var sum = 0.0
    for row in 1..<64 {
      for column in 0..<63 {
        sum +=
          Double(gradient.values[row * 64 + column])
          * Double(x.values[((row - 1) * 64 + column + 1) * 64 + 5])
      }
    }
    #expect(abs(Double(whole.values[5 * 9 + 2]) - sum) < 1e-3)
    let back = gradient.convolutionInputGradient(with: kernels, height: 64, width: 64, geometry)
    // The pixel (10, 20) of channel 7 is seen by its nine neighbours.
    var seen = 0.0
    for (y, x) in (0..<9).map({ ($0 / 3, $0 % 3) }) {
      seen += Double(kernels.values[7 * 9 + y * 3 + x]) * Double(gradient.values[(11 - y) * 64 + 21 - x])
    }
    #expect(abs(Double(back.values[(10 * 64 + 20) * 64 + 7]) - seen) < 1e-4)
  }

  @Test func `layers with a low-rank update`() {
    let (w, bias) = (numbers(5, 7, seed: 16), numbers(5, seed: 17))
    GradientCheck.expect(
      [numbers(2, 3, 7, seed: 18), numbers(2, 7, seed: 19), numbers(5, 2, seed: 20)]
    ) { $0[0].linear(frozen: Weight(w), bias: bias, a: $0[1], b: $0[2], scale: 1.75) }
  }

  @Test func `layers together, with inputs shared, side by side and computed again`() {
    let (frozen, wide) = (Weight(numbers(5, 7, seed: 21)), Weight(numbers(3, 12, seed: 22)))
    let bias = numbers(5, seed: 23)
    let inputs = [
      numbers(4, 7, seed: 24), numbers(2, 7, seed: 25), numbers(5, 2, seed: 26), numbers(5, 7, seed: 27),
      numbers(5, seed: 28), numbers(1, 12, seed: 29), numbers(3, 1, seed: 30),
    ]
    GradientCheck.expect(inputs) { v in
      let x = v[0].activated(.geluTanh)
      let y = LinearCall.results(of: [
        LinearCall([x], frozen: frozen, bias: bias, lowRank: .init(a: v[1], b: v[2], scale: 0.5)),
        LinearCall([x], v[3], bias: v[4]), LinearCall([x], frozen: frozen),
      ])
      let joined = LinearCall.results(of: [
        LinearCall([x, y[0]], frozen: wide, lowRank: .init(a: v[5], b: v[6], scale: 2))
      ])[0]
      return .concatenated([joined, y[1] * y[2]], axis: 1)
    }
  }

  @Test func `norms`() {
    let (x, w, b) = (numbers(2, 3, 9, seed: 21), numbers(9, seed: 22), numbers(9, seed: 23))
    GradientCheck.expect([x, w, b], "layer norm") {
      $0[0].layerNorm(weight: $0[1], bias: $0[2], epsilon: 1e-5)
    }
    GradientCheck.expect([x, numbers(2, 9, seed: 24), numbers(2, 9, seed: 25)], "modulated") {
      $0[0].modulatedLayerNorm(scale: $0[1], shift: $0[2], epsilon: 1e-6)
    }
    GradientCheck.expect([x, numbers(3, seed: 26)], "rms") { $0[0].rmsNorm(weight: $0[1], epsilon: 1e-6) }
    GradientCheck.expect([x], "unit length") { $0[0].normalisedToUnitLength() }
  }

  @Test func `a norm's parameters collect over more rows than one block`() {
    let (x, w, b) = (numbers(131, 3, seed: 27), numbers(3, seed: 28), numbers(3, seed: 29))
    GradientCheck.expect([w, b]) { Variable(x).layerNorm(weight: $0[0], bias: $0[1], epsilon: 1e-5) }
  }

  @Test func `attention, plain, causal, biased and with hidden keys`() {
    let q = numbers(2, 5, 6, seed: 30)
    let (k, v) = (numbers(2, 7, 6, seed: 31), numbers(2, 7, 6, seed: 32))
    let bias = numbers(3, 5, 7, seed: 33)
    let hidden = Tensor((0..<14).map { $0 % 5 == 4 ? -1e9 : 0 }, shape: [2, 7])
    for mask in [AttentionMask.none, .init(bias: bias), .init(keyBias: hidden)] {
      GradientCheck.expect([q, k, v]) {
        $0[0].attention(keys: $0[1], values: $0[2], heads: 3, scale: 0.7, mask: mask)
      }
    }
    GradientCheck.expect([q, numbers(2, 5, 6, seed: 34), numbers(2, 5, 6, seed: 35)], "causal") {
      $0[0].attention(keys: $0[1], values: $0[2], heads: 2, scale: 0.5, mask: .init(isCausal: true))
    }
  }

  @Test func `attention over more queries than one tile`() {
    let v = numbers(1, 70, 2, seed: 36)
    GradientCheck.expect([numbers(1, 70, 2, seed: 37), numbers(1, 70, 2, seed: 38)]) {
      $0[0].attention(keys: $0[1], values: Variable(v), heads: 1, scale: 1, mask: .init(isCausal: true))
    }
  }

  @Test func `heads normalised and turned`() {
    let angles = numbers(5, 2, seed: 39)
    let table = RotaryTable(
      cosine: Tensor(shape: [5, 2]) { for i in $0.indices { $0[i] = cosine(angles.values[i]) } },
      sine: Tensor(shape: [5, 2]) { for i in $0.indices { $0[i] = sine(angles.values[i]) } })
    let (w1, w2) = (numbers(4, seed: 40), numbers(4, seed: 41))
    GradientCheck.expect([numbers(2, 2, 8, seed: 42), numbers(2, 3, 8, seed: 43)], "joined") {
      .joinedHeads([($0[0], w1), ($0[1], w2)], epsilon: 1e-6, rotatedBy: table)
    }
    GradientCheck.expect([numbers(2, 5, 8, seed: 44)], "turned") { $0[0].rotated(by: table) }
  }
}
