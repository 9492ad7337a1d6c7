import ArgumentParser
import Daemon
import Foundation
import Jobs
import Spooling

struct Clean: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes room: removes what finished jobs left, the oldest first.",
    discussion: """
      EXAMPLE
        scispool clean --keep-days 90 --dry-run --spool /var/spool/scispool
        scispool clean --keep-bytes 200G --only outbox
        SCISPOOL_KEEP_DAYS=90 scispool clean       # from cron

      Each limit holds for outbox/ and failed/ by itself. What nobody has marked as read (`scispool read NAME`) stays, unless
      --include-unread says otherwise; so does what a job that waits or runs may need (after, baseline, path). The ledger
      keeps its rows. Exit codes: 0 done, 64 no limit, 73 something could not be removed, 75 another cleaning is at work.
      """)

  @OptionGroup var spool: SpoolOptions
  @Option(
    help: ArgumentHelp(
      "Remove what ended more than so many days ago (default: $SCISPOOL_KEEP_DAYS).", valueName: "days"))
  var keepDays: String?
  @Option(
    help: ArgumentHelp("Keep at most so many folders (default: $SCISPOOL_KEEP_JOBS).", valueName: "count"))
  var keepJobs: String?
  @Option(
    help: ArgumentHelp(
      "Keep at most so many bytes; K, M, G and T are powers of 1000 (default: $SCISPOOL_KEEP_BYTES).",
      valueName: "size"))
  var keepBytes: String?
  @Option(help: "Clean only one of the folders: outbox or failed.") var only: StoredJob.Area?
  @Flag(help: "Remove what nobody has marked as read, too.") var includeUnread = false
  @Flag(help: "Only say what would go.") var dryRun = false

  func run() throws {
    var retention = Retention()
    retention.days = try limit("--keep-days", keepDays, "SCISPOOL_KEEP_DAYS", "a number of days") {
      Double($0).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    }
    retention.jobs = try limit("--keep-jobs", keepJobs, "SCISPOOL_KEEP_JOBS", "a whole number") {
      Int($0).flatMap { $0 >= 0 ? $0 : nil }
    }
    retention.bytes = try limit(
      "--keep-bytes", keepBytes, "SCISPOOL_KEEP_BYTES", "a size such as 500M", Self.bytes)
    retention.includesUnread = includeUnread
    guard retention.hasLimit else {
      throw JobFailure(
        .usage, "nothing says what is to be kept",
        hint: "Give --keep-days, --keep-jobs or --keep-bytes, or set $SCISPOOL_KEEP_DAYS and so on.")
    }
    let cleaning = SpoolCleaning(
      spool.folders, retention, areas: only.map { [$0] } ?? StoredJob.Area.allCases)
    let report = try cleaning.run(at: Date(), isRehearsal: dryRun)
    print(text(report), terminator: "")
    for failure in report.failures { Terminal.complain("scispool: \(failure)") }
    if let failure = report.failures.first { throw ExitCode(failure.code.exitCode) }
  }

  private func text(_ report: SpoolCleaning.Report) -> String {
    var lines: [String] = []
    for (job, reason) in report.removed {
      lines.append(
        "\(dryRun ? "would remove" : "removed") \(job.path.oneLine(200)), \(Retention.size(job.bytes)): \(reason)"
      )
    }
    for (job, name) in report.needed {
      lines.append("kept \(job.path.oneLine(200)): \(name.oneLine()) may need it")
    }
    let folders = report.removed.count == 1 ? "1 folder" : "\(report.removed.count) folders"
    lines.append("\(dryRun ? "would free" : "freed") \(Retention.size(report.bytes)) in \(folders)")
    if !report.unread.isEmpty {
      let bytes = report.unread.reduce(0) { $0 + $1.bytes }
      lines.append(
        "kept \(report.unread.count) unread beyond the limits, \(Retention.size(bytes)): see `scispool help read`"
      )
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A limit as the option says it, else as the environment does.
  private func limit<Value>(
    _ option: String, _ given: String?, _ variable: String, _ expected: String, _ read: (String) -> Value?
  ) throws(JobFailure) -> Value? {
    let (name, text) =
      given.map { (option, $0) } ?? ("$\(variable)", ProcessInfo.processInfo.environment[variable] ?? "")
    guard !text.isEmpty || given != nil else { return nil }
    guard let value = read(text) else {
      throw JobFailure(.usage, "\(name) is \(text.quotedForMessage()), expected \(expected)")
    }
    return value
  }

  static func bytes(_ text: String) -> Int? {
    let powers = ["K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12]
    let factor = text.last.flatMap { powers[$0.uppercased()] }
    guard let number = Double(factor == nil ? text : String(text.dropLast())), number.isFinite, number >= 0
    else { return nil }
    let bytes = number * (factor ?? 1)
    return bytes < 9e18 ? Int(bytes) : nil
  }
}

extension StoredJob.Area: ExpressibleByArgument {}
