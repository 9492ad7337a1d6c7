import Foundation
import Glibc
import Jobs
import Ledger
import Spooling

extension SpoolService {
  /// Carries out what the queue decides.
  func act() throws(JobFailure) {
    if let attempt, let timeout = attempt.entry.request.options.timeout, attempt.killAt == nil,
      options.clock.now.timeIntervalSince(attempt.started) >= timeout
    {
      let isSlice = attempt.entry.request.options.onTimeout == .requeue
      stopAttempt(isSlice ? .slice : .end(Self.timedOut(timeout)))
    }
    if attempt != nil, let lastHeard, SuspendingClock.now - lastHeard > .seconds(options.silence) {
      self.lastHeard = nil
      attempt?.verdict = "it gave no sign of life for \(options.silence.formatted()) s and was killed"
      worker?.kill()
    }
    if let killAt = attempt?.killAt, options.clock.now >= killAt {
      log.error("the worker does not stop; it is killed")
      attempt?.killAt = .distantFuture
      worker?.kill()
    }
    guard stops == 0 else { return }
    heedOtherSpools()
    let now = options.clock.now
    // With thousands of jobs waiting, to look through them at every word of the worker would be most of the work.
    guard queue.changes != decidedChanges || now >= nextDecision else { return }
    var standings: [String: JobQueue.Dependency] = [:]
    for name in Set(queue.waiting.lazy.filter(\.hasConditions).flatMap(\.request.options.after)) {
      standings[name] = try standing(of: name)
    }
    let turn = options.turn
    var isDenied = false
    let decisions = queue.decide(
      at: now, isPaused: pause != nil,
      mayStart: { bid in
        let isGranted = turn?.ask(bid) ?? true
        isDenied = bid != nil && !isGranted
        return isGranted
      },
      dependency: { standings[$0] ?? .open })
    awaitsTurn = isDenied
    for decision in decisions {
      hasNews = true
      try carryOut(decision)
    }
    try record(queue.waits(at: now, dependency: { standings[$0] ?? .open }))
    (decidedChanges, nextDecision) = (queue.changes, queue.nextMoment(after: now) ?? .distantFuture)
    // Waiting raises ranks: those of other spools are to know.
    if awaitsTurn { nextDecision = min(nextDecision, now.addingTimeInterval(5)) }
    // A matrix that is done may be what others wait for.
    let hasConcluded = decisions.contains { if case .conclude = $0 { true } else { false } }
    if hasConcluded {
      decidedChanges = -1
      try act()
    }
  }

  static func timedOut(_ timeout: Double, _ remark: String = "") -> JobFailure {
    JobFailure(
      .timedOut, "the attempt took longer than its timeout of \(timeout) s\(remark)",
      hint: "Raise timeout, or ask for less.", field: "timeout")
  }

  /// Tells the ledger why jobs wait, where that has changed.
  private func record(_ waits: [String: JobWait]) throws(JobFailure) {
    guard waits != recordedWaits, held == nil else { return }
    var changes: [String: JobWait?] = [:]
    for id in Set(waits.keys).union(recordedWaits.keys) where waits[id] != recordedWaits[id] {
      changes.updateValue(waits[id], forKey: id)
    }
    hasNews = true
    try ledger.note(changes)
    recordedWaits = waits
  }

  /// How a job that others wait for stands: by the folders, and when its folder was fetched, by the ledger.
  private func standing(of name: String) throws(JobFailure) -> JobQueue.Dependency {
    if access(options.folders.outbox.appending(path: name).path, F_OK) == 0 { return .done }
    if access(options.folders.failed.appending(path: name).path, F_OK) == 0 { return .failed }
    switch try ledger.state(ofJobNamed: name) {
    case .done: return .done
    case .failed: return .failed
    case .queued, .running, nil: return .open
    }
  }

  /// Tells the running attempt to stop; when it has not after a while, its worker is killed.
  ///
  /// The end of a job outranks its being put back.
  func stopAttempt(_ stop: Stop) {
    guard let id = attempt?.entry.claim.id, attempt?.stop?.failure == nil else { return }
    attempt?.stop = stop
    guard attempt?.killAt == nil else { return }
    attempt?.killAt = options.clock.now.addingTimeInterval(options.grace)
    worker?.send(.cancel(id: id))
  }

  /// Fails a job that has left the queue, a matrix with the jobs that it made.
  func end(_ entry: JobQueue.Entry, _ failure: JobFailure) throws(JobFailure) {
    if entry.children != nil { try endChildren(of: entry.claim, because: failure) }
    try fail(entry.claim, attempt: nil, failure)
  }

  /// Looks whether somebody paused the spool.
  func notePause() {
    let before = pause
    pause = SpoolPause(in: options.folders)
    if pause != before { (hasNews, nextDecision) = (true, .distantPast) }
    if let pause, pause != before { log.info("paused: \(pause.reason)") }
    if pause == nil, before != nil { log.info("resumed") }
    if pause?.putsBack == true, attempt?.stop == nil { stopAttempt(.putBack) }
  }

  func carryOut(_ decision: JobQueue.Decision) throws(JobFailure) {
    switch decision {
    case .start(let entry): try start(entry)
    case .fail(let entry, let failure): try end(entry, failure)
    case .conclude(let entry): try conclude(entry)
    case .cancelRunning(_, let failure): stopAttempt(.end(failure))
    case .yield(let entry, let other):
      guard attempt?.stop == nil else { return }
      log.info("\(entry.claim.name) gives way to \(other.claim.name) at its next step")
      stopAttempt(.putBack)
    }
  }
}
