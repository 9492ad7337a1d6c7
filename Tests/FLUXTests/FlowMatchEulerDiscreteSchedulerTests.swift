import Checkpoints
import Testing

@testable import FLUX

@Suite struct FlowMatchEulerDiscreteSchedulerTests {
  private let dev = FlowMatchEulerDiscreteScheduler(configuration: .dev)
  private let schnell = FlowMatchEulerDiscreteScheduler(configuration: .schnell)

  @Test func schnellStepsEvenly() {
    let schedule = schnell.schedule(steps: 4, imageTokens: 1024)
    #expect(schedule.sigmas == [1, 0.75, 0.5, 0.25, 0])
    #expect(schedule.timesteps == [1000, 750, 500, 250])
    #expect(schnell.schedule(steps: 1, imageTokens: 1).sigmas == [1, 0])
  }

  @Test func theShiftGrowsWithTheImage() {
    #expect(abs(dev.mu(imageTokens: 256) - 0.5) < 1e-12)
    #expect(abs(dev.mu(imageTokens: 1024) - 0.63) < 1e-12)
    #expect(abs(dev.mu(imageTokens: 4096) - 1.15) < 1e-12)
    // e^0.63 / (e^0.63 + 1/0.5 − 1) at the middle of two steps.
    #expect(abs(dev.schedule(steps: 2, imageTokens: 1024).sigmas[1] - 0.652_489_9) < 1e-6)
  }

  @Test func staticShiftMovesEveryLevel() {
    var configuration = FlowMatchEulerDiscreteScheduler.Configuration()
    configuration.shift = 3
    let scheduler = FlowMatchEulerDiscreteScheduler(configuration: configuration)
    #expect(scheduler.schedule(steps: 2, mu: 9).sigmas == [1, 0.75, 0])
    #expect(scheduler.trainingSchedule.sigmas[500] == 0.75)
  }

  @Test func linearTimeShiftUsesTheParameterItself() {
    var configuration = FlowMatchEulerDiscreteScheduler.Configuration.dev
    configuration.timeShift = .linear
    #expect(
      FlowMatchEulerDiscreteScheduler(configuration: configuration).schedule(steps: 2, mu: 3).sigmas == [
        1, 0.75, 0,
      ])
  }

  @Test func trainingLevelsOfDevAreNotShifted() {
    let training = dev.trainingSchedule
    #expect(training.sigmas.count == 1000 && training.timesteps.count == 1000)
    #expect(training.sigmas[0] == 1 && training.sigmas[999] == 0.001)
    #expect(training.timesteps[250] == 750)
  }

  @Test(arguments: [1, 2, 3, 7, 28, 50, 1000], [1, 15, 256, 4096, 16384])
  func levelsFallFromOneToZero(steps: Int, tokens: Int) {
    let sigmas = dev.schedule(steps: steps, imageTokens: tokens).sigmas
    #expect(sigmas.count == steps + 1)
    #expect(sigmas.first == 1 && sigmas.last == 0)
    #expect(zip(sigmas, sigmas.dropFirst()).allSatisfy { $0 > $1 })
  }

  @Test func readsPublishedConfigurations() throws {
    let text = """
      {"_class_name": "FlowMatchEulerDiscreteScheduler", "base_image_seq_len": 256, "base_shift": 0.5,
       "max_image_seq_len": 4096, "max_shift": 1.15, "num_train_timesteps": 1000, "shift": 3.0,
       "use_dynamic_shifting": true, "shift_terminal": null, "invert_sigmas": false}
      """
    #expect(
      try FlowMatchEulerDiscreteScheduler.Configuration(ModelConfiguration(text: text, path: "s")) == .dev)
    #expect(
      try FlowMatchEulerDiscreteScheduler.Configuration(ModelConfiguration(text: "{}", path: "s")) == .schnell
    )
  }

  @Test(arguments: [
    (#""_class_name": "EulerDiscreteScheduler""#, "_class_name"),
    (#""invert_sigmas": true"#, "invert_sigmas"),
    (#""use_karras_sigmas": true"#, "use_karras_sigmas"), (#""use_beta_sigmas": true"#, "use_beta_sigmas"),
    (#""use_exponential_sigmas": true"#, "use_exponential_sigmas"),
    (#""stochastic_sampling": true"#, "stochastic_sampling"), (#""shift_terminal": 0.1"#, "shift_terminal"),
    (#""shift": 0"#, "shift"), (#""num_train_timesteps": 0"#, "num_train_timesteps"),
    (#""max_image_seq_len": 256"#, "max_image_seq_len"), (#""time_shift_type": "cubic""#, "time_shift_type"),
  ])
  func refusesByName(members: String, key: String) {
    let error = #expect(throws: CheckpointError.self) {
      try FlowMatchEulerDiscreteScheduler.Configuration(ModelConfiguration(text: "{\(members)}", path: "s"))
    }
    #expect(error?.key == key)
  }

  @Test func sdxlLevelsStartFarAboveOne() {
    let schedule = EulerDiscreteScheduler().schedule(steps: 30)
    #expect(schedule.sigmas.count == 31 && schedule.timesteps.count == 30)
    #expect(schedule.timesteps.first == 958 && schedule.timesteps.last == 1)
    #expect(schedule.sigmas.last == 0)
    #expect(zip(schedule.sigmas, schedule.sigmas.dropFirst()).allSatisfy { $0 > $1 })
    #expect(
      abs(schedule.initialNoiseSigma - (schedule.sigmas[0] * schedule.sigmas[0] + 1).squareRoot()) < 1e-5)
    // One timestep past the end of the clock for the offset: the last level is used.
    #expect(EulerDiscreteScheduler().schedule(steps: 1000).timesteps.first == 1000)
  }
}
