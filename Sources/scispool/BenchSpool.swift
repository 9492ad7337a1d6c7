import ArgumentParser
import Daemon
import Foundation
import Images
import Jobs
import Logging
import Spooling
import Trials

extension Bench {
  /// Load: what the supervisor costs and how much it bears.
  struct Spool: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measures the daemon: throughput, bursts of drops, idle load, latency.",
      discussion: """
        EXAMPLE
          scispool bench spool --in /var/tmp --models Spool/models --json figures.json

        Works on spools of its own, which it removes. A worker that answers at once stands in for the real one where the
        supervisor alone is measured; latency is measured with both.
        """)

    @Option(
      name: .customLong("in"),
      help: ArgumentHelp("Where spools are made: on the disk to measure.", valueName: "dir"))
    var parent = "/var/tmp"
    @Option(help: "Jobs that do nothing, in a row.") var jobs = 2000
    @Option(help: "Files dropped at once.") var drops = 10_000
    @Option(help: "Finished jobs in the ledger of an idle daemon.") var finished = 100_000
    @Option(help: "Jobs whose way from drop to outbox is timed.") var repeats = 100
    @Option(help: ArgumentHelp("The folder with clip-mini, for the real worker's latency.", valueName: "dir"))
    var models: String?
    @Option(help: "Write the figures to this file, too.") var json: String?

    func run() throws {
      let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      let place = URL(filePath: parent)
      nonisolated(unsafe) var figures: [LoadTrial.Figure] = []
      let report: @Sendable (LoadTrial.Figure) -> Void = { figure in
        print(
          "\(figure.name): \(String(format: figure.value < 10 ? "%.3f" : "%.1f", figure.value)) \(figure.unit)"
        )
        fflush(nil)
        figures.append(figure)
      }
      let alone = LoadTrial(
        program: program, supervisor: ["bench", "supervisor"], parent: place, report: report)
      if jobs > 0 { try alone.throughput(jobs: jobs) }
      if drops > 0 { try alone.burst(drops: drops) }
      if finished > 0 { try alone.idleness(finished: finished, status: 11) }
      if repeats > 0 {
        try alone.latency("no-op job", job: TrialSpool.job(), repeats: repeats) { _ in }
        if let models {
          let whole = LoadTrial(program: program, supervisor: ["serve"], parent: place, report: report)
          let job = Data(
            #"{"kind": "score", "model": "clip-mini", "items": [{"prompt": "a green apple", "images": ["one.png"]}]}"#
              .utf8)
          try whole.latency("score job of one picture, model warm", job: job, repeats: repeats) { folders in
            let source = URL(filePath: models).appending(path: "clip-mini")
            try FileManager.default.copyItem(at: source, to: folders.models.appending(path: "clip-mini"))
            let picture = RGBImage(
              width: 64, height: 64, pixels: (0..<64 * 64 * 3).map { UInt8(truncatingIfNeeded: $0) })
            try picture.pngData().write(to: folders.root.appending(path: "one.png"))
          }
        }
      }
      if let json { try FileSystem.system.write(JobJSON.file(figures), to: URL(filePath: json)) }
    }
  }

  /// Kills.
  struct Storm: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Kills supervisor and worker at random over many jobs, and checks that each ends exactly once.",
      discussion: """
        EXAMPLE
          scispool bench storm --jobs 2000 --kills 1000 --seed 1

        A worker that answers at once stands in for the real one. Works on a spool of its own, which it removes unless a
        promise was broken; then the exit code is 70.
        """)

    @Option(name: .customLong("in"), help: ArgumentHelp("Where the spool is made.", valueName: "dir"))
    var parent = "/var/tmp"
    @Option(help: "Jobs that are dropped while the storm goes on.") var jobs = 2000
    @Option(help: "Half of them, more or less, hit the supervisor, the others its worker.") var kills = 1000
    @Option(help: "Of the times and targets of the kills.") var seed: UInt64 = 1

    func validate() throws {
      guard jobs > 0, kills > 0 else { throw ValidationError("--jobs and --kills are at least 1.") }
    }

    func run() throws {
      let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      let storm = StormTrial(
        program: program, supervisor: ["bench", "supervisor"], parent: URL(filePath: parent), jobs: jobs,
        kills: kills,
        seed: seed)
      var line = Terminal.ProgressLine()
      let outcome = try storm.run {
        line.show("storm", JobProgress(stage: "kill", step: $0, total: kills))
      }
      line.close()
      print(String(decoding: try JobJSON.file(outcome), as: UTF8.self), terminator: "")
      guard outcome.violations.isEmpty else {
        throw JobFailure(
          .internalError, "\(outcome.violations.count) promises were broken", hint: "The spool was kept.")
      }
    }
  }

  /// Days.
  struct Soak: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Serves a spool under load for a while, its time passing faster, and looks whether anything grows.",
      discussion: """
        EXAMPLE
          scispool bench soak --minutes 20 --speed 24 --json soak.json     # eight hours of the daemon's time

        Drops jobs of every sort all the time, cancels, holds and releases some, and cleans up after itself. A worker that
        answers at once stands in for the real one. Exit code 70 when a promise was broken; then the spool is kept.
        """)

    @Option(name: .customLong("in"), help: ArgumentHelp("Where the spool is made.", valueName: "dir"))
    var parent = "/var/tmp"
    @Option(help: "Minutes by the machine's clock.") var minutes = 20.0
    @Option(help: "How much faster the daemon's time passes.") var speed = 24.0
    @Option(help: "Files dropped a second, by the machine's clock.") var rate = 20.0
    @Option(help: "Of what is dropped and asked for.") var seed: UInt64 = 1
    @Option(help: "Write the figures to this file, too.") var json: String?

    func validate() throws {
      guard minutes > 0, speed >= 1, rate > 0 else {
        throw ValidationError("--minutes and --rate are above 0, --speed is at least 1.")
      }
    }

    func run() throws {
      let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      let soak = SoakTrial(
        program: program, supervisor: ["bench", "supervisor", "--speed", "\(speed)"],
        parent: URL(filePath: parent),
        seconds: minutes * 60, rate: rate, speed: speed, seed: seed)
      var line = Terminal.ProgressLine()
      let outcome = try soak.run {
        line.show("soak", JobProgress(stage: "second", step: Int($0), total: Int(minutes * 60)))
      }
      line.close()
      let figures = try JobJSON.file(outcome)
      print(String(decoding: figures, as: UTF8.self), terminator: "")
      if let json { try FileSystem.system.write(figures, to: URL(filePath: json)) }
      guard outcome.violations.isEmpty else {
        throw JobFailure(
          .internalError, "\(outcome.violations.count) promises were broken", hint: "The spool was kept.")
      }
    }
  }

  /// `serve` with a stand-in for the worker, for ``Spool``, ``Storm`` and ``Soak``.
  struct Supervisor: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Serves a spool with a worker that computes nothing.", shouldDisplay: false)

    @OptionGroup var spool: SpoolOptions
    @Flag var drain = false
    @Option var metrics: String?
    @Option(help: "How much faster than the machine's its time passes.") var speed = 1.0

    func run() throws {
      SpoolSupervisor.useOneHeap()
      LoggingSystem.bootstrap(StreamLogHandler.standardError)
      let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      var options = SpoolService.Options(folders: try spool.folders, worker: [program, "bench", "stand-in"])
      options.drains = drain
      options.metrics = metrics.map { URL(filePath: $0) }
      options.clock = ServiceClock(speed: speed)
      // Storms kill more often than daemons are killed in a year: their jobs would wait for minutes.
      (options.backoff.crash, options.backoff.machine) = (0.02, 0.02)
      let service = try SpoolService(options, log: Logger(label: "scispool"))
      try Serve.run(service)
    }
  }

  struct StandIn: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "stand-in", abstract: "Answers orders without doing anything.", shouldDisplay: false)

    func run() throws {
      for number in [SIGINT, SIGTERM] { signal(number, SIG_IGN) }
      try StandInWorker.run(version: Version.text)
    }
  }
}
