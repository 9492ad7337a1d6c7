import Checkpoints
import Foundation

/// Places the noise levels of a sampling run and steps from one to the next along the predicted velocity.
///
/// Straight-path flow matching mixes clean latents and noise as `x(σ) = (1 − σ)·x₀ + σ·ε`; the model predicts
/// `v = dx/dσ = ε − x₀`. Larger images need more of their steps at high noise, which shifting provides: by a fixed
/// factor, or by one that grows with the number of image tokens.
///
/// Reference: diffusers 0.42.1 `schedulers/scheduling_flow_match_euler_discrete.py`, `set_timesteps`, and
/// `pipelines/flux/pipeline_flux.py`, `calculate_shift`.
/// Differs: keeps no step counter; whoever samples goes through the levels itself.
package struct FlowMatchEulerDiscreteScheduler: Sendable, Equatable {
  package struct Configuration: Sendable, Equatable {
    package enum TimeShift: String, Sendable { case exponential, linear }

    package var trainTimesteps = 1000
    /// The fixed factor; without effect when shifting is dynamic.
    package var shift = 1.0
    package var usesDynamicShifting = false
    package var baseShift = 0.5
    package var maxShift = 1.15
    package var baseImageTokens = 256
    package var maxImageTokens = 4096
    package var timeShift = TimeShift.exponential

    package init() {}

    /// Noise levels of FLUX.1-dev.
    package static let dev: Configuration = {
      var configuration = Configuration()
      configuration.shift = 3
      configuration.usesDynamicShifting = true
      return configuration
    }()

    /// Noise levels of FLUX.1-schnell.
    package static let schnell = Configuration()
  }

  /// The noise levels of one run.
  package struct Schedule: Sendable, Equatable {
    /// Falling from at most 1 to 0, one more than there are steps.
    package var sigmas: [Float]
    /// On the training clock, 0...1000; one a step.
    package var timesteps: [Float]
  }

  package let configuration: Configuration

  package init(configuration: Configuration) { self.configuration = configuration }

  /// The shift parameter for an image of so many tokens: a line through the two configured points.
  package func mu(imageTokens: Int) -> Double {
    let slope =
      (configuration.maxShift - configuration.baseShift)
      / Double(configuration.maxImageTokens - configuration.baseImageTokens)
    return Double(imageTokens) * slope + configuration.baseShift - slope
      * Double(configuration.baseImageTokens)
  }

  /// The noise levels for an image of so many tokens.
  package func schedule(steps: Int, imageTokens: Int) -> Schedule {
    schedule(steps: steps, mu: mu(imageTokens: imageTokens))
  }

  /// The noise levels for a given shift parameter, which matters only when shifting is dynamic.
  package func schedule(steps: Int, mu: Double) -> Schedule {
    precondition(steps > 0, "a schedule of \(steps) steps")
    // The pipelines give 1, …, 1/n in double precision; the scheduler goes on in single.
    let last = 1 / Double(steps)
    let spacing = steps > 1 ? (last - 1) / Double(steps - 1) : 0
    let sigmas = (0..<steps).map { step in
      shifted(step > 0 && step == steps - 1 ? Float(last) : Float(1 + Double(step) * spacing), mu: mu)
    }
    return Schedule(sigmas: sigmas + [0], timesteps: sigmas.map { $0 * Float(configuration.trainTimesteps) })
  }

  /// The levels that training draws from, one a timestep of the training clock; there is no final 0.
  ///
  /// Dynamic shifting is left out of them: it belongs to sampling.
  package var trainingSchedule: Schedule {
    let sigmas = (1...configuration.trainTimesteps).reversed().map { timestep in
      let sigma = Float(timestep) / Float(configuration.trainTimesteps)
      return configuration.usesDynamicShifting ? sigma : staticallyShifted(sigma)
    }
    return Schedule(sigmas: sigmas, timesteps: sigmas.map { $0 * Float(configuration.trainTimesteps) })
  }

  private func shifted(_ sigma: Float, mu: Double) -> Float {
    guard configuration.usesDynamicShifting else { return staticallyShifted(sigma) }
    let weight = Float(configuration.timeShift == .exponential ? exp(mu) : mu)
    return weight / (weight + (1 / sigma - 1))
  }

  private func staticallyShifted(_ sigma: Float) -> Float {
    let shift = Float(configuration.shift)
    return shift * sigma / (1 + (shift - 1) * sigma)
  }
}

extension FlowMatchEulerDiscreteScheduler.Configuration {
  /// Reads a `scheduler_config.json`.
  ///
  /// - Throws: `CheckpointError` naming the key for values out of range and for variants that are not implemented.
  package init(_ config: ModelConfiguration) throws(CheckpointError) {
    _ = try config.string(
      "_class_name", oneOf: ["FlowMatchEulerDiscreteScheduler"], default: "FlowMatchEulerDiscreteScheduler")
    for key in [
      "invert_sigmas", "use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas",
      "stochastic_sampling",
    ] {
      try config.require(key, is: .bool(false))
    }
    try config.require("shift_terminal", is: .null)
    trainTimesteps = try config.integer("num_train_timesteps", in: 1...100_000, default: 1000)
    shift = try config.number("shift", in: 1e-3...1e3, default: 1)
    usesDynamicShifting = try config.bool("use_dynamic_shifting", default: false)
    baseShift = try config.number("base_shift", in: 1e-3...20, default: 0.5)
    maxShift = try config.number("max_shift", in: 1e-3...20, default: 1.15)
    baseImageTokens = try config.integer("base_image_seq_len", default: 256)
    maxImageTokens = try config.integer("max_image_seq_len", default: 4096)
    guard maxImageTokens != baseImageTokens else {
      throw config.error(
        "max_image_seq_len", "equals base_image_seq_len", expected: "another number of tokens")
    }
    let name = try config.string("time_shift_type", oneOf: ["exponential", "linear"], default: "exponential")
    timeShift = name == "linear" ? .linear : .exponential
  }
}
