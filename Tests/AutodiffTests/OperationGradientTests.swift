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

  @Test func `layers with a low-rank update`() {
    let (w, bias) = (numbers(5, 7, seed: 16), numbers(5, seed: 17))
    GradientCheck.expect(
      [numbers(2, 3, 7, seed: 18), numbers(2, 7, seed: 19), numbers(5, 2, seed: 20)]
    ) { $0[0].linear(frozen: Weight(w), bias: bias, a: $0[1], b: $0[2], scale: 1.75) }
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
