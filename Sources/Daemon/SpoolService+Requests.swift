import Foundation
import Jobs
import Ledger
import Spooling

extension SpoolService {
  /// Obeys what lies in the control folder. What waits for the running job's step stays there until then.
  ///
  /// - Returns: What is to be answered once all of it is recorded.
  func obeyRequests() throws(JobFailure) -> [(ControlBox.Posted, ControlAnswer)] {
    let requests: [ControlBox.Posted]
    do throws(JobFailure) { requests = try control.requests() } catch {
      log.error("\(error.message); requests are not heard")
      return []
    }
    openRequests.formIntersection(requests.map(\.id))
    guard !requests.isEmpty else { return [] }
    try publishMade()
    try settle()
    var answers: [(ControlBox.Posted, ControlAnswer)] = []
    for posted in requests {
      if let answer = try answer(to: posted) { answers.append((posted, answer)) }
    }
    return answers
  }

  func give(_ answers: [(ControlBox.Posted, ControlAnswer)]) {
    for (posted, answer) in answers {
      switch answer {
      case .done(let message): log.info("\(message)")
      case .refused(let failure): log.warning("request \(posted.id): \(failure.message)")
      }
      do throws(JobFailure) { try control.answer(posted, answer, at: options.clock.now) } catch {
        // It is carried out; carried out once more it changes nothing.
        log.error("request \(posted.id) cannot be answered: \(error.message)")
      }
      openRequests.remove(posted.id)
    }
  }

  /// Carries a request out, or looks whether it has been; nil while the running job has not come to its step.
  private func answer(to posted: ControlBox.Posted) throws(JobFailure) -> ControlAnswer? {
    let request: ControlRequest
    switch posted.content {
    case .success(let content): request = content
    // A disk that cannot be read now says nothing about the request.
    case .failure(let failure): return failure.code == .cannotWrite ? nil : .refused(failure)
    }
    if request.verb == .read || request.verb == .unread { return mark(request, of: posted.owner) }
    if let entry = queue.entry(named: request.name), request.id == nil || request.id == entry.claim.id {
      let isRunning = queue.running?.claim.id == entry.claim.id
      return switch request.verb {
      case .cancel: try cancel(entry, isRunning, posted, request)
      case .hold: try hold(entry, isRunning, posted, request)
      case .release: try release(entry)
      case .retry: retry(entry, isRunning)
      // Answered above.
      case .read, .unread: nil
      }
    }
    if request.verb == .retry, let answer = try retryFailed(request, of: posted.owner) { return answer }
    return try answerOfEnded(request)
  }

  private func cancel(
    _ entry: JobQueue.Entry, _ isRunning: Bool, _ posted: ControlBox.Posted, _ request: ControlRequest
  ) throws(JobFailure) -> ControlAnswer? {
    let why = request.reason.map { ": \($0)" } ?? ""
    let failure = JobFailure(
      .cancelled, "cancelled by \(posted.owner)\(why)",
      hint: "`scispool retry \(entry.claim.name)` runs it after all.")
    if isRunning {
      if openRequests.insert(posted.id).inserted { stopAttempt(.end(failure)) }
      return nil
    }
    _ = queue.remove(entry.claim.id)
    try end(entry, failure)
    return .done("cancelled \(entry.claim.name)")
  }

  private func hold(
    _ entry: JobQueue.Entry, _ isRunning: Bool, _ posted: ControlBox.Posted, _ request: ControlRequest
  ) throws(JobFailure) -> ControlAnswer? {
    let claim = entry.claim
    if openRequests.insert(posted.id).inserted {
      let hold = Hold(reason: request.reason ?? "held by \(posted.owner)", heldAt: options.clock.now)
      try hold.write(to: claim, in: options.folders, files: options.files)
      try ledger.note("held", hold.reason, of: claim.id, at: hold.heldAt)
      queue.set(hold, of: claim.id, at: hold.heldAt)
      appendLog(claim, LogLine(.info, "held: \(hold.reason)"))
      if isRunning || attempt?.entry.claim.parent?.id == claim.id { stopAttempt(.putBack) }
    }
    return isRunning ? nil : .done("held \(claim.name)")
  }

  private func release(_ entry: JobQueue.Entry) throws(JobFailure) -> ControlAnswer {
    let claim = entry.claim
    guard entry.hold != nil else { return .done("\(claim.name) is not held") }
    try Hold.remove(from: claim, in: options.folders, files: options.files)
    try ledger.note("released", nil, of: claim.id, at: options.clock.now)
    queue.set(nil, of: claim.id, at: options.clock.now)
    appendLog(claim, LogLine(.info, "released"))
    return .done("released \(claim.name)")
  }

  private func retry(_ entry: JobQueue.Entry, _ isRunning: Bool) -> ControlAnswer {
    guard !isRunning else { return .done("\(entry.claim.name) is running") }
    queue.endPause(entry.claim.id)
    let held = entry.hold == nil ? "" : ", and is held"
    return .done("\(entry.claim.name) waits for its turn\(held)")
  }

  /// For those who may not write to the folder of a job.
  private func mark(_ request: ControlRequest, of owner: String) -> ControlAnswer {
    guard let folder = publication.folder(ofJobNamed: request.name) else {
      return .refused(
        JobFailure(
          .missingInput, "neither outbox/ nor failed/ has a job called \(request.name)",
          hint: "`scispool status` lists the jobs."))
    }
    do throws(JobFailure) {
      if request.verb == .read { try ReadMark.set(in: folder) } else { try ReadMark.remove(from: folder) }
    } catch {
      return .refused(error)
    }
    return .done("\(request.name) is marked as \(request.verb.rawValue), as \(owner) asked")
  }

  /// Takes a job out of `failed/`; nil when it is not there.
  private func retryFailed(_ request: ControlRequest, of owner: String) throws(JobFailure) -> ControlAnswer? {
    let folder = options.folders.failed.appending(path: request.name)
    if let asked = request.id, let found = publication.id(ofPublished: folder), asked != found {
      return .done("\(request.name) was tried again and failed again since")
    }
    if let parent = publication.parent(ofPublished: folder), parent.isFolder {
      return .refused(
        JobFailure(
          .missingInput,
          "\(request.name) is job \(parent.number) of the matrix \(parent.name), whose folder has its inputs",
          hint: "`scispool retry \(parent.name)` runs again those of its jobs that are not done."))
    }
    let id = ids.next(at: options.clock.now)
    guard
      let claim = try Claim.retake(
        failed: request.name, id: id, at: options.clock.now, in: options.folders, files: options.files)
    else { return nil }
    appendLog(claim, LogLine(.info, "tried again, as \(owner) asked"))
    try admit(claim, Self.job(of: claim, in: options.folders))
    return .done("\(claim.name) is tried again")
  }

  /// What is to be said of a job that neither waits nor runs; nil while it may yet be claimed.
  private func answerOfEnded(_ request: ControlRequest) throws(JobFailure) -> ControlAnswer? {
    let name = request.name
    // An inbox that cannot be read may hold the job.
    guard let drops = try? Drop.scan(options.folders.inbox) else { return nil }
    if request.id == nil, (drops + beingClaimed.map(\.drop)).contains(where: { $0.stem == name }) {
      return nil
    }
    guard let last = try ledger.outcome(ofJobNamed: name, id: request.id) else {
      return .refused(
        JobFailure(.missingInput, "no job is called \(name)", hint: "`scispool status` lists the jobs."))
    }
    if request.verb == .cancel, last.code == JobFailure.Code.cancelled.rawValue {
      return .done("\(name) is cancelled")
    }
    let end = last.state == .failed ? "has failed (\(last.code ?? ""))" : "is \(last.state.rawValue)"
    return .refused(
      JobFailure(
        .missingInput, "\(name) \(end): there is nothing to \(request.verb.rawValue)",
        hint: "`scispool show \(name)` tells more."))
  }
}
