import Jobs
import Ledger
import Spooling

/// How jobs end.
extension SpoolService {
  /// A published job whose end the ledger has with its next transaction, and whose claim tells of it until then.
  struct End {
    /// As it was published.
    let claim: Claim
    let failure: JobFailure?

    /// Whether more than a few small files may be left of the claim: inputs, or what an attempt had come to.
    var mayLeaveMuch: Bool { failure != nil || claim.isFolder || (claim.bytes ?? .max) > 100_000 }
  }

  /// Publishes what a job has made.
  ///
  /// - Parameter attempt: The one that made it; nil for a job that never ran itself.
  func publish(_ claim: Claim, attempt: Int?, images: [LedgerImage]) throws(JobFailure) {
    let published = try publication.publish(claim)
    note(done: published, before: claim.name, attempt: attempt, images: images)
    log.info("published outbox/\(published.name)")
  }

  /// Publishes a failure.
  func fail(_ claim: Claim, attempt: Int?, _ failure: JobFailure) throws(JobFailure) {
    appendLog(claim, LogLine(.error, failure.description))
    let published = try publication.publish(failure, of: claim)
    note(failed: published, before: claim.name, attempt: attempt, failure)
    log.warning("failed/\(published.name): \(failure.message)")
  }

  /// Has the ledger record a job that is in the outbox.
  ///
  /// - Parameter name: Which the ledger knows it by.
  func note(done claim: Claim, before name: String, attempt: Int?, images: [LedgerImage]) {
    if claim.name != name { ledger.record(claim.id, renamedTo: claim.name) }
    ledger.record(done: claim.id, attempt: attempt, images: images, at: options.clock.now)
    ends.append(End(claim: claim, failure: nil))
    noteRoom()
  }

  /// Has the ledger record a job that is in `failed/`.
  func note(failed claim: Claim, before name: String, attempt: Int?, _ failure: JobFailure) {
    if claim.name != name { ledger.record(claim.id, renamedTo: claim.name) }
    ledger.record(failed: claim.id, attempt: attempt, failure: failure, at: options.clock.now)
    ends.append(End(claim: claim, failure: failure))
    noteRoom()
  }

  /// Sees to it that the ledger has all that was recorded, then removes the claims of ended jobs and tells the hook of them.
  ///
  /// Mostly the start of the next job has brought it into the ledger, and what is left is done while that job runs.
  func settle() throws(JobFailure) {
    try ledger.flush()
    while let end = ends.first {
      let rest = try publication.forget(end.claim)
      if end.mayLeaveMuch { try options.files.remove(rest) } else { rests.append(rest) }
      nextSweep = options.clock.now.addingTimeInterval(1)
      ends.removeFirst()
      tellHook(of: end.claim, failure: end.failure)
    }
  }

  /// How many claims may wait for ``sweep(all:)``.
  private static let restsLimit = 5000

  /// Removes what is left of ended claims: once no job has ended for a second, and not for long at a time.
  ///
  /// Between jobs that take milliseconds each that would be a good part of the work, and file systems that shun what was
  /// deleted lately take longer over every new file.
  func sweep(all: Bool = false) throws(JobFailure) {
    guard all || rests.count > Self.restsLimit || options.clock.now >= nextSweep else { return }
    let began = ContinuousClock.now
    while let rest = rests.last, all || ContinuousClock.now - began < .milliseconds(20) {
      try options.files.remove(rest)
      rests.removeLast()
    }
  }
}
