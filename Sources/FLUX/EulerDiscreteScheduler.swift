import Foundation

/// The noise levels of variance-exploding Euler sampling, as the Stable Diffusion XL family uses them.
///
/// Here `σ = √((1 − ᾱ)/ᾱ)` grows far beyond 1, unlike the σ of flow matching, and the first latents are noise times
/// ``Schedule/initialNoiseSigma``.
///
/// Reference: diffusers 0.42.1 `schedulers/scheduling_euler_discrete.py`, `set_timesteps` with `scaled_linear` betas,
/// `leading` spacing and `linear` interpolation, which is what SDXL ships.
package struct EulerDiscreteScheduler: Sendable {
  package struct Configuration: Sendable {
    package var trainTimesteps = 1000
    package var betaStart = 0.000_85
    package var betaEnd = 0.012
    package var stepsOffset = 1

    package init() {}
  }

  /// The noise levels of one run.
  package struct Schedule: Sendable, Equatable {
    /// Falling to 0, one more than there are steps.
    package var sigmas: [Float]
    /// On the training clock; one a step.
    package var timesteps: [Float]
    package var initialNoiseSigma: Float
  }

  /// The noise level at every timestep of the training clock, rising.
  private let trainingSigmas: [Float]
  private let stepsOffset: Int

  package init(configuration: Configuration = Configuration()) {
    precondition(
      configuration.trainTimesteps > 1, "a training clock of \(configuration.trainTimesteps) timesteps")
    stepsOffset = configuration.stepsOffset
    let first = Float(configuration.betaStart.squareRoot())
    let last = Float(configuration.betaEnd.squareRoot())
    let count = configuration.trainTimesteps
    let spacing = (last - first) / Float(count - 1)
    // PyTorch rounds each ᾱ to single precision but multiplies on in double.
    var product = 1.0
    trainingSigmas = (0..<count).map { timestep in
      let root =
        timestep < count / 2
        ? first + spacing * Float(timestep) : last - spacing * Float(count - 1 - timestep)
      product *= Double(1 - root * root)
      let alpha = Float(product)
      return ((1 - alpha) / alpha).squareRoot()
    }
  }

  /// - Parameter steps: At most the length of the training clock.
  package func schedule(steps: Int) -> Schedule {
    precondition((1...trainingSigmas.count).contains(steps), "a schedule of \(steps) steps")
    let spacing = trainingSigmas.count / steps
    let timesteps = (0..<steps).reversed().map { $0 * spacing + stepsOffset }
    // The offset can lead past the end of the clock, where the last level goes on.
    let sigmas = timesteps.map { trainingSigmas[min($0, trainingSigmas.count - 1)] }
    let largest = sigmas.max() ?? 0
    return Schedule(
      sigmas: sigmas + [0], timesteps: timesteps.map(Float.init),
      initialNoiseSigma: (largest * largest + 1).squareRoot())
  }
}
