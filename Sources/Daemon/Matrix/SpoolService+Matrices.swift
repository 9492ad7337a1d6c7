import Foundation
import Jobs
import Ledger
import Pages
import Spooling

/// A matrix from its drop to its one result.
extension SpoolService {
  /// Queues a matrix and the jobs that it makes.
  ///
  /// All of them are claims before the list of them is written, and that before any is queued: a restart in between goes on
  /// where this stopped, and no job of a matrix without a list has run.
  func admit(_ matrix: JobMatrix, of claim: Claim) throws(JobFailure) {
    ledger.record(
      claimed: claim.id, name: claim.name, fileName: claim.fileName, kind: MatrixResult.kind,
      options: matrix.options, owner: claim.owner, at: claim.claimedAt)
    if let limit = options.ownerLimits.jobs, matrix.children.count > limit {
      return try fail(
        claim, attempt: nil,
        JobFailure(
          .tooLarge,
          "the matrix makes \(matrix.children.count) jobs, more than the \(limit) that one user may have",
          hint: "Split it into several files.", field: "matrix"))
    }
    log.info("claimed \(claim.name)\(claim.owner.map { " of \($0.name)" } ?? "")")
    let entry = JobQueue.Entry(
      claim: claim, request: JobRequest(options: matrix.options, work: matrix.children[0].request.work),
      hasStarted: true, hold: Hold(of: claim, in: options.folders), children: matrix.children.count)
    var isRefused = false
    for decision in queue.add(entry) {
      if case .fail(let refused, _) = decision, refused.claim.id == claim.id { isRefused = true }
      try carryOut(decision)
    }
    guard !isRefused else { return }
    var list = try ChildList(of: claim, in: options.folders)
    guard list?.parent != claim.id else { return }
    // What was done in a try before is done.
    let before = Dictionary(uniqueKeysWithValues: (list?.children ?? []).map { ($0.number, $0) })
    var taken = takenNames
    var (children, made): ([MatrixChild], [Claim]) = ([], [])
    for child in matrix.children {
      let earlier = before[child.number].flatMap { $0.values == child.values ? $0 : nil }
      if let earlier, earlier.state == .done {
        children.append(earlier)
        continue
      }
      let own = try make(child, of: claim, after: earlier, besides: taken)
      taken.insert(own.name)
      made.append(own)
      children.append(MatrixChild(number: child.number, id: own.id, name: own.name, values: child.values))
    }
    list = ChildList(parent: claim.id, children: children)
    try list?.write(to: claim, in: options.folders, files: options.files)
    appendLog(claim, LogLine(.info, "made \(PageText.count(made.count, "job"))"))
    // A start has yet to come to the claims that it found.
    for child in made where !found.contains(child.id) {
      try admit(child, Self.job(of: child, in: options.folders))
    }
  }

  /// The claim of one job of a matrix: out of `failed/` when a try before left it there, with its name and log.
  private func make(
    _ child: JobMatrix.Child, of claim: Claim, after earlier: MatrixChild?, besides taken: Set<String>
  ) throws(JobFailure) -> Claim {
    let folders = options.folders
    if let earlier, !taken.contains(earlier.name),
      publication.id(ofPublished: folders.failed.appending(path: earlier.name)) == earlier.id,
      let again = try Claim.retake(
        failed: earlier.name, id: claim.childID(child.number), parent: claim.asParent(of: child.number),
        at: claim.claimedAt, in: folders, files: options.files)
    {
      return again
    }
    return try claim.makeChild(child, in: folders, files: options.files) {
      folders.freeName(for: "\(claim.name)-\(child.number)", taken: taken)
    }
  }

  /// Publishes what the jobs of a matrix have come to: its result when all are done, else its failure.
  func conclude(_ entry: JobQueue.Entry) throws(JobFailure) {
    let claim = entry.claim
    guard let list = try noteEnds(ofChildrenOf: claim) else {
      return try fail(claim, attempt: nil, JobFailure(.internalError, "children.json is gone"))
    }
    let failed = list.children.filter { $0.state == .failed }
    guard failed.isEmpty else { return try fail(claim, attempt: nil, Self.failure(failed, of: list)) }
    let result = MatrixResult(
      id: claim.id, name: claim.name, started: claim.claimedAt, finished: options.clock.now,
      labels: entry.request.options.labels, children: list.children)
    let place = Claim.Place(claim.id, in: options.folders)
    try options.files.makeFolder(place.output)
    var pictures: [String: String] = [:]
    for child in list.children { pictures[child.id] = try picture(of: child) }
    let page = MatrixPage(result: result, pictures: pictures, job: try Self.content(of: place.job))
    try options.files.put(JobJSON.file(result), to: place.output.appending(path: "result.json"))
    try options.files.put(Self.content(of: place.job), to: place.output.appending(path: "job.json"))
    try options.files.put(Data(page.html.utf8), to: place.output.appending(path: "report.html"))
    appendLog(claim, LogLine(.info, "done"))
    try publish(claim)
  }

  private static func failure(_ failed: [MatrixChild], of list: ChildList) -> JobFailure {
    let names = failed.prefix(5).map { "\($0.name) (\($0.code ?? ""))" }
    let others = failed.count > names.count ? " and \(failed.count - names.count) more" : ""
    return JobFailure(
      .childFailed,
      "\(failed.count) of \(list.children.count) jobs failed: \(names.joined(separator: ", "))\(others)",
      hint: "children.json lists them all. `scispool retry` of this job runs again those that are not done.")
  }

  /// Ends the open jobs of a matrix that ends itself: those that wait at once, one that runs at its next step.
  func endChildren(of claim: Claim, because failure: JobFailure) throws(JobFailure) {
    let reason = JobFailure(
      .cancelled, "its matrix \(claim.name) ended: \(failure.message)",
      hint: "`scispool retry \(claim.name)` runs again what is not done.")
    for child in queue.removeChildren(of: claim.id) { try fail(child.claim, attempt: nil, reason) }
    if let attempt, attempt.entry.claim.parent?.id == claim.id { stopAttempt(.end(reason)) }
    _ = try noteEnds(ofChildrenOf: claim)
  }

  /// Writes down how the children have ended; nil for a job that has none.
  private func noteEnds(ofChildrenOf claim: Claim) throws(JobFailure) -> ChildList? {
    guard var list = try ChildList(of: claim, in: options.folders) else { return nil }
    list.children = try ledger.note(endsOf: list.children)
    try list.write(to: claim, in: options.folders, files: options.files)
    return list
  }

  /// The picture that shows a job, relative to the outbox; nil for one without.
  private func picture(of child: MatrixChild) throws(JobFailure) -> String? {
    let first = child.images == nil ? nil : try ledger.firstImage(of: child.id)
    return picture(ofJobNamed: child.name, first: first)
  }
}
