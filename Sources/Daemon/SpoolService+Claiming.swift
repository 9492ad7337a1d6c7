import Foundation
import Glibc
import Jobs
import Ledger
import Spooling
import Threads

extension SpoolService {
  /// What has become of drops that were to be claimed, in their order.
  ///
  /// A failure when some of them may have left the inbox all the same, which a restart brings into order.
  typealias Claiming = Result<[Claimed], JobFailure>

  enum Claimed: Sendable {
    case taken(Claim, Result<DroppedJob, JobFailure>)
    /// Its owner took it back.
    case gone
    case refused(JobFailure)
  }

  /// Seconds between two looks at the inbox and for requests while drops are left from the one before.
  private static let pauseBetweenScans = 0.5
  /// Drops that are claimed together: the disk is waited for as often as for one.
  private static let batch = 64

  /// When the inbox is looked at next; not while drops leave it.
  var scanDue: Date {
    guard !claiming.isUnderWay else { return .distantFuture }
    return backlog.isEmpty ? nextScan : max(nextScan, lastScan.addingTimeInterval(Self.pauseBetweenScans))
  }

  /// The names of jobs that have not ended, or are not in the outbox yet.
  var takenNames: Set<String> {
    queue.names.union((made + beingPublished).map(\.claim.name)).union(beingClaimed.map(\.name))
  }

  /// Looks through the inbox.
  func scan() throws(JobFailure) {
    lastScan = options.clock.now
    nextScan = lastScan.addingTimeInterval(isHeard ? options.rescan : min(options.poll, options.rescan))
    // Jobs that wait for others are looked at again, too: somebody may have moved the others' folders.
    nextDecision = .distantPast
    guard let drops = try dropsIfFit() else { return }
    let names = Set(drops.map(\.fileName))
    refused = refused.filter { names.contains($0.key) }
    let owners = Set(drops.map(\.owner))
    crowded = crowded.filter { owners.contains($0.key) }
    backlog = drops[...]
  }

  /// Has some of the drops claimed that the last scan found, if nothing else is being claimed.
  ///
  /// A thread of its own does it: it waits for the disk, and jobs run meanwhile.
  func claimSome() throws(JobFailure) {
    guard claiming.isFree, !backlog.isEmpty else { return }
    var ready: [Drop] = []
    let now = options.clock.now
    while ready.count < Self.batch, let drop = backlog.popFirst() {
      guard (refused[drop.fileName] ?? .distantPast) <= now else { continue }
      guard isReady(drop) else {
        // Somebody may still be writing it: look again soon.
        nextScan = min(nextScan, now.addingTimeInterval(0.25))
        continue
      }
      if hasRoom(for: drop, besides: ready) { ready.append(drop) }
    }
    // Lets go of the memory of those that were looked at.
    if backlog.isEmpty { backlog = [] }
    guard !ready.isEmpty else { return }
    var names = takenNames
    beingClaimed = ready.map { drop in
      let name = options.folders.freeName(for: drop.stem, taken: names)
      names.insert(name)
      return Claim.Intent(drop, id: ids.next(at: now), name: name)
    }
    let (intents, folders, files, mailbox) = (beingClaimed, options.folders, options.files, mailbox)
    claiming.begin({ Self.claim(intents, at: now, in: folders, files) }, then: { mailbox.post(.errandDone) })
  }

  /// Claims drops, but for those that are gone, or cannot be taken: one that we may not move does not stop the others.
  private static func claim(
    _ intents: [Claim.Intent], at now: Date, in folders: SpoolFolders, _ files: FileSystem
  ) -> Claiming {
    do throws(JobFailure) {
      let takings = try Claim.take(intents, at: now, in: folders, files: files)
      return .success(
        concurrentMap(takings) { taking in
          switch taking {
          case .taken(let claim): .taken(claim, job(of: claim, in: folders))
          case .gone: .gone
          case .refused(let failure): .refused(failure)
          }
        })
    } catch {
      var status = stat()
      let areThere = intents.allSatisfy {
        lstat(folders.inbox.appending(path: $0.drop.fileName).path, &status) == 0
      }
      return areThere ? .success(intents.map { _ in .refused(error) }) : .failure(error)
    }
  }

  /// Takes what has been claimed into the queue.
  ///
  /// - Returns: Whether there was anything.
  func admitClaimed() throws(JobFailure) -> Bool {
    guard let claiming = claiming.take() else { return false }
    let intents = beingClaimed
    beingClaimed = []
    for (drop, claimed) in zip(intents.map(\.drop), try claiming.get()) {
      refused[drop.fileName] = nil
      switch claimed {
      case .taken(let claim, let job): try admit(claim, of: drop.form, job)
      case .gone: break
      case .refused(let failure):
        let pause = options.rescan * 2
        refused[drop.fileName] = options.clock.now.addingTimeInterval(pause)
        log.error(
          "inbox/\(drop.fileName) cannot be taken: \(failure.message); it is tried again in \(Int(pause)) s")
      }
    }
    return true
  }

  /// Whether a drop's owner may have another job in the queue; one that may not stays in the inbox.
  ///
  /// - Parameter ready: Drops that will be in the queue before it.
  private func hasRoom(for drop: Drop, besides ready: [Drop]) -> Bool {
    guard options.ownerLimits != OwnerLimits() else { return true }
    let claims = (queue.waiting + (queue.running.map { [$0] } ?? [])).map(\.claim)
    let theirs =
      claims.filter { $0.owner?.uid == drop.owner }.map { $0.bytes ?? 0 }
      + ready.filter { $0.owner == drop.owner && !options.ownerLimits.isBeyond($0.bytes) }.map(\.bytes)
    let reason = options.ownerLimits.obstacle(
      to: drop.bytes, jobs: theirs.count, bytes: theirs.reduce(0, +))
    if let reason, crowded[drop.owner] == nil {
      log.warning(
        "drops of \(JobOwner(uid: drop.owner).name) wait in the inbox, first \(drop.fileName): \(reason)")
    }
    crowded[drop.owner] = reason ?? crowded[drop.owner]
    if reason != nil { turnedAway.insert(drop.owner) }
    return reason == nil
  }

  /// A job has left the queue: there may be room for drops that were turned away.
  func noteRoom() {
    guard !turnedAway.isEmpty else { return }
    turnedAway = []
    nextScan = .distantPast
  }

  /// Whether a drop is complete, or has been left incomplete for so long that it will stay so.
  private func isReady(_ drop: Drop) -> Bool {
    // A time to come was set by somebody who copied the file with its time: it is complete.
    let age = options.clock.now.timeIntervalSince(drop.modified)
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
      _ = try JSONNode(jobText: [UInt8](content(of: file)))
      return true
    } catch {
      return ![.empty, .truncated, .notJSON].contains(error.code)
    }
  }

  private func admit(
    _ claim: Claim, of form: Drop.Form, _ job: Result<DroppedJob, JobFailure>
  ) throws(JobFailure) {
    if let size = claim.bytes, options.ownerLimits.isBeyond(size) {
      recordAnew(claim)
      return try fail(
        claim, attempt: nil,
        JobFailure(
          .tooLarge,
          "\(claim.fileName) has \(size) bytes, more than the \(options.ownerLimits.bytes ?? 0) that one user's jobs may have",
          hint: "Drop less at a time, or put large inputs into the spool and name them."))
    }
    guard case .other(let what) = form else { return try admit(claim, job) }
    recordAnew(claim)
    try fail(
      claim, attempt: nil,
      JobFailure(
        .notAFile, "\(claim.fileName) is \(what)",
        hint: "Drop a JSON file, or a folder name.job with a job.json inside."))
  }

  /// What a claimed job asks for.
  static func job(of claim: Claim, in folders: SpoolFolders) -> Result<DroppedJob, JobFailure> {
    let file = Claim.Place(claim.id, in: folders).job
    do throws(JobFailure) { return .success(try DroppedJob(reading: content(of: file))) } catch {
      return .failure(error)
    }
  }

  /// Queues a claimed job, or fails it.
  func admit(
    _ claim: Claim, _ job: Result<DroppedJob, JobFailure>, failures: Int = 0,
    crashes: CrashCount = CrashCount(), hasStarted: Bool = false, pause: JobQueue.Pause? = nil
  ) throws(JobFailure) {
    let dropped: DroppedJob
    do throws(JobFailure) { dropped = try job.get() } catch {
      recordAnew(claim)
      return try fail(claim, attempt: nil, error)
    }
    guard case .single(let request) = dropped else {
      if case .matrix(let matrix) = dropped { try admit(matrix, of: claim) }
      return
    }
    ledger.record(
      claimed: claim.id, name: claim.name, fileName: claim.fileName, kind: request.kind.rawValue,
      options: request.options, owner: claim.owner, parent: claim.parent?.id, at: claim.claimedAt)
    log.info("claimed \(claim.name)\(claim.owner.map { " of \($0.name)" } ?? "")")
    let entry = JobQueue.Entry(
      claim: claim, request: request, failures: failures, crashes: crashes, hasStarted: hasStarted,
      pause: pause, hold: Hold(of: claim, in: options.folders))
    for decision in queue.add(entry) { try carryOut(decision) }
  }

  /// A job file's bytes.
  static func content(of file: URL) throws(JobFailure) -> Data {
    try PlainFile.content(
      of: file, limit: JobRequest.sizeLimit,
      hint: "Put long prompt lists into a prompts_file next to the job.")
  }
}
