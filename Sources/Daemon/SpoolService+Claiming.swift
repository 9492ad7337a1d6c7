import Foundation
import Glibc
import Jobs
import Ledger
import Spooling
import Threads

extension SpoolService {
  /// Seconds that a scan claims drops before the worker, requests and the service manager get their turn.
  private static let scanLimit = 0.5
  /// Drops that are claimed together: the disk is waited for as often as for one.
  private static let batch = 64

  /// Looks through the inbox and claims what is ready.
  func scan() throws(JobFailure) {
    let began = options.clock.now
    nextScan = began.addingTimeInterval(isHeard ? options.rescan : min(options.poll, options.rescan))
    // Jobs that wait for others are looked at again, too: somebody may have moved the others' folders.
    nextDecision = .distantPast
    guard let drops = try dropsIfFit() else { return }
    let names = Set(drops.map(\.fileName))
    refused = refused.filter { names.contains($0.key) }
    let owners = Set(drops.map(\.owner))
    crowded = crowded.filter { owners.contains($0.key) }
    var rest = drops[...]
    while !rest.isEmpty {
      guard options.clock.now.timeIntervalSince(began) < Self.scanLimit else {
        nextScan = .distantPast
        return
      }
      var ready: [Drop] = []
      while ready.count < Self.batch, let drop = rest.popFirst() {
        guard (refused[drop.fileName] ?? .distantPast) <= began else { continue }
        guard isReady(drop) else {
          // Somebody may still be writing it: look again soon.
          nextScan = min(nextScan, options.clock.now.addingTimeInterval(0.25))
          continue
        }
        if hasRoom(for: drop, besides: ready) { ready.append(drop) }
      }
      let claims = try take(ready)
      let folders = options.folders
      let jobs = concurrentMap(claims) { Self.job(of: $0.1, in: folders) }
      for ((drop, claim), job) in zip(claims, jobs) { try admit(claim, of: drop.form, job) }
    }
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

  /// Claims on drops, but for those that are gone, or cannot be taken: one that we may not move does not stop the others.
  ///
  /// - Throws: ``JobFailure`` when a drop may have left the inbox all the same, which a restart brings into order.
  private func take(_ drops: [Drop]) throws(JobFailure) -> [(Drop, Claim)] {
    var names = queue.names
    let intents = drops.map { drop in
      let name = options.folders.freeName(for: drop.stem, taken: names)
      names.insert(name)
      return Claim.Intent(drop, id: ids.next(at: options.clock.now), name: name)
    }
    let takings: [Claim.Taking]
    do throws(JobFailure) {
      takings = try Claim.take(intents, at: options.clock.now, in: options.folders, files: options.files)
    } catch {
      var status = stat()
      let areThere = drops.allSatisfy {
        lstat(options.folders.inbox.appending(path: $0.fileName).path, &status) == 0
      }
      guard areThere else { throw error }
      takings = drops.map { _ in .refused(error) }
    }
    var claims: [(Drop, Claim)] = []
    for (drop, taking) in zip(drops, takings) {
      refused[drop.fileName] = nil
      switch taking {
      case .taken(let claim): claims.append((drop, claim))
      case .gone: break
      case .refused(let failure):
        let pause = options.rescan * 2
        refused[drop.fileName] = options.clock.now.addingTimeInterval(pause)
        log.error(
          "inbox/\(drop.fileName) cannot be taken: \(failure.message); it is tried again in \(Int(pause)) s")
      }
    }
    return claims
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
