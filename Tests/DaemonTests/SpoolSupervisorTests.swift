import Foundation
import Jobs
import Ledger
import Logging
import Synchronization
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(20)))
struct SpoolSupervisorTests {
  let interactive: TemporarySpool
  let nightly: TemporarySpool

  init() throws { (interactive, nightly) = (try TemporarySpool(), try TemporarySpool()) }

  private func remove() {
    interactive.remove()
    nightly.remove()
  }

  private static let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private func options(_ spool: TemporarySpool, _ name: String, priority: Int = 0) -> SpoolService.Options {
    var options = SpoolService.Options(folders: spool.folders, worker: spool.worker)
    (options.name, options.priority) = (name, priority)
    options.watches = false
    options.quietWindow = 0.1
    options.rescan = 0.05
    return options
  }

  private func plan(drains: Bool = false, nightlyPriority: Int = -50) -> SpoolSupervisor.Plan {
    var plan = SpoolSupervisor.Plan(
      spools: [options(interactive, "interactive"), options(nightly, "nightly", priority: nightlyPriority)],
      runningJobs: 1, level: .info)
    for index in plan.spools.indices { plan.spools[index].drains = drains }
    return plan
  }

  /// Runs it on a thread of its own; the answer waits for its end.
  private func start(_ supervisor: SpoolSupervisor) -> () -> JobFailure? {
    let (over, box) = (DispatchSemaphore(value: 0), Box(supervisor))
    let failure = Failure()
    Thread.detachNewThread {
      do throws(JobFailure) { try box.value.run() } catch {
        let error = error
        failure.value.withLock { $0 = error }
      }
      over.signal()
    }
    return {
      over.wait()
      return failure.value.withLock { $0 }
    }
  }

  private final class Failure: Sendable {
    let value = Mutex<JobFailure?>(nil)
  }

  private struct Box: @unchecked Sendable {
    // Unchecked: only the new thread uses it, but for the supervisor's own sendable closures.
    let value: SpoolSupervisor
    init(_ value: SpoolSupervisor) { self.value = value }
  }

  private func wait(_ what: String, until condition: () -> Bool) {
    let deadline = Date(timeIntervalSinceNow: 60)
    while !condition() {
      guard Date() < deadline else {
        Issue.record("waited in vain for \(what)")
        return
      }
      usleep(5_000)
    }
  }

  /// Nil also before there is a ledger.
  private func state(_ spool: TemporarySpool, _ name: String) -> JobState? {
    (try? spool.summary(of: name))?.state
  }

  private func attempts(_ spool: TemporarySpool, _ name: String) throws -> [LedgerReader.Attempt] {
    let ledger = try Ledger.reading(path: spool.folders.ledger.path)
    return try ledger.job(named: name).map { try ledger.attempts(of: $0.id) } ?? []
  }

  @Test func `all spools are drained, and no two jobs run at a time`() throws {
    defer { remove() }
    for name in ["a", "b", "c"] {
      try interactive.drop(TemporarySpool.job(), as: "\(name).json")
      try nightly.drop(TemporarySpool.job(), as: "\(name).json")
    }
    let supervisor = SpoolSupervisor(plan(drains: true), manager: nil, log: Self.log)
    try supervisor.run()
    var spans: [(start: String, end: String)] = []
    for spool in [interactive, nightly] {
      #expect(try spool.names(in: spool.folders.outbox) == ["a", "b", "c"])
      for name in ["a", "b", "c"] {
        for attempt in try attempts(spool, name) {
          spans.append((attempt.startedAt, try #require(attempt.endedAt)))
        }
      }
    }
    spans.sort { $0.start < $1.start }
    #expect(spans.count == 6 && zip(spans, spans.dropFirst()).allSatisfy { $0.end <= $1.start }, "\(spans)")
  }

  @Test func `a background job of one spool gives way to a job of another, and goes on afterwards`() throws {
    defer { remove() }
    try nightly.drop(TemporarySpool.job("step"), as: "long.json")
    let supervisor = SpoolSupervisor(plan(), manager: nil, log: Self.log)
    let end = start(supervisor)
    wait("the background job") { state(nightly, "long") == .running }
    try interactive.drop(TemporarySpool.job(), as: "urgent.json")
    wait("both") {
      state(interactive, "urgent") == .done && state(nightly, "long") == .done
    }
    supervisor.stopper()
    #expect(end() == nil)
    let long = try attempts(nightly, "long")
    let urgent = try attempts(interactive, "urgent")
    #expect(long.map(\.outcome) == ["requeued", "done"] && urgent.count == 1)
    #expect(long[0].endedAt! <= urgent[0].startedAt && urgent[0].endedAt! <= long[1].startedAt)
  }

  @Test func `a spool that cannot be served is tried again, and the others go on`() throws {
    defer { remove() }
    var lock: SpoolLock? = try SpoolLock(nightly.folders.lock)
    let supervisor = SpoolSupervisor(plan(), manager: nil, log: Self.log, pause: 0.1)
    let end = start(supervisor)
    try interactive.drop(TemporarySpool.job(), as: "a.json")
    try nightly.drop(TemporarySpool.job(), as: "b.json")
    wait("the one") { state(interactive, "a") == .done }
    #expect(try nightly.names(in: nightly.folders.inbox) == ["b.json"])
    withExtendedLifetime(lock) {}
    lock = nil
    wait("the other") { state(nightly, "b") == .done }
    supervisor.stopper()
    #expect(end() == nil)
  }

  @Test func `with no spool to serve it says why`() throws {
    defer { remove() }
    let locks = [try SpoolLock(nightly.folders.lock), try SpoolLock(interactive.folders.lock)]
    let supervisor = SpoolSupervisor(plan(), manager: nil, log: Self.log)
    let failure = #expect(throws: JobFailure.self) { try supervisor.run() }
    #expect(failure?.code == .busy)
    withExtendedLifetime(locks) {}
  }

  @Test func `a new configuration changes priorities and spools, a broken one nothing`() throws {
    defer { remove() }
    let third = try TemporarySpool()
    defer { third.remove() }
    try nightly.drop(TemporarySpool.job("step"), as: "long.json")
    let supervisor = SpoolSupervisor(plan(), manager: nil, log: Self.log)
    let end = start(supervisor)
    wait("the job") { state(nightly, "long") == .running }
    // Broken: the job goes on.
    let broken = supervisor.reloader { () throws(JobFailure) in throw JobFailure(.notJSON, "no comma") }
    broken()
    // No longer a background job, so that the third spool's has to wait for it.
    var changed = plan(nightlyPriority: 0)
    changed.spools.append(options(third, "third"))
    let added = changed
    supervisor.reloader { added }()
    try third.drop(TemporarySpool.job(), as: "c.json")
    wait("the claim") { state(third, "c") == .queued }
    #expect(try attempts(nightly, "long").count == 1)
    // It leaves: the job is put back for whoever serves it next.
    var without = changed
    without.spools.remove(at: 1)
    let left = without
    supervisor.reloader { left }()
    wait("the third") { state(third, "c") == .done }
    #expect(state(nightly, "long") == .queued)
    // And it comes back.
    supervisor.reloader { added }()
    wait("the long job") { state(nightly, "long") == .done }
    supervisor.stopper()
    #expect(end() == nil)
  }
}
