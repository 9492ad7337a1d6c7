import Foundation
import Glibc
import Jobs
import Ledger
import Logging
import Spooling

/// Serves one spool: claims what is dropped, has the worker run it, publishes, keeps the ledger.
///
/// One thread does all of it; inotify, the worker's output and signals arrive as messages. What is decided lies in
/// ``JobQueue``, what is done to folders in `Spooling`; `docs/spool-states.md` has the states and their transitions.
package final class SpoolService {
  package struct Options: Sendable {
    package var folders: SpoolFolders
    /// Stop when nothing is left that could start.
    package var drains = false
    /// The worker's program and arguments.
    package var worker: [String]
    package var allowedRoots: [String] = []
    /// Seconds that a file which is not yet whole JSON may still change before it counts as broken.
    package var quietWindow: Double = 2
    /// Seconds between scans of the inbox when nothing is heard from it.
    package var rescan: Double = 30
    /// Seconds that an attempt which is told to stop has for its step, before its worker is killed.
    package var grace: Double = 60
    package var files = FileSystem.system
    /// Whether inotify shortens the wait. One service a process may watch.
    package var watches = true

    package init(folders: SpoolFolders, worker: [String]) {
      self.folders = folders
      self.worker = worker
    }
  }

  enum Message: Sendable {
    case inboxChanged
    case worker(generation: Int, WorkerProcess.Report)
    case stop
  }

  let options: Options
  let log: Logger
  let mailbox = Mailbox<Message>()
  let publication: Publication
  var ledger: Ledger
  var queue = JobQueue()
  var worker: WorkerProcess?
  /// Counts the workers started, so that the last words of a dead one are not taken for the next one's.
  var generation = 0
  var attempt: Attempt?
  var stops = 0
  /// When the inbox is looked at again in any case.
  var nextScan = Date.distantPast
  let lock: SpoolLock
  /// The last held attempt, while the ledger could not be told of it.
  var held: Held?

  struct Held {
    let id: String
    let attempt: Int
    let failure: JobFailure
  }

  /// Drops that could not be taken, and when they are tried again.
  var refused: [String: Date] = [:]

  /// The attempt that is running.
  struct Attempt {
    let entry: JobQueue.Entry
    let number: Int
    let started: Date
    var isCancelled = false
    var hasTimedOut = false
    /// When the worker is killed, once it has been told to stop.
    var killAt: Date?
    var lastProgress = Date.distantPast
  }

  /// Takes the spool for this process.
  ///
  /// - Throws: ``JobFailure``: `busy` when another daemon serves it, `cannot_write` for unfit folders.
  package init(_ options: Options, log: Logger) throws(JobFailure) {
    self.options = options
    self.log = log
    try options.folders.prepare(files: options.files)
    publication = Publication(folders: options.folders, files: options.files)
    lock = try SpoolLock(options.folders.lock)
    do {
      ledger = try Ledger(path: options.folders.ledger.path)
    } catch {
      guard error.code == .badInput else { throw error }
      let (fresh, aside) = try Ledger.replace(at: options.folders.ledger.path, on: Date())
      log.error("\(error.message); it lies at \(aside) now and a new ledger was begun")
      ledger = fresh
    }
  }

  /// Asks for an end, from any thread: the running job is put back at its next step. Asked twice, it is killed first.
  package var stopper: @Sendable () -> Void {
    let mailbox = mailbox
    return { mailbox.post(.stop) }
  }

  /// Serves until stopped or drained.
  package func run() throws(JobFailure) {
    let mailbox = mailbox
    let log = log
    if options.watches {
      do {
        try InboxWatch.start(
          options.folders.inbox, onChange: { mailbox.post(.inboxChanged) }, onLoss: { log.error("\($0)") })
      } catch {
        log.warning("\(error.message); the inbox is scanned every \(Int(options.rescan)) s")
      }
    }
    if try ledger.isEmpty { try rebuildLedger() }
    try recover()
    log.info("serving \(options.folders.root.path)")
    while true {
      if isHeldAttemptRecorded() {
        if stops == 0, Date() >= nextScan { try scan() }
        try act()
      }
      if try isOver() { break }
      for message in mailbox.take(until: nextWake()) { try handle(message) }
    }
    endWorker()
    log.info("stopped")
  }

  private func isOver() throws(JobFailure) -> Bool {
    if stops > 0 { return attempt == nil }
    guard options.drains, attempt == nil, queue.running == nil, !queue.awaitsRetry else { return false }
    return try Drop.scan(options.folders.inbox).allSatisfy { refused[$0.fileName] != nil }
  }

  private func nextWake() -> Date {
    var moments = [Date().addingTimeInterval(5)]
    if stops == 0 { moments.append(nextScan) }
    if let moment = queue.nextMoment(after: Date()) { moments.append(moment) }
    if let killAt = attempt?.killAt {
      moments.append(killAt)
    } else if let attempt, let timeout = attempt.entry.request.options.timeout {
      moments.append(attempt.started.addingTimeInterval(timeout))
    }
    return moments.min()!
  }

  private func handle(_ message: Message) throws(JobFailure) {
    switch message {
    case .inboxChanged: nextScan = .distantPast
    case .stop:
      stops += 1
      guard let attempt else { return }
      if stops == 1 {
        log.info("stopping: \(attempt.entry.claim.name) is put back at its next step; ask again to kill it")
        worker?.send(.cancel(id: attempt.entry.claim.id))
      } else {
        worker?.kill()
      }
    case .worker(let from, let report):
      guard from == generation else { return }
      switch report {
      case .event(let event): try handle(event)
      case .noise(let line): log.warning("worker: \(line)")
      case .exited(let description): try workerExited(description)
      }
    }
  }

  /// Carries out what the queue decides.
  func act() throws(JobFailure) {
    if let attempt, let timeout = attempt.entry.request.options.timeout, attempt.killAt == nil,
      Date().timeIntervalSince(attempt.started) >= timeout
    {
      self.attempt?.hasTimedOut = true
      cancelAttempt()
    }
    if let killAt = attempt?.killAt, Date() >= killAt {
      log.error("the worker does not stop; it is killed")
      attempt?.killAt = .distantFuture
      worker?.kill()
    }
    guard stops == 0 else { return }
    var standings: [String: JobQueue.Dependency] = [:]
    for name in Set(queue.waiting.flatMap(\.request.options.after)) {
      standings[name] = try standing(of: name)
    }
    for decision in queue.decide(at: Date(), dependency: { standings[$0] ?? .open }) {
      try carryOut(decision)
    }
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
  private func cancelAttempt() {
    guard let id = attempt?.entry.claim.id else { return }
    attempt?.killAt = Date().addingTimeInterval(options.grace)
    worker?.send(.cancel(id: id))
  }

  func carryOut(_ decision: JobQueue.Decision) throws(JobFailure) {
    switch decision {
    case .start(let entry): try start(entry)
    case .fail(let entry, let failure): try fail(entry.claim, attempt: nil, failure)
    case .cancelRunning:
      attempt?.isCancelled = true
      cancelAttempt()
    }
  }
}
