import Autodiff
import Tensors
import Testing

/// Compares a tape's gradients with central differences of the same operation.
///
/// Differences are of fourth order, `(8(f(h) − f(−h)) − (f(2h) − f(−2h))) / 12h` with h = 0.02: their truncation error is
/// of order h⁴ ≈ 2e-7, the rounding of a float32 forward pass divided by h about 1e-5. Sums are taken in double.
enum GradientCheck {
  static let step: Float = 0.02
  /// Of the length of the gradient: an order above the rounding of the differences, far below any wrong term.
  static let tolerance = 5e-4

  static func expect(
    _ inputs: [Tensor], _ name: String = "", sourceLocation: SourceLocation = #_sourceLocation,
    _ operation: ([Variable]) -> Variable
  ) {
    let weights = numbers(operation(inputs.map { Variable($0) }).shape, seed: 99)

    func value(_ inputs: [Tensor]) -> Double {
      let result = operation(inputs.map { Variable($0) }).value
      return result.withValues { a in
        weights.withValues { b in zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
      }
    }

    let tape = Tape()
    var gradients = [Tensor?](repeating: nil, count: inputs.count)
    let variables = inputs.enumerated().map { index, input in
      tape.input(input) { gradients[index] = $0 }
    }
    tape.backward(from: [(operation(variables), weights)])

    for (index, input) in inputs.enumerated() {
      guard let gradient = gradients[index] else {
        Issue.record("\(name) input \(index) got no gradient", sourceLocation: sourceLocation)
        continue
      }
      #expect(gradient.shape == input.shape, "\(name) input \(index)", sourceLocation: sourceLocation)
      var (error, length) = (0.0, 0.0)
      for place in 0..<input.count {
        func moved(_ steps: Float) -> Double {
          var copies = inputs
          copies[index].withMutableValues { $0[place] += steps * step }
          return value(copies)
        }
        let expected = (8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / (12 * Double(step))
        let found = Double(gradient.values[place])
        error += (found - expected) * (found - expected)
        length += expected * expected
      }
      #expect(
        error.squareRoot() <= tolerance * max(length.squareRoot(), 1e-2),
        "\(name) input \(index): off by \(error.squareRoot()) of \(length.squareRoot())",
        sourceLocation: sourceLocation)
    }
  }

  /// Normal numbers that are the same on every machine.
  static func numbers(_ shape: [Int], seed: UInt64, scale: Float = 1) -> Tensor {
    var generator = TorchGenerator(seed: seed)
    return scale * generator.normal(shape: shape)
  }
}
