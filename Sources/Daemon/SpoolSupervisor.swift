import CLinux
import Foundation
import Jobs
import Logging
import Threads

/// Serves several spools in one process, each by a ``SpoolService`` on a thread of its own.
///
/// A spool whose disk fails is taken up again after a while, and the others go on meanwhile: what a service needs to know
/// lies in its folders.
package final class SpoolSupervisor {
  /// What is to be served, and how.
  package struct Plan: Sendable {
    /// Told apart by their labels.
    package var spools: [SpoolService.Options]
    /// How many jobs run at a time, whichever spools they are of.
    package var runningJobs: Int
    package var level: Logger.Level

    package init(spools: [SpoolService.Options], runningJobs: Int, level: Logger.Level) {
      (self.spools, self.runningJobs, self.level) = (spools, runningJobs, level)
    }
  }

  private enum Message: Sendable {
    case began(
      String, stop: @Sendable () -> Void, reload: @Sendable (SpoolService.Options, Logger.Level) -> Void)
    case ended(String, JobFailure?)
    case reload(@Sendable () throws(JobFailure) -> Plan)
    case stop
  }

  private enum State {
    /// Its thread has been started.
    case beginning
    case served(stop: @Sendable () -> Void, reload: @Sendable (SpoolService.Options, Logger.Level) -> Void)
    /// It could not be served, and is tried again then.
    case unfit(until: Date)
  }

  private struct Spool {
    var options: SpoolService.Options
    var state: State
    /// It is no longer in the configuration, or was not for a while and is to be begun anew.
    var isLeaving = false
    var comesBack = false
  }

  private let mailbox = Mailbox<Message>()
  private let turns: ComputingTurns
  private let manager: ManagerReport?
  private var log: Logger
  private var spools: [String: Spool] = [:]
  private var stops = 0
  /// The first failure of a spool, and whether any was ever served.
  private var failure: JobFailure?
  private var hasServed = false
  private let plan: Plan
  /// Seconds until an unfit spool is tried again.
  private let pause: Double

  /// Has all threads take memory from one heap.
  ///
  /// glibc gives threads heaps of their own, so that they need not wait for each other; those of a supervisor wait for disks. Each
  /// heap keeps what its threads have let go, and `bench soak` shows them grow; `docs/reliability.md` has the figures.
  package static func useOneHeap() { use_one_heap() }

  /// - Parameter pause: Seconds until a spool that cannot be served is tried again.
  package init(_ plan: Plan, manager: ManagerReport?, log: Logger, pause: Double = 60) {
    (self.plan, self.manager, self.log, self.pause) = (plan, manager, log, pause)
    turns = ComputingTurns(limit: plan.runningJobs)
  }

  /// Asks for an end, from any thread, as of ``SpoolService/stopper``.
  package var stopper: @Sendable () -> Void {
    let mailbox = mailbox
    return { mailbox.post(.stop) }
  }

  /// Has the configuration read again, from any thread. When it cannot be, the old one holds.
  ///
  /// - Parameter read: Called on the supervisor's thread.
  package func reloader(_ read: @escaping @Sendable () throws(JobFailure) -> Plan) -> @Sendable () -> Void {
    let mailbox = mailbox
    return { mailbox.post(.reload(read)) }
  }

  /// Serves until all are stopped or drained.
  ///
  /// - Throws: ``JobFailure`` of a spool that is alone, or when none of several can be served.
  package func run() throws(JobFailure) {
    for options in plan.spools { begin(options) }
    while !spools.isEmpty {
      for message in mailbox.take(until: nextWake()) { handle(message) }
      for (label, spool) in spools {
        if case .unfit(let until) = spool.state, until <= Date() { begin(spool.options, as: label) }
      }
    }
    if let failure, !hasServed || plan.spools.count == 1 || plan.spools.contains(where: \.drains) {
      throw failure
    }
  }

  private func nextWake() -> Date {
    spools.values.compactMap { spool -> Date? in
      if case .unfit(let until) = spool.state { until } else { nil }
    }.min()
      ?? Date(timeIntervalSinceNow: 3600)
  }

  private func begin(_ options: SpoolService.Options) { begin(options, as: options.label) }

  private func begin(_ options: SpoolService.Options, as label: String) {
    var options = options
    options.turn = turns.seat()
    options.manager = manager
    spools[label] = Spool(options: options, state: .beginning)
    var log = log
    if options.name != nil { log[metadataKey: "spool"] = "\(label)" }
    let (mailbox, given) = (mailbox, options)
    startThread(label) { [log] in
      var failure: JobFailure?
      do throws(JobFailure) {
        let service = try SpoolService(given, log: log)
        mailbox.post(.began(label, stop: service.stopper, reload: service.reloader))
        try service.run()
      } catch { failure = error }
      mailbox.post(.ended(label, failure))
    }
  }

  private func handle(_ message: Message) {
    switch message {
    case .began(let label, let stop, let reload):
      hasServed = true
      guard let spool = spools[label] else { return }
      spools[label]?.state = .served(stop: stop, reload: reload)
      // What was asked for meanwhile.
      if stops > 0 || spool.isLeaving { stop() }
      reload(spool.options, log.logLevel)
    case .ended(let label, let failure): ended(label, failure)
    case .reload(let read):
      do throws(JobFailure) { take(try read()) } catch {
        log.error(
          "the configuration is not read again, the old one holds: \(error.description.replacing("\n", with: "; "))"
        )
      }
    case .stop:
      stops += 1
      for (label, spool) in spools {
        switch spool.state {
        case .served(let stop, _): stop()
        case .unfit: forget(label)
        case .beginning: break
        }
      }
    }
  }

  private func ended(_ label: String, _ failure: JobFailure?) {
    guard let spool = spools[label] else { return }
    self.failure = self.failure ?? failure
    if spool.comesBack, stops == 0 { return begin(spool.options, as: label) }
    let isAlone = plan.spools.count == 1 && spools.count == 1
    guard let failure, stops == 0, !spool.isLeaving, !spool.options.drains, !isAlone else {
      forget(label)
      return
    }
    log.error("the spool \(label) is not served: \(failure.message); it is tried again in \(Int(pause)) s")
    manager?.unfit(label, "not served: \(failure.message)")
    spools[label]?.state = .unfit(until: Date().addingTimeInterval(pause))
    // Without any that was ever served there is nothing to be left alone with.
    if !hasServed, spools.values.allSatisfy({ if case .unfit = $0.state { true } else { false } }) {
      spools = [:]
    }
  }

  private func forget(_ label: String) {
    spools[label] = nil
    manager?.remove(label)
  }

  /// Brings what is served in line with a new plan.
  private func take(_ new: Plan) {
    guard stops == 0 else { return }
    log.info("the configuration is read again")
    log.logLevel = new.level
    turns.set(limit: new.runningJobs)
    for options in new.spools {
      guard var spool = spools[options.label] else {
        log.info("the spool \(options.label) was added to the configuration")
        begin(options)
        continue
      }
      if spool.options.folders != options.folders {
        log.warning(
          "the root of \(options.label) changes to \(options.folders.root.path) at the next start; until then it is \(spool.options.folders.root.path)"
        )
      }
      spool.options = spool.options.changed(to: options)
      spools[options.label]?.options = spool.options
      spools[options.label]?.comesBack = spool.isLeaving
      if case .served(_, let reload) = spool.state { reload(spool.options, new.level) }
    }
    let labels = new.spools.map(\.label)
    for (label, spool) in spools where !labels.contains(label) {
      log.info("the spool \(label) is no longer in the configuration: it stops at its next step")
      spools[label]?.isLeaving = true
      spools[label]?.comesBack = false
      switch spool.state {
      case .served(let stop, _): stop()
      case .unfit: forget(label)
      case .beginning: break
      }
    }
  }
}

extension SpoolService.Options {
  /// What tells spools apart.
  package var label: String { name ?? folders.root.path }

  /// These options with what may change while a spool is served.
  func changed(to new: Self) -> Self {
    var options = self
    (options.allowedRoots, options.worker) = (new.allowedRoots, new.worker)
    options.ownerLimits = new.ownerLimits
    options.priority = new.priority
    (options.quietWindow, options.rescan, options.pagePause) = (new.quietWindow, new.rescan, new.pagePause)
    (options.grace, options.silence) = (new.grace, new.silence)
    (options.hook, options.hookLimit, options.metrics) = (new.hook, new.hookLimit, new.metrics)
    return options
  }
}
