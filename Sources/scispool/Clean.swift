import ArgumentParser
import Configuration
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
        scispool clean --all-spools                # what the configuration says of each

      Each limit holds for outbox/ and failed/ by itself. What nobody has marked as read (`scispool read NAME`) stays, unless
      --include-unread says otherwise; so does what a job that waits or runs may need (after, baseline, path). The ledger
      keeps its rows. Exit codes: 0 done, 64 no limit, 73 something could not be removed, 75 another cleaning is at work.
      """)

  @OptionGroup var spool: SpoolOptions
  @Option(
    help: ArgumentHelp(
      "Remove what ended more than so many days ago (default: keep_days of the configuration).",
      valueName: "days"))
  var keepDays: String?
  @Option(
    help: ArgumentHelp("Keep at most so many folders (default: keep_jobs).", valueName: "count"))
  var keepJobs: String?
  @Option(
    help: ArgumentHelp(
      "Keep at most so many bytes; K, M, G and T are powers of 1000 (default: keep_bytes).",
      valueName: "size"))
  var keepBytes: String?
  @Option(help: "Clean only one of the folders: outbox or failed.") var only: StoredJob.Area?
  @Flag(help: "Remove what nobody has marked as read, too.") var includeUnread = false
  @Flag(help: "Clean every spool of the configuration that has a limit.") var allSpools = false
  @Flag(help: "Only say what would go.") var dryRun = false

  func run() throws {
    let configuration = try spool.configuration(try commandLine())
    let spools = allSpools ? configuration.spools : [try configuration.spool(spool.spool)]
    let cleaned = spools.filter { Retention($0).hasLimit }
    guard !cleaned.isEmpty else {
      throw JobFailure(
        .usage, "nothing says what is to be kept",
        hint:
          "Give --keep-days, --keep-jobs or --keep-bytes, or set keep_days and so on in the configuration.")
    }
    var failure: JobFailure?
    for settings in cleaned {
      if spools.count > 1 { print("\(settings.label):") }
      let first = try clean(settings)
      failure = failure ?? first
    }
    if let failure { throw ExitCode(failure.code.exitCode) }
  }

  /// - Returns: The first thing that went wrong.
  private func clean(_ settings: SpoolSettings) throws(JobFailure) -> JobFailure? {
    let cleaning = SpoolCleaning(
      SpoolFolders(root: URL(filePath: settings.rootPath)), Retention(settings),
      areas: only.map { [$0] } ?? StoredJob.Area.allCases)
    let report = try cleaning.run(at: Date(), isRehearsal: dryRun)
    print(text(report), terminator: "")
    for failure in report.failures { Terminal.complain("scispool: \(failure)") }
    return report.failures.first
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

  /// The limits that are given as options.
  private func commandLine() throws(JobFailure) -> SettingLayer {
    let given: [(SettingKey, String, String?)] = [
      (.keepDays, "--keep-days", keepDays), (.keepJobs, "--keep-jobs", keepJobs),
      (.keepBytes, "--keep-bytes", keepBytes),
      (.includeUnread, "--include-unread", includeUnread ? "true" : nil),
    ]
    var layer: SettingLayer = [:]
    for case (let key, let option, let text?) in given {
      guard let value = key.form.value(of: text) else {
        throw JobFailure(.usage, "\(option) is \(text.quotedForMessage()), expected \(key.form.expected)")
      }
      layer[key] = Setting(value, .commandLine(option: option))
    }
    return layer
  }
}

extension StoredJob.Area: ExpressibleByArgument {}
