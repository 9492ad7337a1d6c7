import ArgumentParser
import Daemon
import Dispatch
import Foundation
import Jobs
import Logging

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serves a spool: runs what is dropped into its inbox.",
    discussion: """
      EXAMPLE
        scispool serve --spool /var/spool/scispool
        scispool serve --spool ~/spool --drain      # from cron: work until nothing is left to start, then exit 0

      SIGTERM and SIGINT put the running job back at its next step and stop; a second one does not wait for the step.
      Started by systemd with Type=notify it says when it serves and what it does, and gives the watchdog signs of life.
      """)

  @OptionGroup var spool: SpoolOptions
  @Flag(help: "Exit when the inbox is empty and nothing is left that could start.")
  var drain = false
  @Option(
    name: .customLong("allow"),
    help: ArgumentHelp("A further folder that jobs may read from; repeatable.", valueName: "dir"))
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
      "Kill a worker whose job gives no sign of life for so long; it gives one every 2 s.",
      valueName: "seconds"))
  var heartbeatTimeout: Double = 60
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

  private var ownerLimits: OwnerLimits {
    get throws(JobFailure) {
      let bytes = maxBytesPerOwner.flatMap(Clean.bytes)
      guard maxBytesPerOwner == nil || bytes != nil, maxJobsPerOwner ?? 1 > 0 else {
        throw JobFailure(
          .usage, "--max-jobs-per-owner wants a number from 1, --max-bytes-per-owner a size such as 500M")
      }
      return OwnerLimits(jobs: maxJobsPerOwner, bytes: bytes)
    }
  }

  func run() throws {
    LoggingSystem.bootstrap { PlainLogHandler(label: $0) }
    var log = Logger(label: "scispool")
    log.logLevel = verbose ? .debug : .info
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let folders = spool.folders
    var options = SpoolService.Options(
      folders: folders, worker: [program, "worker", "--spool", folders.root.path])
    options.drains = drain
    if let hook {
      guard access(hook, X_OK) == 0 else {
        throw JobFailure(
          .missingInput, "cannot run the hook \(hook): \(String(cString: strerror(errno)))",
          hint: "Name a program by its path.")
      }
      options.hook = hook
    }
    options.metrics = metrics.map { URL(filePath: $0) }
    options.silence = heartbeatTimeout
    options.ownerLimits = try ownerLimits
    options.manager = ManagerSocket(ProcessInfo.processInfo.environment)
    for variable in ManagerSocket.variables { unsetenv(variable) }
    options.allowedRoots = allowedRoots.map { URL(filePath: $0).standardizedFileURL.path }
    options.worker += options.allowedRoots.flatMap { ["--allow", $0] }
    let service = try SpoolService(options, log: log)
    try Self.run(service)
  }

  /// Serves until SIGTERM or SIGINT asks for an end.
  static func run(_ service: SpoolService) throws(JobFailure) {
    let stopper = service.stopper
    let signals = [SIGTERM, SIGINT].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { stopper() }
      source.resume()
      return source
    }
    try service.run()
    for source in signals { source.cancel() }
  }
}
