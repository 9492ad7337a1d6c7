import Checkpoints
import Testing

@testable import FLUX

/// Tables of noise levels; `schedules` in the case says how each was made.
enum FlowSchedulerParity: ParityKind {
  static func covers(_ parityCase: ParityCase) -> Bool { parityCase.description["schedules"] != nil }

  static func results(of parityCase: ParityCase) throws -> [String: [Float]] {
    var results: [String: [Float]] = [:]
    let schedules = try parityCase.description.nested("schedules")
    for name in schedules.keys {
      let entry = try schedules.nested(name)
      let scheduler = try FlowMatchEulerDiscreteScheduler(configuration: .init(entry.nested("config")))
      let schedule = scheduler.schedule(steps: try entry.integer("steps"), mu: try entry.number("mu"))
      results["\(name).sigmas"] = schedule.sigmas
      results["\(name).timesteps"] = schedule.timesteps
    }
    // Three entries are named only: their settings are the shipped ones of the models.
    let dev = FlowMatchEulerDiscreteScheduler(configuration: .dev).trainingSchedule
    results["dev_training.sigmas"] = dev.sigmas
    results["dev_training.timesteps"] = dev.timesteps
    var shift3 = FlowMatchEulerDiscreteScheduler.Configuration()
    shift3.shift = 3
    results["shift3_training.sigmas"] =
      FlowMatchEulerDiscreteScheduler(configuration: shift3).trainingSchedule.sigmas
    let sdxl = EulerDiscreteScheduler().schedule(steps: 30)
    results["sdxl_euler_30.sigmas"] = sdxl.sigmas
    results["sdxl_euler_30.timesteps"] = sdxl.timesteps
    results["sdxl_euler_30.init_noise_sigma"] = [sdxl.initialNoiseSigma]
    return results
  }
}
