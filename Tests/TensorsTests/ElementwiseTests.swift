import Foundation
import Testing

@testable import Tensors

@Suite("Elementwise kernels")
struct ElementwiseTests {
  /// A dense walk over the range in which the functions bend, and far outside it.
  static let arguments = Tensor(
    (-4000...4000).map { Float($0) / 200 } + [-1e30, -200, -88, 88, 200, 1e30, 0, -0.0, 1e-30])

  static let references: [(Activation, @Sendable (Double) -> Double)] = [
    (.silu, { $0 / (1 + exp(-$0)) }),
    (.gelu, { $0 / 2 * (1 + erf($0 / 2.0.squareRoot())) }),
    (.geluTanh, { $0 / 2 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }),
    (.quickGelu, { $0 / (1 + exp(-1.702 * $0)) }),
  ]

  @Test("activations follow their formulas everywhere", arguments: references.indices)
  func activations(index: Int) {
    let (activation, formula) = Self.references[index]
    let got = Self.arguments.activated(activation)
    for (x, y) in zip(Self.arguments.values, got.values) {
      let expected = formula(Double(x))
      let scale = max(1e-6, abs(expected), abs(Double(x)) * 0.05)
      #expect(
        abs(Double(y) - expected) <= 2e-6 * scale + 1e-30, "\(activation)(\(x)) = \(y), expected \(expected)")
    }
  }

  @Test("NaN stays NaN through every activation", arguments: references.indices)
  func nan(index: Int) {
    #expect(Tensor([Float.nan, 1]).activated(Self.references[index].0).values[0].isNaN)
  }

  @Test("exp is within 2.5e-7 of the exact value, from the smallest normal result to the largest")
  func exponential() {
    let x = Tensor((-870...880).map { Float($0) / 10 })
    for (x, y) in zip(x.values, x.exponential().values) {
      #expect(abs(Double(y) / exp(Double(x)) - 1) < 2.5e-7, "exp(\(x))")
    }
  }

  @Test("rows repeat over the outer axes in sums, differences and products", arguments: [1, 3, 17, 33])
  func broadcasting(columns: Int) {
    let (a, b) = (sample([5, columns]), sample([columns], seed: 2))
    let (sum, difference, product) = (a + b, a - b, a * b)
    for i in 0..<a.count {
      let (x, y) = (a.values[i], b.values[i % columns])
      #expect(sum.values[i] == x + y && difference.values[i] == x - y && product.values[i] == x * y)
    }
  }

  @Test("a gate has one row for each batch entry")
  func gatedAdd() {
    var a = sample([2, 3, 5])
    let (before, b, gate) = (a, sample([2, 3, 5], seed: 2), sample([2, 5], seed: 3))
    a.add(b, gatedBy: gate)
    for i in 0..<a.count {
      let expected = before.values[i] + gate.values[i / 15 * 5 + i % 5] * b.values[i]
      #expect(abs(a.values[i] - expected) < Tolerance.elementwise)
    }
    #expect(before == sample([2, 3, 5]), "the copy made before is not changed")
  }

  @Test("activating leaves copies as they were")
  func activatingCopies() {
    let x = sample([3, 7])
    let before = x.values
    let activated = x.activated(.silu)
    #expect(x.values == before)
    #expect(activated == (x + Tensor(repeating: 0, shape: [7])).activated(.silu))
  }
}
