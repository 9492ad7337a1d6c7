import Configuration
import Daemon
import Jobs

/// What the command line of `serve` asks for; with the configuration of the moment it makes a plan.
struct ServeRequest: Sendable {
  /// This program, for workers.
  let program: String
  /// The values of `--spool` and `--config`.
  let spool: String?
  let config: String?
  let commandLine: SettingLayer
  let drains: Bool
  let isVerbose: Bool

  /// What is to be served, as the configuration says it now.
  func plan() throws(JobFailure) -> SpoolSupervisor.Plan {
    var globals: [GlobalKey: Setting] = [:]
    if isVerbose { globals[.logLevel] = Setting(.text("debug"), .commandLine(option: "--verbose")) }
    let configuration = try SpoolOptions.configuration(config, commandLine, globals)
    let served = try configuration.served(spool)
    if case .commandLine? = commandLine[.metricsFile]?.source, served.count > 1 {
      throw JobFailure(
        .usage, "--metrics names one file and \(served.count) spools are served",
        hint: "Give each spool a metrics_file in the configuration.")
    }
    var spools: [SpoolService.Options] = []
    for settings in served {
      var options = try SpoolService.Options(settings, program: program)
      options.drains = drains
      spools.append(options)
    }
    var runningJobs = 1
    if case .integer(let count) = configuration.maxRunningJobs.value { runningJobs = count }
    return SpoolSupervisor.Plan(
      spools: spools, runningJobs: runningJobs,
      level: configuration.logLevel.value == .text("debug") ? .debug : .info)
  }
}
