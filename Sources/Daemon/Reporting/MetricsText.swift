import Jobs
import Ledger

/// The figures of a spool in the text format of Prometheus, for a textfile collector.
package struct MetricsText: Sendable, Equatable {
  /// What the configuration calls the spool; a label of every figure.
  package var spool: String?
  package var figures = LedgerFigures()
  /// Jobs that wait, by what for; `turn` for nothing else.
  package var waiting: [String: Int] = [:]
  package var isRunning = false
  package var isPaused = false
  package var isDegraded = false
  /// Free bytes of the spool's file system; nil when they cannot be told.
  package var freeBytes: Int?
  /// Seconds since 1970 at which the daemon was started, and at which this was written.
  package var startedAt = 0.0
  package var writtenAt = 0.0

  package init() {}

  package var text: String {
    var lines: [String] = []
    func add(_ name: String, _ type: String, _ help: String, _ values: [(labels: String, value: String)]) {
      lines += ["# HELP scispool_\(name) \(help)", "# TYPE scispool_\(name) \(type)"]
      lines += values.map { "scispool_\(name)\(labels($0.labels)) \($0.value)" }
    }
    func counts(_ label: String, _ counts: [String: Int]) -> [(labels: String, value: String)] {
      counts.sorted { $0.key < $1.key }.map { ("\(label)=\"\(Self.escaped($0.key))\"", "\($0.value)") }
    }
    let ended = [JobState.done, .failed].map { ($0.rawValue, figures.jobs[$0] ?? 0) }
    add(
      "jobs_total", "counter", "Jobs that have ended, as the ledger counts them.",
      counts("state", Dictionary(uniqueKeysWithValues: ended)))
    add("failures_total", "counter", "Failed jobs by code.", counts("code", figures.failures))
    add("attempts_total", "counter", "Ended attempts by outcome.", counts("outcome", figures.attempts))
    add("jobs_waiting", "gauge", "Jobs that wait, by what for.", counts("for", waiting))
    add("jobs_running", "gauge", "Jobs that run.", [("", isRunning ? "1" : "0")])
    add("paused", "gauge", "Whether no job is to start.", [("", isPaused ? "1" : "0")])
    add(
      "degraded", "gauge", "Whether the inbox or the spool is not as it should be.",
      [("", isDegraded ? "1" : "0")])
    if let freeBytes {
      add("free_bytes", "gauge", "Free bytes of the spool's file system.", [("", "\(freeBytes)")])
    }
    add("start_time_seconds", "gauge", "When the daemon was started.", [("", "\(startedAt)")])
    add("written_time_seconds", "gauge", "When this was written.", [("", "\(writtenAt)")])
    return lines.joined(separator: "\n") + "\n"
  }

  private func labels(_ own: String) -> String {
    let all = [spool.map { "spool=\"\(Self.escaped($0))\"" }, own.isEmpty ? nil : own].compactMap { $0 }
    return all.isEmpty ? "" : "{\(all.joined(separator: ","))}"
  }

  private static func escaped(_ label: String) -> String {
    label.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
