import ChildProcesses
import Foundation
import Glibc
import Jobs
import Ledger
import Spooling

/// Kills the supervisor and its worker at random while jobs are dropped and run, then looks whether every job has ended
/// exactly once.
package struct StormTrial: Sendable {
  package var program: String
  package var supervisor: [String]
  package var parent: URL
  package var jobs: Int
  package var kills: Int
  package var seed: UInt64

  package init(program: String, supervisor: [String], parent: URL, jobs: Int, kills: Int, seed: UInt64) {
    (self.program, self.supervisor, self.parent) = (program, supervisor, parent)
    (self.jobs, self.kills, self.seed) = (jobs, kills, seed)
  }

  /// What happened, and what should not have.
  package struct Outcome: Sendable, Equatable, Codable {
    package var jobs = 0
    package var killsOfSupervisors = 0
    package var killsOfWorkers = 0
    package var seconds = 0.0
    package var done = 0
    package var failed = 0
    package var attempts = 0
    /// Broken promises, a sentence each.
    package var violations: [String] = []
  }

  /// - Parameter progress: Gets the number of kills so far.
  package func run(progress: (Int) -> Void = { _ in }) throws -> Outcome {
    let spool = try TrialSpool(in: parent)
    var random = TrialRandom(state: seed)
    var outcome = Outcome(jobs: jobs)
    let began = ContinuousClock.now
    var daemon = try spool.serve(program, supervisor)
    var dropped = 0
    for kill in 1...kills {
      // As many jobs as keep it busy to the last kill.
      while dropped < jobs * kill / kills {
        try spool.drop(job(dropped, &random), as: "job-\(dropped)")
        dropped += 1
      }
      // Some at its start, some in the middle of its work.
      usleep(.random(in: 0..<(Bool.random(using: &random) ? 60_000 : 400_000), using: &random))
      if Bool.random(using: &random), let worker = Self.worker(of: daemon) {
        Glibc.kill(worker, SIGKILL)
        outcome.killsOfWorkers += 1
      } else {
        daemon.send(signal: SIGKILL)
        daemon.wait()
        outcome.killsOfSupervisors += 1
        daemon = try spool.serve(program, supervisor)
      }
      progress(kill)
    }
    daemon.send(signal: SIGKILL)
    daemon.wait()
    // The last one has to do with whatever is left.
    daemon = try spool.serve(program, supervisor + ["--drain"])
    guard daemon.wait() == .exited(status: 0) else {
      throw JobFailure(
        .internalError, "the last supervisor did not end well; see \(spool.folders.root.path)/daemon.log")
    }
    outcome.seconds = (ContinuousClock.now - began) / .seconds(1)
    (outcome.done, outcome.failed) = (
      spool.names(in: spool.folders.outbox).count, spool.names(in: spool.folders.failed).count
    )
    outcome.violations = try spool.brokenPromises(dropped: Set((0..<jobs).map { "job-\($0)" }))
    outcome.attempts = try Ledger.reading(path: spool.folders.ledger.path).jobs(finished: jobs).reduce(0) {
      $0 + $1.attempts
    }
    if outcome.violations.isEmpty { spool.remove() }
    return outcome
  }

  /// Most succeed at once or after a moment, some are refused, some never were jobs.
  private func job(_ number: Int, _ random: inout TrialRandom) -> Data {
    switch Int.random(in: 0..<20, using: &random) {
    case 0: TrialSpool.job(["play": "refuse"])
    case 1: Data("{\"kind\": \"score\", ".utf8)
    default: TrialSpool.job(["milliseconds": "\(Int.random(in: 0..<10, using: &random))"])
    }
  }

  /// The daemon's worker; nil when it has none and starts none within two seconds.
  private static func worker(of daemon: ChildProcess) -> pid_t? {
    let tasks = "/proc/\(daemon.processID)/task"
    let deadline = ContinuousClock.now + .seconds(2)
    while ContinuousClock.now < deadline {
      // A child belongs to the thread that started it.
      for task in (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? [] {
        let children = (try? String(contentsOfFile: "\(tasks)/\(task)/children", encoding: .utf8)) ?? ""
        if let child = children.split(separator: " ").lazy.compactMap({ pid_t($0) }).first { return child }
      }
      usleep(5000)
    }
    return nil
  }
}
