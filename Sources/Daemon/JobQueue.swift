import Foundation
import Jobs
import Spooling

/// Which job runs next: a plain state machine without files, clocks or processes.
package struct JobQueue: Sendable {
  /// A claimed job as the queue sees it.
  package struct Entry: Sendable, Equatable {
    /// What never changes, in one place: queues of thousands are walked and moved at every turn.
    private final class Job: Sendable {
      let claim: Claim
      let request: JobRequest

      init(_ claim: Claim, _ request: JobRequest) { (self.claim, self.request) = (claim, request) }
    }

    private let job: Job
    package var claim: Claim { job.claim }
    package var request: JobRequest { job.request }
    let priority: Int
    /// Whether a matrix has made it.
    let isChild: Bool
    /// From when it could start, as far as its options say.
    let ripe: Date
    /// Whether its options name a moment or other jobs.
    let hasConditions: Bool
    /// Attempts that failed for a reason worth trying again.
    package var failures = 0
    /// Attempts during which the worker died; these do not count against `max_attempts`.
    package var crashes = CrashCount()
    /// Whether an attempt was ever begun: the deadline is for the first.
    package var hasStarted = false
    /// From when its waiting raises its rank; nil for the moment it was claimed.
    var waitsSince: Date?
    /// The first step of the last attempt that used up its time.
    var sliceStart: Int?
    /// Not before then, and why: the pause after a failed attempt.
    package var pause: Pause?
    /// ``Pause/looks`` of the pause before the attempt.
    var looks = 0
    /// Somebody's word to wait.
    package var hold: Hold?
    /// Of a matrix, how many jobs it has made; it never runs itself.
    package let children: Int?

    package init(
      claim: Claim, request: JobRequest, failures: Int = 0, crashes: CrashCount = CrashCount(),
      hasStarted: Bool = false, pause: Pause? = nil, hold: Hold? = nil, children: Int? = nil
    ) {
      (self.hasStarted, self.children) = (hasStarted, children)
      let options = request.options
      (priority, isChild) = (options.priority, claim.parent != nil)
      ripe = options.notBefore.map { max($0, claim.claimedAt) } ?? claim.claimedAt
      hasConditions = options.notBefore != nil || options.deadline != nil || !options.after.isEmpty
      (job, self.failures, self.crashes) = (Job(claim, request), failures, crashes)
      (self.pause, self.hold) = (pause, hold)
    }

    package static func == (one: Entry, other: Entry) -> Bool {
      (one.claim, one.request, one.failures, one.crashes, one.hasStarted)
        == (other.claim, other.request, other.failures, other.crashes, other.hasStarted)
        && (one.waitsSince, one.sliceStart, one.pause, one.hold, one.children)
          == (other.waitsSince, other.sliceStart, other.pause, other.hold, other.children)
    }

    /// What sort of job it is, for people.
    package var kind: String { children == nil ? request.kind.rawValue : MatrixResult.kind }
  }

  package struct Pause: Sendable, Equatable {
    package let until: Date
    /// What went wrong.
    package let reason: String
    /// How often in a row there was no memory for the job; 0 for a pause after an attempt.
    package let looks: Int

    package init(until: Date, reason: String, looks: Int = 0) {
      (self.until, self.reason, self.looks) = (until, reason, looks)
    }
  }

  /// What is to be done about a job.
  package enum Decision: Sendable, Equatable {
    case start(Entry)
    case fail(Entry, JobFailure)
    /// Stop the running job; it fails so unless it is done before.
    case cancelRunning(Entry, JobFailure)
    /// Put the running job back at its next step: another goes before it.
    case yield(Entry, to: Entry)
    /// The jobs of a matrix have all ended.
    case conclude(Entry)
  }

  /// How a dependency stands, by name.
  package enum Dependency: Sendable { case done, failed, open }

  /// A job that took the worker down so often in a row, and kept nothing in between, is not tried again.
  package static let crashLimit = 3

  /// Added to the priority of every job.
  package var spoolPriority = 0 { didSet { changes += 1 } }
  package internal(set) var waiting: [Entry] = [] { didSet { changes += 1 } }
  package internal(set) var running: Entry? { didSet { changes += 1 } }
  /// Grows whenever there may be something else to decide.
  package private(set) var changes = 0

  private let backoff: Backoff
  private let jitter: @Sendable () -> Double

  package init(
    backoff: Backoff = Backoff(), jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
  ) {
    (self.backoff, self.jitter) = (backoff, jitter)
  }

  package var names: Set<String> { Set((waiting + (running.map { [$0] } ?? [])).map(\.claim.name)) }
  package var isIdle: Bool { waiting.isEmpty && running == nil }
  /// Whether a job waits for its next attempt, which will come without anybody's doing.
  package var awaitsRetry: Bool { waiting.contains { $0.pause != nil && $0.hold == nil } }

  /// Takes in a claimed job; `unique_key` may turn it, or those it conflicts with, away.
  package mutating func add(_ entry: Entry) -> [Decision] {
    var decisions: [Decision] = []
    if let key = entry.request.options.uniqueKey {
      let rivals = waiting.filter { $0.request.options.uniqueKey == key }
      let runs = running?.request.options.uniqueKey == key
      switch entry.request.options.onConflict {
      case .queue: break
      case .skip where !rivals.isEmpty || runs:
        let other = rivals.first?.claim.name ?? running!.claim.name
        return [.fail(entry, Self.duplicate(key, of: other))]
      case .skip: break
      case .replace:
        waiting.removeAll { $0.request.options.uniqueKey == key }
        decisions += rivals.map { .fail($0, Self.duplicate(key, of: entry.claim.name)) }
        if runs, let running {
          decisions.append(
            .cancelRunning(
              running,
              JobFailure(
                .cancelled, "the job was cancelled while it ran: \(entry.claim.name) replaces it",
                hint: "See on_conflict: skip, replace, queue.", field: "unique_key")))
        }
      }
    }
    waiting.append(entry)
    return decisions
  }

  /// What to do now: jobs that can never start fail, then the next eligible one starts, if the worker is free.
  ///
  /// The highest rank first (see ``rank(of:at:)``), then the order of claiming. While the spool is paused none starts.
  ///
  /// - Parameter mayStart: Whether it is the spool's turn to compute, for the job that would start, or for none.
  package mutating func decide(
    at now: Date, isPaused: Bool = false, mayStart: (ComputingTurns.Bid?) -> Bool = { _ in true },
    dependency: (String) -> Dependency
  ) -> [Decision] {
    var decisions: [Decision] = []
    if waiting.contains(where: \.hasConditions) {
      for entry in waiting {
        if let failure = Self.hopeless(entry, now) { decisions.append(.fail(entry, failure)) }
      }
      if !decisions.isEmpty { waiting.removeAll { Self.hopeless($0, now) != nil } }
    }
    let matrices = matrices
    if !matrices.isEmpty {
      let over = waiting.filter { matrices[$0.claim.id]?.open == 0 }
      if !over.isEmpty { waiting.removeAll { matrices[$0.claim.id]?.open == 0 } }
      decisions += over.map { .conclude($0) }
    }
    guard !isPaused else {
      if running == nil { _ = mayStart(nil) }
      return decisions
    }
    var (best, highest) = (Int?.none, -Double.infinity)
    for index in waiting.indices
    where waiting[index].waitsForItsTurnOnly || waiting[index].wait(at: now, matrices, dependency) == nil {
      let rank = rank(of: waiting[index], at: now)
      if rank > highest { (best, highest) = (index, rank) }
    }
    if let running {
      if isBackground(running), let best, !isBackground(waiting[best]) {
        decisions.append(.yield(running, to: waiting[best]))
      }
    } else if mayStart(best.map { bid(of: waiting[$0], at: now) }), let best {
      var entry = waiting.remove(at: best)
      entry.looks = entry.pause?.looks ?? 0
      entry.pause = nil
      entry.hasStarted = true
      running = entry
      decisions.append(.start(entry))
    }
    return decisions
  }

  /// The running job is done or has failed for good.
  package mutating func finish(_ id: String) {
    if running?.claim.id == id { running = nil }
  }

  /// The running job's attempt failed for a reason that may pass; nil when it waits again, else why it has failed.
  package mutating func retry(_ id: String, after failure: JobFailure, at now: Date) -> JobFailure? {
    guard var entry = running, entry.claim.id == id else { return failure }
    running = nil
    entry.failures += 1
    guard entry.failures < entry.request.options.maxAttempts else { return failure }
    pause(&entry, after: failure.code == .outOfMemory ? .outOfMemory : .machine, failure.message, now)
    waiting.append(entry)
    return nil
  }

  /// The running job waits until what hinders it has passed: a minute at a time, whatever `max_attempts` says.
  package mutating func pause(_ id: String, because failure: JobFailure, at now: Date) {
    guard var entry = running, entry.claim.id == id else { return }
    running = nil
    entry.pause = Pause(until: now.addingTimeInterval(60), reason: failure.message)
    waiting.append(entry)
  }

  /// There is no memory for the running job, which has not begun: it waits ``Backoff/memory`` at first, then twice as long
  /// each time, up to a minute.
  ///
  /// - Parameter isFirst: Whether it would have been its first attempt.
  package mutating func awaitMemory(_ id: String, because failure: JobFailure, isFirst: Bool, at now: Date) {
    guard var entry = running, entry.claim.id == id else { return }
    running = nil
    let seconds = min(60, backoff.memory * Double(1 << min(entry.looks, 10)))
    entry.pause = Pause(
      until: now.addingTimeInterval(seconds), reason: failure.message, looks: entry.looks + 1)
    if isFirst { entry.hasStarted = false }
    waiting.append(entry)
  }

  /// The worker died under the running job; nil when it waits again, else why it is not tried any more.
  ///
  /// - Parameter first: The first step that the attempt told of, counted over the whole job; see ``CrashCount``.
  package mutating func crash(
    _ id: String, from first: Int?, _ description: String, at now: Date
  ) -> JobFailure? {
    guard var entry = running, entry.claim.id == id else { return nil }
    running = nil
    entry.crashes.note(first)
    guard entry.crashes.count < Self.crashLimit else {
      return JobFailure(
        .workerDied,
        "the worker died \(entry.crashes.count) times in a row on this job, which got no further: \(description)",
        hint: "Look for its memory use in log.txt; drop the job again once the cause is gone.",
        disposition: .quarantine)
    }
    pause(&entry, after: .crash, "the worker died: \(description)", now)
    waiting.insert(entry, at: 0)
    return nil
  }

  private func pause(_ entry: inout Entry, after fault: Backoff.Fault, _ reason: String, _ now: Date) {
    let count = fault == .crash ? entry.crashes.count : entry.failures
    let seconds = backoff.pause(after: fault, count: count, jitter: jitter())
    entry.pause = Pause(until: now.addingTimeInterval(seconds), reason: reason)
  }

  /// The running job used up the time of an attempt and waits again, behind the others; false when it has come no
  /// further than the attempt before, and would not the next time.
  ///
  /// - Parameter first: The first step that this attempt told of, counted over the whole job.
  package mutating func endSlice(_ id: String, from first: Int, at now: Date) -> Bool {
    guard var entry = running, entry.claim.id == id else { return false }
    if let before = entry.sliceStart, first <= before { return false }
    (entry.sliceStart, entry.waitsSince) = (first, now)
    running = nil
    waiting.append(entry)
    return true
  }

  /// The running job was put back unharmed.
  package mutating func putBack(_ id: String) {
    guard let entry = running, entry.claim.id == id else { return }
    running = nil
    waiting.insert(entry, at: 0)
  }

  /// When something may change without anybody's doing: the nearest `not_before`, `deadline` or retry.
  package func nextMoment(after now: Date) -> Date? {
    var nearest: Date?
    for entry in waiting where entry.hasConditions || entry.pause != nil {
      for moment in [entry.request.options.notBefore, entry.request.options.deadline, entry.pause?.until] {
        if let moment, moment > now { nearest = min(nearest ?? moment, moment) }
      }
    }
    return nearest
  }

  private static func hopeless(_ entry: Entry, _ now: Date) -> JobFailure? {
    guard entry.hasConditions else { return nil }
    let options = entry.request.options
    if let deadline = options.deadline, deadline <= now, !entry.hasStarted {
      return JobFailure(
        .deadlinePassed, "the job had not started by its deadline", hint: "Drop it again with a later one.",
        field: "deadline")
    }
    return nil
  }

  private static func duplicate(_ key: String, of name: String) -> JobFailure {
    JobFailure(
      .duplicate, "the job \(name) has the same unique_key \"\(key)\"",
      hint: "See on_conflict: skip, replace, queue.",
      field: "unique_key")
  }
}
