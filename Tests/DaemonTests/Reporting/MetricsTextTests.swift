import Daemon
import Foundation
import Ledger
import Testing

struct MetricsTextTests {
  @Test func `writes one family after another, with labels that cannot break out`() {
    var metrics = MetricsText()
    metrics.figures.jobs = [.done: 3, .failed: 1, .queued: 2]
    metrics.figures.failures = ["bad\"\\\ninput": 1]
    metrics.figures.attempts = ["done": 3, "crashed": 2]
    metrics.waiting = ["turn": 1, "held": 1]
    metrics.isRunning = true
    metrics.freeBytes = 1024
    let lines = metrics.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(
      lines == [
        "scispool_jobs_total{state=\"done\"} 3", "scispool_jobs_total{state=\"failed\"} 1",
        #"scispool_failures_total{code="bad\"\\\ninput"} 1"#,
        "scispool_attempts_total{outcome=\"crashed\"} 2", "scispool_attempts_total{outcome=\"done\"} 3",
        "scispool_jobs_waiting{for=\"held\"} 1", "scispool_jobs_waiting{for=\"turn\"} 1",
        "scispool_jobs_running 1", "scispool_paused 0", "scispool_degraded 0", "scispool_free_bytes 1024",
        "scispool_start_time_seconds 0.0", "scispool_written_time_seconds 0.0",
      ])
  }

  @Test func `tells spools of one machine apart`() {
    var metrics = MetricsText()
    metrics.spool = "night\"ly"
    metrics.waiting = ["turn": 1]
    let lines = metrics.text.split(separator: "\n")
    #expect(lines.contains(#"scispool_jobs_waiting{spool="night\"ly",for="turn"} 1"#))
    #expect(lines.contains(#"scispool_jobs_running{spool="night\"ly"} 0"#))
  }

  @Test func `a drained spool leaves its figures`() throws {
    let spool = try TemporarySpool()
    defer { spool.remove() }
    let file = spool.folders.root.appending(path: "scispool.prom")
    try spool.drop(TemporarySpool.job(), as: "good.json")
    try spool.drop(TemporarySpool.job("refuse"), as: "bad.json")
    try spool.drop(TemporarySpool.job("done", ", \"after\": [\"never\"]"), as: "later.json")
    try spool.drain { $0.metrics = file }
    let text = try String(contentsOf: file, encoding: .utf8)
    for line in [
      "scispool_jobs_total{state=\"done\"} 1", "scispool_failures_total{code=\"bad_input\"} 1",
      "scispool_jobs_waiting{for=\"after\"} 1", "scispool_jobs_waiting{for=\"turn\"} 0",
      "scispool_jobs_running 0",
    ] { #expect(text.contains(line + "\n"), "\(line)") }
  }
}
