import FLUX
import Foundation
import Tensors

/// One step that a stochastic sampler took: from which latents to which, at which noise levels.
package struct PolicyStep: Sendable {
  /// Packed latents before and after, `[B, L, 4C]`.
  package var latents: Tensor
  package var nextLatents: Tensor
  package var sigma: Float
  package var nextSigma: Float
  /// Of the whole trajectory.
  package var steps: Int
  package var churn: Float
  package var drift: FlowSampler.Drift

  package init(
    latents: Tensor, nextLatents: Tensor, sigma: Float, nextSigma: Float, steps: Int, churn: Float,
    drift: FlowSampler.Drift
  ) {
    (self.latents, self.nextLatents) = (latents, nextLatents)
    (self.sigma, self.nextSigma) = (sigma, nextSigma)
    (self.steps, self.churn, self.drift) = (steps, churn, drift)
  }

  /// The normal distribution that a policy of the given velocity draws the next latents from.
  package func transition(velocity: Tensor) -> (mean: Tensor, deviation: Float) {
    FlowSampler.sde(churn: churn, drift: drift).transition(
      latents, velocity: velocity, sigma: sigma, next: nextSigma, steps: steps)
  }

  /// How the mean changes with the velocity.
  private var meanSlope: Float {
    let one = Tensor([1], shape: [1])
    let zero = Tensor([0], shape: [1])
    return FlowSampler.sde(churn: churn, drift: drift).transition(
      zero, velocity: one, sigma: sigma, next: nextSigma, steps: steps
    ).mean.item
  }

  /// The log-probability of the step for each entry, and how it changes with the velocity.
  package struct LogProbability: Sendable {
    /// Mean over all numbers of `−(x′ − μ)²/2τ² − ln τ − ½ ln 2π`, those outside the mask counting as 0; one an entry.
    package let values: [Double]
    /// Its derivative by the velocity, `[B, L, 4C]`.
    package let slope: Tensor
  }

  /// - Parameters:
  ///   - velocity: The policy's, `[B, L, 4C]`.
  ///   - mask: `[B, L, 4C]`, 1 for numbers that count; nil for all.
  package func logProbability(velocity: Tensor, mask: Tensor? = nil) -> LogProbability {
    let (mean, deviation) = transition(velocity: velocity)
    let slopeOfMean = meanSlope
    let (entries, entry) = (latents.shape[0], latents.count / latents.shape[0])
    precondition(
      mask.map { $0.shape == latents.shape } ?? true, "a mask \(mask?.shape ?? []) for \(latents.shape)")
    let variance = Double(deviation) * Double(deviation)
    let constant = -log(Double(deviation)) - 0.5 * log(2 * Double.pi)
    var values: [Double] = []
    let slope = Tensor(shape: latents.shape) { slope in
      mean.withValues { mean in
        nextLatents.withValues { next in
          for row in 0..<entries {
            var sum = 0.0
            for index in row * entry..<(row + 1) * entry {
              let weight = mask.map { $0.withValues { Double($0[index]) } } ?? 1
              let difference = Double(next[index] - mean[index])
              sum += weight * (constant - difference * difference / (2 * variance))
              slope[index] = Float(weight * difference / variance * Double(slopeOfMean) / Double(entry))
            }
            values.append(sum / Double(entry))
          }
        }
      }
    }
    return LogProbability(values: values, slope: slope)
  }
}
