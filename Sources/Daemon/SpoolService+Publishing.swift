import Foundation
import Jobs
import Ledger
import Spooling

/// How jobs end: what one has made is published while the worker has the next, and recorded with the beginning of another.
extension SpoolService {
  /// A job that the worker has done.
  struct Made {
    let claim: Claim
    /// Nil for a job that never ran itself.
    let attempt: Int?
    let images: [LedgerImage]
    let date: Date
  }

  /// A published job whose end the ledger has with its next transaction, and whose claim tells of it until then.
  struct End {
    /// As it was published.
    let claim: Claim
    let failure: JobFailure?

    /// Whether more than a few small files may be left of the claim: inputs, or what an attempt had come to.
    var mayLeaveMuch: Bool { failure != nil || claim.isFolder || (claim.bytes ?? .max) > 100_000 }
  }

  /// How many jobs are published together, and how many seconds the first of them waits for the others at most.
  ///
  /// Only while another job runs: jobs of milliseconds share the waits for the disk, all others go out at once.
  private static let (togetherLimit, togetherPause) = (8, 0.02)

  /// When what the worker has made is to be published; nil while something is.
  var publishBy: Date? {
    publishing.isFree ? made.first.map { $0.date.addingTimeInterval(Self.togetherPause) } : nil
  }

  /// Has what the worker has made published, unless more is about to come, and takes note of what has been.
  func publishInTime() throws(JobFailure) {
    try notePublished()
    guard let publishBy else { return }
    if attempt == nil || made.count >= Self.togetherLimit || options.clock.now >= publishBy {
      beginPublishing()
    }
  }

  /// Publishes what the worker has made, and waits for it.
  func publishMade() throws(JobFailure) {
    while !made.isEmpty || !publishing.isFree {
      if publishing.isFree { beginPublishing() }
      publishing.wait()
      try notePublished()
    }
  }

  private func beginPublishing() {
    (beingPublished, made) = (made, [])
    let (claims, publication, mailbox) = (beingPublished.map(\.claim), publication, mailbox)
    publishing.begin(
      {
        do throws(JobFailure) { return .success(try publication.publish(claims)) } catch {
          return .failure(error)
        }
      },
      then: { mailbox.post(.errandDone) })
  }

  private func notePublished() throws(JobFailure) {
    guard let published = publishing.take() else { return }
    let all = beingPublished
    beingPublished = []
    for (made, claim) in zip(all, try published.get()) {
      note(
        done: claim, before: made.claim.name, attempt: made.attempt, images: made.images, at: made.date)
      log.info("published outbox/\(claim.name)")
    }
  }

  /// Publishes what has been made for a job that never ran itself.
  func publish(_ claim: Claim) throws(JobFailure) {
    made.append(Made(claim: claim, attempt: nil, images: [], date: options.clock.now))
    try publishMade()
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
  func note(
    done claim: Claim, before name: String, attempt: Int?, images: [LedgerImage], at date: Date
  ) {
    if claim.name != name { ledger.record(claim.id, renamedTo: claim.name) }
    ledger.record(done: claim.id, attempt: attempt, images: images, at: date)
    note(End(claim: claim, failure: nil))
  }

  /// Has the ledger record a job that is in `failed/`.
  func note(failed claim: Claim, before name: String, attempt: Int?, _ failure: JobFailure) {
    if claim.name != name { ledger.record(claim.id, renamedTo: claim.name) }
    ledger.record(failed: claim.id, attempt: attempt, failure: failure, at: options.clock.now)
    note(End(claim: claim, failure: failure))
  }

  private func note(_ end: End) {
    ends.append(end)
    noteRoom()
    // Others may have waited for it.
    if queue.waiting.contains(where: \.hasConditions) { nextDecision = .distantPast }
  }

  /// Sees to it that the ledger has all that was recorded, and lets go of the claims of ended jobs.
  func settle() throws(JobFailure) {
    try ledger.flush()
    try forgetEnded()
  }

  /// As ``settle()``, but while a job runs not before its successor could have done it.
  func settleInTime() throws(JobFailure) {
    guard ledger.isBehind || !ends.isEmpty else {
      settleBy = nil
      return
    }
    let moment = settleBy ?? options.clock.now.addingTimeInterval(0.1)
    settleBy = moment
    guard attempt == nil || options.clock.now >= moment else { return }
    try settle()
    settleBy = nil
  }

  /// Lets go of the claims of ended jobs, if the ledger has them, and tells the hook.
  func forgetEnded() throws(JobFailure) {
    guard !ledger.isBehind else { return }
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
