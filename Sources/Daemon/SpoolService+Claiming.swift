import Foundation
import Glibc
import Jobs
import Ledger
import Spooling

extension SpoolService {
  /// Looks through the inbox and claims what is ready.
  func scan() throws(JobFailure) {
    nextScan = Date().addingTimeInterval(options.rescan)
    let drops = try Drop.scan(options.folders.inbox)
    let names = Set(drops.map(\.fileName))
    refused = refused.filter { names.contains($0.key) }
    for drop in drops where (refused[drop.fileName] ?? .distantPast) <= Date() {
      guard isReady(drop) else {
        // Somebody may still be writing it: look again soon.
        nextScan = min(nextScan, Date().addingTimeInterval(0.25))
        continue
      }
      if let claim = take(drop) { try admit(claim, of: drop.form) }
    }
  }

  /// A claim on a drop; nil when it is gone, or cannot be taken: one that we may not move does not stop the others.
  private func take(_ drop: Drop) -> Claim? {
    let name = options.folders.freeName(for: drop.stem, taken: queue.names)
    do throws(JobFailure) {
      let claim = try Claim.take(
        drop, id: UUID().uuidString.lowercased(), name: name, at: Date(), in: options.folders,
        files: options.files)
      refused[drop.fileName] = nil
      return claim
    } catch {
      let pause = options.rescan * 2
      refused[drop.fileName] = Date().addingTimeInterval(pause)
      log.error(
        "inbox/\(drop.fileName) cannot be taken: \(error.message); it is tried again in \(Int(pause)) s")
      return nil
    }
  }

  /// Whether a drop is complete, or has been left incomplete for so long that it will stay so.
  private func isReady(_ drop: Drop) -> Bool {
    // A time to come was set by somebody who copied the file with its time: it is complete.
    let age = Date().timeIntervalSince(drop.modified)
    if age >= options.quietWindow || age < 0 { return true }
    let path = options.folders.inbox.appending(path: drop.fileName)
    switch drop.form {
    case .other: return true
    case .file: return Self.isWhole(path)
    // Inputs may arrive after job.json: a folder waits out the quiet window unless it was moved in whole.
    case .folder: return false
    }
  }

  private static func isWhole(_ file: URL) -> Bool {
    do throws(JobFailure) {
      _ = try JobRequest(reading: content(of: file))
      return true
    } catch {
      return ![.empty, .truncated, .notJSON].contains(error.code)
    }
  }

  private func admit(_ claim: Claim, of form: Drop.Form) throws(JobFailure) {
    guard case .other(let what) = form else { return try admit(claim) }
    try recordAnew(claim)
    try fail(
      claim, attempt: nil,
      JobFailure(
        .notAFile, "\(claim.fileName) is \(what)",
        hint: "Drop a JSON file, or a folder name.job with a job.json inside."))
  }

  /// Reads a claimed job and queues it, or fails it.
  func admit(
    _ claim: Claim, failures: Int = 0, crashes: Int = 0, hasStarted: Bool = false
  ) throws(JobFailure) {
    let job = Claim.Place(claim.id, in: options.folders).job
    let request: JobRequest
    do throws(JobFailure) {
      request = try JobRequest(reading: Self.content(of: job))
    } catch {
      try recordAnew(claim)
      return try fail(claim, attempt: nil, error)
    }
    _ = try ledger.record(
      claimed: claim.id, name: claim.name, fileName: claim.fileName, kind: request.kind.rawValue,
      options: request.options, at: claim.claimedAt)
    log.info("claimed \(claim.name)")
    let entry = JobQueue.Entry(
      claim: claim, request: request, failures: failures, crashes: crashes, hasStarted: hasStarted,
      hold: Hold(of: claim, in: options.folders))
    for decision in queue.add(entry) { try carryOut(decision) }
  }

  /// A job file's bytes.
  static func content(of file: URL) throws(JobFailure) -> Data {
    try PlainFile.content(
      of: file, limit: JobRequest.sizeLimit,
      hint: "Put long prompt lists into a prompts_file next to the job.")
  }

  /// Brings folders and ledger together after a start: finishes what was published, requeues what was not.
  func recover() throws(JobFailure) {
    for var claim in try Claim.all(in: options.folders, files: options.files) {
      let standing = try ledger.standing(of: claim.id)
      if let state = standing?.state, state == .done || state == .failed {
        try publication.forget(claim)
        continue
      }
      let published = publication.standing(of: claim)
      if standing == nil, published != .open { try recordAnew(claim) }
      switch published {
      case .done, .failed:
        try recordPublished(claim, open: standing?.openAttempt, done: published == .done)
        continue
      case .finished:
        claim = try publication.publish(claim)
        try ledger.rename(claim.id, to: claim.name)
        try recordPublished(claim, open: standing?.openAttempt, done: true)
        continue
      case .failing(let failure):
        try fail(claim, attempt: standing?.openAttempt, failure)
        continue
      case .open: break
      }
      var crashes = standing?.crashes ?? 0
      if let open = standing?.openAttempt {
        crashes += 1
        let failure = JobFailure(.workerDied, "the daemon ended during the attempt")
        _ = try ledger.requeue(claim.id, attempt: open, after: .crashed, failure: failure, at: Date())
        if crashes >= JobQueue.crashLimit {
          try fail(
            claim, attempt: nil,
            JobFailure(
              .workerDied, "the daemon or its worker died \(crashes) times on this job",
              hint: "Drop it again once the cause is gone; log.txt has what was said.",
              disposition: .quarantine))
          continue
        }
      }
      log.info("taking up \(claim.name) again")
      try admit(
        claim, failures: standing?.failures ?? 0, crashes: crashes, hasStarted: (standing?.attempts ?? 0) > 0)
    }
  }

  /// A claim that the ledger never heard of: it was lost or replaced.
  func recordAnew(_ claim: Claim) throws(JobFailure) {
    _ = try ledger.record(
      claimed: claim.id, name: claim.name, fileName: claim.fileName, kind: nil, options: JobOptions(),
      at: claim.claimedAt)
  }

  private func recordPublished(_ claim: Claim, open: Int?, done: Bool) throws(JobFailure) {
    if done {
      let folder = options.folders.outbox.appending(path: claim.name)
      let result = (try? Data(contentsOf: folder.appending(path: "result.json")))
        .flatMap { try? JobJSON.value(JobResult.self, from: $0) }
      _ = try ledger.finish(
        claim.id, attempt: open, images: result.map { LedgerImage.all(of: $0.outcome) } ?? [], at: Date())
      tellHook(of: claim)
    } else {
      let folder = options.folders.failed.appending(path: claim.name)
      let failure = (try? Data(contentsOf: folder.appending(path: "error.json")))
        .flatMap { try? JobJSON.value(JobFailure.self, from: $0) }
      let known = failure ?? JobFailure(.internalError, "error.json cannot be read")
      _ = try ledger.fail(claim.id, attempt: open, failure: known, at: Date())
      tellHook(of: claim, failure: known)
    }
    try publication.forget(claim)
    log.info("\(claim.name) had been published before the last end")
  }
}
