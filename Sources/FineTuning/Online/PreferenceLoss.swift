import Autodiff
import Foundation
import Tensors

/// Direct preference between two images of one prompt, for one step of their trajectories.
///
/// Science-T2I (arXiv 2504.13129): with `r = ln clamp(π/π_ref, 1 − ε, 1 + ε)` for winner and loser,
/// `L = −ln sigmoid(β (r_w − r_l))`.
package struct PreferenceLoss: Sendable, Equatable {
  /// What a pair's loss is divided by.
  package enum Normalisation: String, Sendable {
    /// The loss of the pair alone.
    case pairs
    /// The mean over the 2 × 2 matrix of all pairs of the two, as the reference implementation takes it: three entries
    /// are the constant ln 2, so gradients are a quarter.
    case matrix
  }

  package var beta: Double
  package var clipEpsilon: Double
  package var normalisation: Normalisation

  package init(beta: Double = 10, clipEpsilon: Double = 0.1, normalisation: Normalisation = .pairs) {
    (self.beta, self.clipEpsilon, self.normalisation) = (beta, clipEpsilon, normalisation)
  }

  package struct Result {
    package let loss: Variable
    package let logProbabilities: [Double]
    package let referenceLogProbabilities: [Double]
    /// `r`, clamped.
    package let logRatios: [Double]
    /// How many of the ratios lay beyond the clamp, where no gradient flows.
    package let clamped: Int
  }

  /// The mean over pairs; entries 2k and 2k + 1 of the batch are a pair.
  ///
  /// - Parameters:
  ///   - velocity: The policy's, recorded; `referenceVelocity`: the frozen reference's.
  ///   - rewards: One for each entry; a pair of equal rewards gives no gradient.
  ///   - mask: As ``PolicyStep/logProbability(velocity:mask:)`` takes it.
  package func callAsFunction(
    _ step: PolicyStep, velocity: Variable, referenceVelocity: Tensor, rewards: [Float], mask: Tensor?
  ) -> Result {
    let count = rewards.count
    precondition(
      count > 0 && count % 2 == 0 && step.latents.shape[0] == count,
      "\(count) rewards for \(step.latents.shape)")
    let own = step.logProbability(velocity: velocity.value, mask: mask)
    let reference = step.logProbability(velocity: referenceVelocity, mask: mask).values
    let raw = zip(own.values, reference).map { exp($0 - $1) }
    let ratios = raw.map { log(min(max($0, 1 - clipEpsilon), 1 + clipEpsilon)) }
    let isOpen = raw.map { $0 >= 1 - clipEpsilon && $0 <= 1 + clipEpsilon }
    let share = normalisation == .matrix ? 0.25 : 1
    var total = 0.0
    /// The derivative of the loss by each entry's log-ratio.
    var slopes = [Double](repeating: 0, count: count)
    for first in stride(from: 0, to: count, by: 2) {
      var loss = log(2.0)
      if rewards[first] != rewards[first + 1] {
        let (winner, loser) = rewards[first] > rewards[first + 1] ? (first, first + 1) : (first + 1, first)
        let margin = beta * (ratios[winner] - ratios[loser])
        loss = max(-margin, 0) + log1p(exp(-abs(margin)))
        let slope = -beta * share / (1 + exp(margin)) / Double(count / 2)
        slopes[winner] = isOpen[winner] ? slope : 0
        slopes[loser] = isOpen[loser] ? -slope : 0
      }
      total += share * loss + (1 - share) * log(2.0)
    }
    let value = Tensor([Float(total / Double(count / 2))], shape: [])
    let slope = own.slope
    let loss = Variable.result(value, of: [velocity]) { [target = velocity.target] sink, gradient in
      let factors = slopes.map { Float($0) * gradient.item }
      let entries = slope.shape[0]
      let rows = slope.reshaped(entries, -1).scaledEntries(by: factors)
      sink.add(rows.reshaped(slope.shape), to: target)
    }
    return Result(
      loss: loss, logProbabilities: own.values, referenceLogProbabilities: reference, logRatios: ratios,
      clamped: isOpen.count { !$0 })
  }
}

extension Tensor {
  /// Every row times a number of its own.
  fileprivate func scaledEntries(by factors: [Float]) -> Tensor {
    let columns = columns
    return Tensor(shape: shape) { target in
      withValues { source in
        for (row, factor) in factors.enumerated() {
          for index in row * columns..<(row + 1) * columns { target[index] = factor * source[index] }
        }
      }
    }
  }
}
