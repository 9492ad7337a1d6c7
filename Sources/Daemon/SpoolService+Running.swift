import ChildProcesses
import Foundation
import Glibc
import Jobs
import Ledger
import Spooling

extension SpoolService {
  /// Writes the attempt down, then hands the job to the worker.
  func start(_ entry: JobQueue.Entry) throws(JobFailure) {
    let worker = try readyWorker()
    let place = Claim.Place(entry.claim.id, in: options.folders)
    guard
      let number = try ledger.begin(
        entry.claim.id, worker: worker.processID, bootID: options.bootID, at: options.clock.now)
    else {
      throw JobFailure(.internalError, "the ledger does not have \(entry.claim.name) waiting")
    }
    // Synced with what will be in it.
    try options.files.makeFolder(place.output, syncing: .none)
    let text: String
    do throws(JobFailure) { text = String(decoding: try Self.content(of: place.job), as: UTF8.self) } catch {
      queue.finish(entry.claim.id)
      options.turn?.end()
      return try fail(entry.claim, attempt: number, error)
    }
    attempt = Attempt(
      entry: entry, number: number, started: options.clock.now, memoryKills: options.memoryKills())
    // A worker that has not said it is ready may be waiting for its predecessor's last step.
    if lastHeard != nil { lastHeard = .now }
    appendLog(entry.claim, LogLine(.info, "attempt \(number)"))
    log.info("started \(entry.claim.name), attempt \(number)")
    worker.send(
      .run(
        WorkOrder(
          id: entry.claim.id, name: entry.claim.name, attempt: number, job: text,
          folders: JobFolders(
            job: entry.claim.inputs(in: options.folders).path, spoolRoot: options.folders.root.path,
            allowedRoots: options.allowedRoots,
            output: place.output.path))))
  }

  private func readyWorker() throws(JobFailure) -> WorkerProcess {
    if let worker { return worker }
    generation += 1
    let (mailbox, generation) = (mailbox, generation)
    let started = try WorkerProcess(program: options.worker[0], arguments: Array(options.worker.dropFirst()))
    {
      mailbox.post(.worker(generation: generation, $0))
    }
    worker = started
    lastHeard = nil
    return started
  }

  /// Ends a worker that has nothing to do, with the models that it keeps.
  func dismissWorker(_ reason: String) {
    guard attempt == nil, let worker else { return }
    log.debug("the idle worker ends: \(reason)")
    // What it still says is no news, nor its end.
    generation += 1
    self.worker = nil
    lastHeard = nil
    worker.kill()
  }

  /// Lets the worker go at the end of the service.
  func endWorker() {
    guard let worker else { return }
    worker.send(.shutdown)
    let deadline = Date().addingTimeInterval(10)
    while Date() < deadline {
      for message in mailbox.take(until: deadline) {
        if case .worker(generation, .exited) = message { return }
      }
    }
    worker.kill()
  }

  func handle(_ event: WorkerEvent) throws(JobFailure) {
    switch event {
    case .ready(let processID, _): log.debug("worker \(processID) is ready")
    case .heartbeat: break
    case .log(let id, let line):
      if let attempt, attempt.entry.claim.id == id { appendLog(attempt.entry.claim, line) }
    case .artifact(let id, let artifact):
      if let attempt, attempt.entry.claim.id == id {
        appendLog(attempt.entry.claim, LogLine(.debug, "wrote \(artifact.file)"))
      }
    case .progress(let id, let progress): note(progress, of: id)
    case .result(let id, let result): try finished(id, result)
    case .failure(let id, let failure): try failed(id, failure)
    }
  }

  private func finished(_ id: String, _ result: JobResult) throws(JobFailure) {
    guard let attempt, attempt.entry.claim.id == id else { return }
    let claim = attempt.entry.claim
    appendLog(claim, LogLine(.info, "done"))
    made.append(
      Made(
        claim: claim, attempt: attempt.number, images: LedgerImage.all(of: result.outcome),
        date: options.clock.now))
    // A matrix is concluded as soon as none of its jobs is in the queue.
    if claim.parent != nil { try publishMade() }
    queue.finish(id)
    self.attempt = nil
  }

  private func failed(_ id: String, _ failure: JobFailure) throws(JobFailure) {
    guard let attempt, attempt.entry.claim.id == id else { return }
    let claim = attempt.entry.claim
    var failure = failure
    if failure.code == .cancelled {
      if isPutBack(attempt) { return try putBack(attempt) }
      failure = attempt.stop?.failure ?? failure
      if attempt.stop == .slice {
        guard !queue.endSlice(id, from: attempt.firstStep ?? 0, at: options.clock.now) else {
          return try putBack(attempt)
        }
        failure = Self.timedOut(
          attempt.entry.request.options.timeout ?? 0, " and came no further than the one before")
      }
    }
    if failure.disposition == .wait {
      let isNew = attempt.entry.looks == 0
      if isNew { log.warning("\(claim.name) waits for memory: \(failure.message)") }
      appendLog(claim, LogLine(isNew ? .warning : .debug, "waits for memory: \(failure.message)"))
      _ = try ledger.withdraw(id, attempt: attempt.number)
      queue.awaitMemory(id, because: failure, isFirst: attempt.number == 1, at: options.clock.now)
      self.attempt = nil
      return
    }
    if failure.disposition == .hold {
      appendLog(claim, LogLine(.warning, "held: \(failure.message); the job goes on when there is room"))
      log.warning("\(claim.name) is held: \(failure.message)")
      queue.pause(id, because: failure, at: options.clock.now)
      held = Held(id: id, attempt: attempt.number, failure: failure)
      self.attempt = nil
      _ = isHeldAttemptRecorded()
      return
    }
    self.attempt = nil
    try end(attempt, failure)
  }

  /// An attempt failed: the job waits for the next one if that may help.
  private func end(_ attempt: Attempt, _ failure: JobFailure) throws(JobFailure) {
    let claim = attempt.entry.claim
    var failure = failure
    if failure.disposition == .retry {
      guard let final = queue.retry(claim.id, after: failure, at: options.clock.now) else {
        _ = try ledger.requeue(
          claim.id, attempt: attempt.number, after: .failed, failure: failure, at: options.clock.now)
        appendLog(claim, LogLine(.warning, "\(failure.message); the job is tried again"))
        log.warning("\(claim.name): \(failure.message); it is tried again")
        return
      }
      failure = final
    }
    queue.finish(claim.id)
    try fail(claim, attempt: attempt.number, failure)
  }

  /// Whether the ledger says that a held job's attempt has ended.
  ///
  /// A full disk stops the ledger, too: until it can be written again nothing is claimed or started.
  func isHeldAttemptRecorded() -> Bool {
    guard let held else { return true }
    do throws(JobFailure) {
      _ = try ledger.requeue(
        held.id, attempt: held.attempt, after: .failed, failure: held.failure, at: options.clock.now)
      self.held = nil
      return true
    } catch {
      log.debug("\(error.message)")
      return false
    }
  }

  func workerExited(_ end: ChildProcess.End) throws(JobFailure) {
    worker = nil
    lastHeard = nil
    let description = attempt?.verdict ?? end.description
    guard let attempt else {
      if stops == 0 { log.warning("the worker ended: \(description)") }
      return
    }
    if isPutBack(attempt) { return try putBack(attempt) }
    let claim = attempt.entry.claim
    self.attempt = nil
    if let failure = attempt.stop?.failure {
      queue.finish(claim.id)
      return try fail(claim, attempt: attempt.number, failure)
    }
    if attempt.verdict == nil, end == .killed(signal: SIGKILL), options.memoryKills() > attempt.memoryKills {
      return try self.end(
        attempt,
        JobFailure(
          .outOfMemory, "the kernel killed the worker: the machine ran out of memory",
          hint: "Ask for less (smaller pictures, a smaller batch), or give the machine more memory."))
    }
    log.error("the worker died during \(claim.name): \(description)")
    appendLog(claim, LogLine(.error, "the worker died: \(description)"))
    if let final = queue.crash(claim.id, from: attempt.firstStep, description, at: options.clock.now) {
      queue.finish(claim.id)
      try fail(claim, attempt: attempt.number, final)
    } else {
      let failure = JobFailure(.workerDied, "the worker died: \(description)")
      _ = try ledger.requeue(
        claim.id, attempt: attempt.number, after: .crashed, failure: failure, firstStep: attempt.firstStep,
        at: options.clock.now)
    }
  }

  /// Whether an attempt that was told to stop goes back into the queue unharmed.
  private func isPutBack(_ attempt: Attempt) -> Bool {
    switch attempt.stop {
    case .putBack: true
    case .end, .slice: false
    case nil: stops > 0
    }
  }

  private func putBack(_ attempt: Attempt) throws(JobFailure) {
    let claim = attempt.entry.claim
    _ = try ledger.requeue(
      claim.id, attempt: attempt.number, after: .requeued, failure: nil, at: options.clock.now)
    queue.putBack(claim.id)
    appendLog(claim, LogLine(.info, "put back"))
    log.info("put back \(claim.name)")
    // Only now may a job of another spool begin, and be recorded as begun.
    self.attempt = nil
  }

  /// One line of the job's own log: time, level, message.
  func appendLog(_ claim: Claim, _ line: LogLine) {
    let text =
      "\(options.clock.now.formatted(.iso8601)) \(line.level.rawValue) \(line.message.spelledOut())\n"
    let file = open(
      Claim.Place(claim.id, in: options.folders).log.path,
      O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard file >= 0 else { return }
    defer { close(file) }
    _ = Array(text.utf8).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
  }

  /// Keeps `progress.json` for those who wait; a hint that is not synced.
  private func note(_ progress: JobProgress, of id: String) {
    guard var attempt, attempt.entry.claim.id == id else { return }
    attempt.firstStep = attempt.firstStep ?? progress.step
    attempt.progress = progress
    self.attempt = attempt
    let now = options.clock.now
    guard now.timeIntervalSince(attempt.lastProgress) >= 0.2 || progress.step == progress.total else {
      return
    }
    attempt.lastProgress = now
    self.attempt = attempt
    guard let data = try? JobJSON.file(progress) else { return }
    let folder = Claim.Place(id, in: options.folders).folder
    try? data.write(to: folder.appending(path: "progress.json"), options: .atomic)
  }
}
