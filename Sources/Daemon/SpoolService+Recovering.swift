import Foundation
import Jobs
import Ledger
import Spooling

/// What a start finds of the service before it.
extension SpoolService {
  /// Brings folders and ledger together after a start: finishes what was published, requeues what was not.
  func recover() throws(JobFailure) {
    let claims = try Claim.all(in: options.folders, files: options.files)
    found = Set(claims.map(\.id))
    defer { found = [] }
    for var claim in claims {
      let standing = try ledger.standing(of: claim.id)
      if let state = standing?.state, state == .done || state == .failed {
        try options.files.remove(publication.forget(claim))
        continue
      }
      let published = try publication.standing(of: claim)
      if standing == nil, published != .open { recordAnew(claim) }
      switch published {
      case .done, .failed:
        try recordPublished(claim, open: standing?.openAttempt, done: published == .done)
        continue
      case .finished:
        let name = claim.name
        claim = try publication.publish([claim])[0]
        if claim.name != name { ledger.record(claim.id, renamedTo: claim.name) }
        try recordPublished(claim, open: standing?.openAttempt, done: true)
        continue
      case .failing(let failure):
        try fail(claim, attempt: standing?.openAttempt, failure)
        continue
      case .open: break
      }
      var pause: JobQueue.Pause?
      if let open = standing?.openAttempt {
        pause = try endInterrupted(
          claim, attempt: open, begunIn: standing?.openBootID, after: standing?.interruptions ?? 0)
      }
      if let parent = claim.parent, !queue.awaits(childOf: parent) {
        try fail(
          claim, attempt: nil,
          JobFailure(
            .cancelled, "its matrix \(parent.name) ended before it",
            hint: "`scispool retry \(parent.name)` runs again what is not done."))
        continue
      }
      log.info("taking up \(claim.name) again")
      try admit(
        claim, Self.job(of: claim, in: options.folders), failures: standing?.failures ?? 0,
        crashes: CrashCount(standing?.crashes ?? []),
        hasStarted: (standing?.attempts ?? 0) > 0, pause: pause)
    }
    try settle()
  }

  /// Ends an attempt during which the daemon ended or the machine was restarted: that is no crash of the job.
  ///
  /// - Parameter count: How many of its attempts in a row had ended so before.
  /// - Returns: How long the job is to wait from the second one on, so that others get their turn should it be the cause.
  private func endInterrupted(
    _ claim: Claim, attempt: Int, begunIn bootID: String?, after count: Int
  ) throws(JobFailure) -> JobQueue.Pause? {
    let isSameRun = bootID == nil || bootID == options.bootID
    let reason = isSameRun ? "the daemon ended" : "the machine was restarted"
    let failure = JobFailure(.workerDied, "\(reason) during the attempt")
    _ = try ledger.requeue(
      claim.id, attempt: attempt, after: .requeued, failure: failure, at: options.clock.now)
    appendLog(claim, LogLine(.warning, "\(reason) during attempt \(attempt)"))
    guard count > 0 else { return nil }
    let seconds = options.backoff.pause(after: .crash, count: count, jitter: .random(in: 0..<1))
    return JobQueue.Pause(
      until: options.clock.now.addingTimeInterval(seconds),
      reason: "\(reason) during each of \(count + 1) attempts in a row")
  }

  /// A claim that the ledger never heard of: it was lost or replaced.
  func recordAnew(_ claim: Claim) {
    ledger.record(
      claimed: claim.id, name: claim.name, fileName: claim.fileName, kind: nil, options: JobOptions(),
      owner: claim.owner, parent: claim.parent?.id, at: claim.claimedAt)
  }

  private func recordPublished(_ claim: Claim, open: Int?, done: Bool) throws(JobFailure) {
    if done {
      let folder = options.folders.outbox.appending(path: claim.name)
      let result = try PlainFile.value(JobResult.self, at: folder.appending(path: "result.json"))
      note(
        done: claim, before: claim.name, attempt: open,
        images: result.map { LedgerImage.all(of: $0.outcome) } ?? [], at: options.clock.now)
    } else {
      let folder = options.folders.failed.appending(path: claim.name)
      let failure = try PlainFile.value(JobFailure.self, at: folder.appending(path: "error.json"))
      note(
        failed: claim, before: claim.name, attempt: open,
        failure ?? JobFailure(.internalError, "error.json cannot be read"))
    }
    log.info("\(claim.name) had been published before the last end")
  }
}
