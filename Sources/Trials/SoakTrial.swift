import ChildProcesses
import Daemon
import Foundation
import Glibc
import Jobs
import Ledger
import Spooling

/// Serves a spool for a long time under a mixed load and looks whether the supervisor grows.
package struct SoakTrial: Sendable {
  package var program: String
  package var supervisor: [String]
  package var parent: URL
  /// By the machine's clock.
  package var seconds: Double
  /// Files dropped a second.
  package var rate: Double
  /// How much faster the daemon's time passes.
  package var speed: Double
  package var seed: UInt64

  package init(
    program: String, supervisor: [String], parent: URL, seconds: Double, rate: Double, speed: Double,
    seed: UInt64
  ) {
    (self.program, self.supervisor, self.parent) = (program, supervisor, parent)
    (self.seconds, self.rate, self.speed, self.seed) = (seconds, rate, speed, seed)
  }

  /// What was seen of the supervisor in one part of the time.
  package struct Part: Sendable, Equatable, Codable {
    package var residentBytes = 0
    package var descriptors = 0
    package var threads = 0
    /// Of one processor.
    package var load = 0.0
  }

  package struct Outcome: Sendable, Equatable, Codable {
    package var seconds = 0.0
    /// By the daemon's clock.
    package var hours = 0.0
    package var dropped = 0
    package var done = 0
    package var failed = 0
    package var requests = 0
    package var cleaned = 0
    /// Means over the eighths of the time.
    package var parts: [Part] = []
    /// Broken promises, a sentence each.
    package var violations: [String] = []
  }

  /// - Parameter progress: Gets the seconds so far.
  package func run(progress: (Double) -> Void = { _ in }) throws -> Outcome {
    let spool = try TrialSpool(in: parent)
    // Nothing is dropped in the last eighth, so that what waits for a moment can come to it.
    let busy = seconds * 7 / 8
    var load = Load(
      spool: spool, box: ControlBox(folders: spool.folders),
      horizon: min(1800, (seconds - busy) * speed * 0.8),
      random: TrialRandom(state: seed))
    var outcome = Outcome()
    let daemon = try spool.serve(program, supervisor)
    let began = ContinuousClock.now
    func elapsed() -> Double { (ContinuousClock.now - began) / .seconds(1) }
    var samples = [[Part]](repeating: [], count: 8)
    var (nextSample, nextCleaning, used) = (1.0, 10.0, 0.0)
    while elapsed() < seconds {
      let now = elapsed()
      while Double(load.names.count) < rate * min(now, busy) {
        try load.drop(at: Date(timeIntervalSinceNow: now * (speed - 1)))
      }
      if now >= nextSample {
        nextSample = now + 1
        guard let use = DaemonUse(daemon.processID) else {
          outcome.violations.append("the supervisor ended after \(Int(now)) s")
          break
        }
        var part = Part(residentBytes: use.resident, load: use.processorSeconds - used)
        (part.descriptors, part.threads) = (Self.count("fd", daemon), Self.count("task", daemon))
        used = use.processorSeconds
        samples[min(7, Int(8 * now / seconds))].append(part)
        outcome.violations += spool.halfPublished()
        progress(now)
      }
      if now >= busy { try load.releaseAll() }
      if now >= nextCleaning {
        nextCleaning = now + 10
        var retention = Retention()
        (retention.jobs, retention.includesUnread) = (200, true)
        let cleaning = SpoolCleaning(spool.folders, retention)
        if let report = try? cleaning.run(at: Date(), isRehearsal: false) {
          outcome.cleaned += report.removed.count
        }
      }
      usleep(20_000)
    }
    (outcome.seconds, outcome.hours) = (elapsed(), elapsed() * speed / 3600)
    daemon.send(signal: SIGTERM)
    daemon.wait()
    // The last one has to do with whatever is left that has no moment to wait for.
    let last = try spool.serve(program, supervisor + ["--drain"])
    if last.wait() != .exited(status: 0) { outcome.violations.append("the last supervisor did not end well") }
    outcome.parts = samples.map(Self.mean)
    (outcome.dropped, outcome.requests) = (load.names.count, load.requests)
    try judge(&outcome, load, spool)
    if outcome.violations.isEmpty { spool.remove() }
    return outcome
  }

  /// No job is lost, and nothing grows: the queue has its ups and downs, so memory may be a tenth higher at the end than after
  /// the first quarter, and 4 MB, and not more.
  private func judge(_ outcome: inout Outcome, _ load: Load, _ spool: TrialSpool) throws(JobFailure) {
    let reader = try Ledger.reading(path: spool.folders.ledger.path)
    for name in load.names {
      switch try reader.job(named: name)?.state {
      case .done: outcome.done += 1
      case .failed: outcome.failed += 1
      case .queued, .running: outcome.violations.append("\(name) has not ended")
      case nil: outcome.violations.append("\(name) is lost")
      }
    }
    for name in spool.names(in: spool.folders.inbox) { outcome.violations.append("inbox/\(name) is left") }
    for name in spool.names(in: spool.folders.active) { outcome.violations.append("active/\(name) is left") }
    let (early, late) = (outcome.parts[2], outcome.parts[6])
    if Double(late.residentBytes) > 1.1 * Double(early.residentBytes) + 4e6 {
      outcome.violations.append("memory grew from \(early.residentBytes) to \(late.residentBytes) bytes")
    }
    if late.descriptors > early.descriptors + 2 {
      outcome.violations.append("descriptors grew from \(early.descriptors) to \(late.descriptors)")
    }
    if late.threads > early.threads + 2 {
      outcome.violations.append("threads grew from \(early.threads) to \(late.threads)")
    }
  }

  private static func mean(_ samples: [Part]) -> Part {
    guard !samples.isEmpty else { return Part() }
    let count = samples.count
    return Part(
      residentBytes: samples.reduce(0) { $0 + $1.residentBytes } / count,
      descriptors: samples.reduce(0) { $0 + $1.descriptors } / count,
      threads: samples.reduce(0) { $0 + $1.threads } / count,
      load: samples.reduce(0) { $0 + $1.load } / Double(count))
  }

  private static func count(_ what: String, _ process: ChildProcess) -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processID)/\(what)").count) ?? 0
  }

  /// What people do to a spool.
  private struct Load {
    let spool: TrialSpool
    let box: ControlBox
    /// Seconds of the daemon's time within which the moments lie that jobs wait for.
    let horizon: Double
    var random: TrialRandom
    var names: [String] = []
    var requests = 0
    var held: [String] = []

    /// Requests are not obeyed in the order in which they were made: what was released first may be held now.
    mutating func releaseAll() throws(JobFailure) {
      for name in held { _ = try box.post(ControlRequest(.release, name: name)) }
      held = []
    }

    /// Drops a file of some sort, and now and then asks for something.
    ///
    /// - Parameter now: By the daemon's clock.
    mutating func drop(at now: Date) throws(JobFailure) {
      let name = "job-\(names.count)"
      let later = now.addingTimeInterval(.random(in: 0..<horizon, using: &random)).formatted(.iso8601)
      let content: Data
      switch Int.random(in: 0..<40, using: &random) {
      case 0: content = TrialSpool.job(["play": "refuse"])
      case 1: content = Data("{\"kind\": \"score\", ".utf8)
      case 2: content = TrialSpool.job(["play": "crash"])
      case 3, 4: content = TrialSpool.job(options: ", \"not_before\": \"\(later)\"")
      case 5: content = TrialSpool.job(options: ", \"deadline\": \"\(later)\", \"priority\": -5")
      case 6: content = TrialSpool.job(options: ", \"unique_key\": \"k\", \"on_conflict\": \"replace\"")
      case 7 where names.count > 1: content = TrialSpool.job(options: ", \"after\": [\"job-0\"]")
      case 8: content = TrialSpool.job(options: ", \"matrix\": {\"labels.milliseconds\": [\"1\", \"2\"]}")
      default: content = TrialSpool.job(["milliseconds": "\(Int.random(in: 0..<10, using: &random))"])
      }
      try spool.drop(names.isEmpty ? TrialSpool.job() : content, as: name)
      names.append(name)
      guard Int.random(in: 0..<10, using: &random) == 0 else { return }
      let other = names[Int.random(in: max(0, names.count - 20)..<names.count, using: &random)]
      // What is held is released: a job that is held for ever would not have ended.
      let verbs: [ControlRequest.Verb] = Bool.random(using: &random) ? [.cancel] : [.hold, .release]
      if verbs.count > 1 { held.append(other) }
      for verb in verbs {
        _ = try box.post(ControlRequest(verb, name: other))
        requests += 1
      }
    }
  }
}
