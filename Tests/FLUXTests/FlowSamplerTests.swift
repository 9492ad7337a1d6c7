import Tensors
import Testing

@testable import FLUX

@Suite struct FlowSamplerTests {
  private let x = Tensor([0.5, -1, 2])
  private let v = Tensor([1, 0.25, -0.5])
  private let noise = Tensor([1, -2, 0.5])

  private func close(_ a: Tensor, _ b: [Double], _ tolerance: Double = 1e-6) -> Bool {
    zip(a.values, b).allSatisfy { abs(Double($0) - $1) <= tolerance }
  }

  @Test func plainStepsFollowAStraightPathExactly() {
    let clean = Tensor([0.5, -1, 2])
    let velocity = noise - clean
    var state = noise
    let sigmas: [Float] = [1, 0.9, 0.5, 0.25, 0]
    for (sigma, next) in zip(sigmas, sigmas.dropFirst()) {
      state = FlowSampler.ode.step(state, velocity: velocity, sigma: sigma, next: next, steps: 4) {
        Issue.record("a plain step asks for no noise")
        return noise
      }
    }
    #expect(close(state, clean.values.map(Double.init)))
  }

  @Test func deviationOfThirtyStepsIsAboutATwelfthOfSigma() {
    let sampler = FlowSampler.sde(churn: 0.1, drift: .reference)
    let deviation = sampler.transition(x, velocity: v, sigma: 0.5, next: 0.4, steps: 30).deviation
    #expect(abs(deviation - 0.5 * 0.081_718_1) < 1e-6)
  }

  @Test func churnIsLimited() {
    let sampler = FlowSampler.sde(churn: 1000, drift: .theory)
    // γ = √2 − 1 doubles the variance: the deviation is sigma itself.
    #expect(abs(sampler.transition(x, velocity: v, sigma: 0.5, next: 0.4, steps: 10).deviation - 0.5) < 1e-6)
  }

  @Test(arguments: [FlowSampler.Drift.theory, .reference])
  func stochasticStepsAgreeWithTheFormula(drift: FlowSampler.Drift) {
    let sampler = FlowSampler.sde(churn: 2, drift: drift)
    let (sigma, next) = (0.6, 0.45)
    let gamma = 2.0 / 8
    let variance = sigma * sigma * ((1 + gamma) * (1 + gamma) - 1)
    let expected = (0..<3).map { index in
      let (x, v) = (Double(x.values[index]), Double(v.values[index]))
      let score = -((drift == .theory ? x : -x) + (1 - sigma) * v) / sigma
      let mean = x + (next - sigma) * (v - variance / 2 * score)
      return mean + variance.squareRoot() * Double(noise.values[index])
    }
    let result = sampler.step(x, velocity: v, sigma: 0.6, next: 0.45, steps: 8) { noise }
    #expect(close(result, expected))
  }

  /// Data of one point d: at level σ states are normal about m = (1 − σ)·d with deviation σ, so that the score is
  /// −(x − m)/σ² and the velocity (x − d)/σ. The drift v − τ²/2·score leads x − m back by τ²/2σ² of it, beyond the plain step.
  @Test func theTheorysDriftLeadsTowardsLikelierStates() {
    let (data, sigma, next) = (0.7, 0.6, 0.45)
    let mean = (1 - sigma) * data
    let states = [mean - 0.4, mean, mean + 1.1]
    let x = Tensor(states.map { Float($0) })
    let velocity = Tensor(states.map { Float(($0 - data) / sigma) })
    func transition(_ drift: FlowSampler.Drift) -> (mean: Tensor, deviation: Float) {
      FlowSampler.sde(churn: 2, drift: drift).transition(
        x, velocity: velocity, sigma: 0.6, next: 0.45, steps: 8)
    }
    let (theory, deviation) = transition(.theory)
    let variance = Double(deviation) * Double(deviation)
    let factor = 1 + (next - sigma) * (1 / sigma + variance / (2 * sigma * sigma))
    #expect(close(theory, states.map { (1 - next) * data + factor * ($0 - mean) }))
    // At the mean itself, which is not 0, the other sign of x is no score: it pushes.
    #expect(abs(Double(transition(.reference).mean.values[1]) - (1 - next) * data) > 0.001)
  }

  @Test func leavesItsInputAlone() {
    _ = FlowSampler.sde(churn: 2, drift: .theory).step(x, velocity: v, sigma: 0.6, next: 0, steps: 8) {
      noise
    }
    #expect(x.values == [0.5, -1, 2])
  }
}
