import ChildProcesses
import Foundation
import Glibc
import Jobs
import Spooling

/// Measures what a supervisor costs and how much it bears. Figures, no verdicts: machines differ.
package struct LoadTrial: Sendable {
  package struct Figure: Sendable, Equatable, Codable {
    package let name: String
    package let value: Double
    package let unit: String
  }

  /// `scispool`, which is started with these words before `--spool DIR`.
  package var program: String
  package var supervisor: [String]
  /// Where spools are made.
  package var parent: URL
  package var report: @Sendable (Figure) -> Void

  package init(
    program: String, supervisor: [String], parent: URL, report: @escaping @Sendable (Figure) -> Void
  ) {
    (self.program, self.supervisor, self.parent, self.report) = (program, supervisor, parent, report)
  }

  private func tell(_ name: String, _ value: Double, _ unit: String) {
    report(Figure(name: name, value: value, unit: unit))
  }

  private func resident(_ daemon: ChildProcess) -> Double {
    Double(DaemonUse(daemon.processID)?.resident ?? 0) / 1e6
  }

  private func end(_ daemon: ChildProcess) {
    daemon.send(signal: SIGTERM)
    daemon.wait()
  }

  /// Share of one processor that a daemon uses over a time, in percent.
  private func load(_ daemon: ChildProcess, seconds: Double) -> Double {
    guard let before = DaemonUse(daemon.processID) else { return .nan }
    usleep(UInt32(seconds * 1e6))
    guard let after = DaemonUse(daemon.processID) else { return .nan }
    return (after.processorSeconds - before.processorSeconds) / seconds * 100
  }

  /// Jobs that do nothing, all dropped before the daemon starts, each run by itself, one after the other.
  package func throughput(jobs: Int) throws(JobFailure) {
    let spool = try TrialSpool(in: parent)
    defer { spool.remove() }
    for number in 0..<jobs { try spool.drop(TrialSpool.job(), as: "job-\(number)") }
    let began = ContinuousClock.now
    let daemon = try spool.serve(program, supervisor)
    // To list thousands of folders is work, too.
    try spool.wait("the last of \(jobs) jobs", every: 0.1) { () throws(JobFailure) in
      spool.names(in: spool.folders.outbox).count == jobs
    }
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    // What is left of the claims is removed after the last of them, and counts.
    try spool.wait("an empty folder active/", every: 0.1) { () throws(JobFailure) in
      spool.names(in: spool.folders.active).isEmpty
    }
    let used = DaemonUse(daemon.processID)?.processorSeconds ?? 0
    tell("no-op jobs, \(jobs) in a row", Double(jobs) / seconds, "jobs/s")
    tell("processor time of the supervisor for one of them", used / Double(jobs) * 1000, "ms")
    tell("resident after them", resident(daemon), "MB")
    end(daemon)
  }

  /// A storm of drops while the daemon is stopped, so that the kernel's queue of events overflows.
  package func burst(drops: Int) throws(JobFailure) {
    let spool = try TrialSpool(in: parent)
    defer { spool.remove() }
    let daemon = try spool.serve(program, supervisor)
    defer { end(daemon) }
    try spool.wait("the daemon") { () throws(JobFailure) in access(spool.folders.page.path, F_OK) == 0 }
    daemon.send(signal: SIGSTOP)
    var began = ContinuousClock.now
    for number in 0..<drops {
      // They wait for a day that this test does not see: what is measured is the claiming.
      let options = ", \"not_before\": \"2999-01-01T00:00:00Z\""
      try spool.drop(TrialSpool.job(options: options), as: "job-\(number)")
    }
    tell("\(drops) drops took", (ContinuousClock.now - began) / .seconds(1), "s")
    daemon.send(signal: SIGCONT)
    began = ContinuousClock.now
    try spool.wait("\(drops) claims", every: 0.02) { () throws(JobFailure) in
      spool.names(in: spool.folders.inbox).isEmpty
    }
    tell("claimed after", (ContinuousClock.now - began) / .seconds(1), "s")
    tell("resident with \(drops) jobs waiting", resident(daemon), "MB")
    usleep(5_000_000)
    tell("idle load with \(drops) jobs waiting", load(daemon, seconds: 20), "% of a processor")
  }

  /// A daemon with a long history and nothing to do.
  package func idleness(finished: Int, status: Int) throws {
    let spool = try TrialSpool(in: parent)
    defer { spool.remove() }
    try FullLedger.write(jobs: finished, to: spool.folders.ledger.path)
    let metrics = spool.folders.root.appending(path: "scispool.prom").path
    let began = ContinuousClock.now
    let daemon = try spool.serve(program, supervisor + ["--metrics", metrics])
    defer { end(daemon) }
    try spool.wait("the daemon") { () throws(JobFailure) in access(spool.folders.page.path, F_OK) == 0 }
    tell(
      "start with \(finished) finished jobs in the ledger", (ContinuousClock.now - began) / .seconds(1), "s")
    var times: [Double] = []
    for _ in 0..<status {
      let began = ContinuousClock.now
      let process = try ChildProcess(
        program, ["status", "--spool", spool.folders.root.path], output: .nothing)
      process.wait()
      times.append((ContinuousClock.now - began) / .milliseconds(1))
    }
    tell("status, median of \(status)", times.sorted()[status / 2], "ms")
    tell("idle load, metrics written", load(daemon, seconds: 60), "% of a processor")
    tell("resident", resident(daemon), "MB")
  }

  /// From the drop of one small job to its folder in the outbox, the daemon being idle and the worker warm.
  ///
  /// - Parameters:
  ///   - job: What is dropped, over and over.
  ///   - prepare: Puts what the job needs into the spool.
  package func latency(
    _ name: String, job: Data, repeats: Int, prepare: (SpoolFolders) throws -> Void
  ) throws {
    let spool = try TrialSpool(in: parent)
    defer { spool.remove() }
    try prepare(spool.folders)
    let daemon = try spool.serve(program, supervisor)
    defer { end(daemon) }
    try spool.wait("the daemon") { () throws(JobFailure) in access(spool.folders.page.path, F_OK) == 0 }
    var times: [Double] = []
    for number in 0..<repeats + 3 {
      let began = ContinuousClock.now
      try spool.drop(job, as: "job-\(number)")
      let folder = spool.folders.outbox.appending(path: "job-\(number)").path
      try spool.wait("job-\(number)", seconds: 60, every: 0.0002) { () throws(JobFailure) in
        access(folder, F_OK) == 0
      }
      // The first load the model.
      if number >= 3 { times.append((ContinuousClock.now - began) / .milliseconds(1)) }
      usleep(50_000)
    }
    times.sort()
    tell("\(name), drop to published, median of \(repeats)", times[repeats / 2], "ms")
    tell("\(name), nine of ten within", times[repeats * 9 / 10], "ms")
  }
}
