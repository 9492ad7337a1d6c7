import Kernels

/// One step of Adam with decoupled weight decay, in torch 2.13's arithmetic (`optim/adamw.py`, single tensor).
///
/// Factors are worked out in double and used as float32, and nothing is fused: the roundings are torch's.
package struct AdamWStep: Sendable {
  package var learningRate: Double
  package var beta1: Double
  package var beta2: Double
  package var epsilon: Double
  package var weightDecay: Double
  /// Which step this is, from 1.
  package var count: Int

  package init(
    learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, count: Int
  ) {
    precondition(count > 0, "step \(count)")
    self.learningRate = learningRate
    (self.beta1, self.beta2) = (beta1, beta2)
    (self.epsilon, self.weightDecay) = (epsilon, weightDecay)
    self.count = count
  }

  /// Changes a value and its two running moments, all of the gradient's shape.
  package func apply(
    to value: inout Tensor, firstMoment: inout Tensor, secondMoment: inout Tensor, gradient: Tensor
  ) {
    precondition(
      value.shape == gradient.shape && firstMoment.shape == gradient.shape
        && secondMoment.shape == gradient.shape, "a gradient \(gradient.shape) for \(value.shape)")
    let decay = Float(1 - learningRate * weightDecay)
    let stepSize = Float(learningRate / (1 - power(beta1)))
    let root = Float((1 - power(beta2)).squareRoot())
    let (rest1, factor2, rest2) = (Float(1 - beta1), Float(beta2), Float(1 - beta2))
    let epsilon = Float(epsilon)
    let count = gradient.count
    gradient.withValues { g in
      value.withMutableValues { p in
        firstMoment.withMutableValues { m in
          secondMoment.withMutableValues { v in
            guard let start = p.baseAddress else { return }
            let (p, m, v) = (Shared(start), Shared(m.baseAddress!), Shared(v.baseAddress!))
            let g = Shared(g.baseAddress!)
            Parallelism.forEach(count, grain: 1 << 14) {
              let at = $0.lowerBound
              elementwise().pointee.adamw(
                p.pointer + at, m.pointer + at, v.pointer + at, g.pointer + at, $0.count, decay, rest1,
                factor2, rest2, stepSize, root, epsilon)
            }
          }
        }
      }
    }
  }

  private func power(_ base: Double) -> Double {
    var (result, factor, left) = (1.0, base, count)
    while left > 0 {
      if left % 2 == 1 { result *= factor }
      factor *= factor
      left /= 2
    }
    return result
  }
}
