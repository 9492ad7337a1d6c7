import Tensors

/// How one step is taken along the predicted velocity.
package enum FlowSampler: Sendable, Equatable {
  /// The plain Euler step `x + (σ' − σ)·v`.
  case ode
  /// Euler with fresh noise in every step, whose steps have a probability density.
  case sde(churn: Float, drift: Drift)

  /// What a stochastic step takes for the score.
  package enum Drift: String, Sendable {
    /// `−(x + (1 − σ)·v)/σ`: the score of straight-path flow matching. Steps keep the marginal distributions.
    case theory
    /// `(x − (1 − σ)·v)/σ`, as Science-T2I computes it: the sign of `x` is the other.
    case reference
  }

  /// The next latents.
  ///
  /// The stochastic step raises σ to `σ(1 + γ)` with `γ = min(churn/steps, √2 − 1)` in thought, which gives
  /// `std = √(σ²(1 + γ)² − σ²)`, drifts along `v − std²/2 · score`, towards likelier states as σ falls, and adds `std·noise`.
  /// The reference adds noise in the last step too and does not scale it by the length of the step; so does this.
  ///
  /// - Parameters:
  ///   - sigma: The level of `x`, above 0.
  ///   - next: The level to go to.
  ///   - noise: Standard normal numbers of x's shape; asked for by the stochastic step.
  package func step(
    _ x: Tensor, velocity v: Tensor, sigma: Float, next: Float, steps: Int, noise: () -> Tensor
  ) -> Tensor {
    var result = x
    switch self {
    case .ode: result.add(v, times: next - sigma)
    case .sde:
      let (mean, deviation) = transition(x, velocity: v, sigma: sigma, next: next, steps: steps)
      result = mean
      result.add(noise(), times: deviation)
    }
    return result
  }

  /// Mean and standard deviation of the normal distribution that a stochastic step draws from; 0 for the plain step.
  package func transition(
    _ x: Tensor, velocity v: Tensor, sigma: Float, next: Float, steps: Int
  ) -> (mean: Tensor, deviation: Float) {
    var mean = x
    guard case .sde(let churn, let drift) = self else {
      mean.add(v, times: next - sigma)
      return (mean, 0)
    }
    let raised = sigma * (1 + min(churn / Float(steps), Float(2).squareRoot() - 1))
    let variance = raised * raised - sigma * sigma
    let weight = variance / (2 * sigma)
    let change = next - sigma
    mean.add(v, times: change * (1 + weight * (1 - sigma)))
    mean.add(x, times: (drift == .theory ? 1 : -1) * change * weight)
    return (mean, variance.squareRoot())
  }
}
