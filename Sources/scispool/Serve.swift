import ArgumentParser
import Configuration
import Daemon
import Foundation
import Jobs
import Logging
import Threads

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serves spools: runs what is dropped into their inboxes.",
    discussion: """
      EXAMPLE
        scispool serve                              # every spool of the configuration
        scispool serve --spool /var/spool/scispool
        scispool serve --spool ~/spool --drain      # from cron: work until nothing is left to start, then exit 0

      Without --spool and $SCISPOOL_SPOOL it serves all spools of the configuration; `scispool config` shows what holds.
      SIGTERM and SIGINT put the running job back at its next step and stop; a second one does not wait for the step.
      SIGHUP reads the configuration again; running jobs go on.
      Started by systemd with Type=notify it says when it serves and what it does, and gives the watchdog signs of life.
      """)

  @OptionGroup var spool: SpoolOptions
  @Flag(help: "Exit when the inbox is empty and nothing is left that could start.")
  var drain = false
  @Option(
    name: .customLong("allow"),
    help: ArgumentHelp(
      "A folder that jobs may read from, in place of the configuration's; repeatable.", valueName: "dir"))
  var allowedRoots: [String] = []
  @Option(
    help: ArgumentHelp(
      "A program to run after every end of a job, told of it by the environment; see docs/operations.md.",
      valueName: "program"))
  var hook: String?
  @Option(
    help: ArgumentHelp("Write figures for Prometheus' textfile collector every 15 s.", valueName: "file.prom")
  )
  var metrics: String?
  @Option(
    help: ArgumentHelp(
      "Kill a worker whose job gives no sign of life for so long; it gives one every 2 s (default: 60).",
      valueName: "seconds"))
  var heartbeatTimeout: Double?
  @Option(
    help: ArgumentHelp(
      "How many jobs of one user may wait or run; further drops stay in the inbox (default: no limit).",
      valueName: "count"))
  var maxJobsPerOwner: Int?
  @Option(
    help: ArgumentHelp(
      "How many bytes the drops of one user's waiting and running jobs may have; further drops stay in the inbox, "
        + "a larger one fails. K, M, G and T are powers of 1000 (default: no limit).", valueName: "size"))
  var maxBytesPerOwner: String?
  @Flag(help: "Log every detail.")
  var verbose = false

  func run() throws {
    SpoolSupervisor.useOneHeap()
    LoggingSystem.bootstrap { PlainLogHandler(label: $0) }
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let environment = ManagerSocket(ProcessInfo.processInfo.environment)
    for variable in ManagerSocket.variables { unsetenv(variable) }
    let request = ServeRequest(
      program: program, spool: spool.spool, config: spool.config, commandLine: try commandLine(),
      drains: drain,
      isVerbose: verbose)
    let plan = try request.plan()
    var log = Logger(label: "scispool")
    log.logLevel = plan.level
    let manager = environment.map { ManagerReport($0, spools: plan.spools.map(\.label)) }
    let supervisor = SpoolSupervisor(plan, manager: manager, log: log)
    let stop = supervisor.stopper
    let reload = supervisor.reloader { () throws(JobFailure) in try request.plan() }
    startSignalThread([SIGTERM, SIGINT, SIGHUP]) { $0 == SIGHUP ? reload() : stop() }
    try supervisor.run()
  }

  /// Serves one spool until SIGTERM or SIGINT asks for an end.
  static func run(_ service: SpoolService) throws(JobFailure) {
    let stop = service.stopper
    startSignalThread([SIGTERM, SIGINT]) { _ in stop() }
    try service.run()
  }

  private func commandLine() throws(JobFailure) -> SettingLayer {
    func absolute(_ path: String) -> String { URL(filePath: path).standardizedFileURL.path }
    var layer: SettingLayer = [:]
    if !allowedRoots.isEmpty {
      layer[.allowedRoots] = Setting(.texts(allowedRoots.map(absolute)), .commandLine(option: "--allow"))
    }
    if let hook { layer[.hook] = Setting(.text(absolute(hook)), .commandLine(option: "--hook")) }
    if let metrics {
      layer[.metricsFile] = Setting(.text(absolute(metrics)), .commandLine(option: "--metrics"))
    }
    if let heartbeatTimeout {
      layer[.heartbeatTimeout] = try Self.setting(
        .heartbeatTimeout, "\(heartbeatTimeout)", "--heartbeat-timeout")
    }
    if let maxJobsPerOwner {
      layer[.maxJobsPerOwner] = try Self.setting(
        .maxJobsPerOwner, "\(maxJobsPerOwner)", "--max-jobs-per-owner")
    }
    if let maxBytesPerOwner {
      layer[.maxBytesPerOwner] = try Self.setting(
        .maxBytesPerOwner, maxBytesPerOwner, "--max-bytes-per-owner")
    }
    return layer
  }

  private static func setting(_ key: SettingKey, _ text: String, _ option: String) throws(JobFailure)
    -> Setting
  {
    guard let value = key.form.value(of: text) else {
      throw JobFailure(.usage, "\(option) is \(text), expected \(key.form.expected)")
    }
    return Setting(value, .commandLine(option: option))
  }
}
