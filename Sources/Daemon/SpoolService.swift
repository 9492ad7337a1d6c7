import CLinux
import Foundation
import Glibc
import Jobs
import Ledger
import Logging
import Spooling

/// Serves one spool: claims what is dropped, has the worker run it, publishes, keeps the ledger.
///
/// One thread decides; others move drops out of the inbox and results into the outbox meanwhile. Their ends, inotify, the
/// worker's output and signals arrive as messages. What is decided lies in ``JobQueue``, what is done to folders in `Spooling`;
/// `docs/spool-states.md` has the states and their transitions.
package final class SpoolService {
  package struct Options: Sendable {
    package var folders: SpoolFolders
    /// What the configuration calls the spool.
    package var name: String?
    /// Added to the priority of every job.
    package var priority = 0
    /// The spool's share of the right to compute; nil when it has it alone.
    package var turn: ComputingTurns.Seat?
    /// Stop when nothing is left that could start.
    package var drains = false
    /// The worker's program and arguments.
    package var worker: [String]
    package var allowedRoots: [String] = []
    /// Seconds that a file which is not yet whole JSON may still change before it counts as broken.
    package var quietWindow: Double = 2
    /// Seconds between scans of the inbox when nothing is heard from it.
    package var rescan: Double = 30
    /// Seconds between scans where things change unheard, and while the spool is degraded.
    package var poll: Double = 2
    /// Seconds that an attempt which is told to stop has for its step, before its worker is killed.
    package var grace: Double = 60
    /// Seconds without a sign of life after which a worker with a job is killed.
    package var silence: Double = 60
    package var backoff = Backoff()
    /// How much of the queue one user may take.
    package var ownerLimits = OwnerLimits()
    /// A program to run after every end of a job, and the seconds it may take.
    package var hook: String?
    package var hookLimit: Double = 60
    /// Where to write the metrics.
    package var metrics: URL?
    /// Seconds between two writings of the page.
    package var pagePause: Double = 3
    /// Who is told when the spool is served, and how it stands.
    package var manager: ManagerReport?
    /// How often the kernel has killed a process for want of memory.
    package var memoryKills: @Sendable () -> Int = MemoryKills.count
    /// Which run of the machine this is.
    package var bootID = BootID.current()
    package var files = FileSystem.system
    package var clock = ServiceClock()
    /// Whether inotify shortens the wait.
    package var watches = true

    package init(folders: SpoolFolders, worker: [String]) {
      self.folders = folders
      self.worker = worker
    }
  }

  enum Message: Sendable {
    /// Something appeared in the inbox or the control folder.
    case spoolChanged
    /// An ``Errand`` has come to its end.
    case errandDone
    case worker(generation: Int, WorkerProcess.Report)
    /// It may be this spool's turn to compute, or another's.
    case turnChanged
    case reload(Options, Logger.Level)
    case stop

    /// Whether it may change what there is to say of the spool.
    var isNews: Bool {
      switch self {
      case .worker(_, .event(.heartbeat)), .turnChanged: false
      case .worker, .spoolChanged, .errandDone, .reload, .stop: true
      }
    }
  }

  var options: Options
  var log: Logger
  let mailbox = Mailbox<Message>()
  let publication: Publication
  let control: ControlBox
  var hook: HookRunner?
  let startedAt: Date
  var nextReport = Date.distantPast
  var statusFile: StatusFile
  /// Whether something has happened since the page was made.
  var hasNews = true
  var nextPage = Date.distantPast
  var nextPageCheck = Date.distantPast
  /// Requests that were acted on and wait for the running job's step.
  var openRequests: Set<String> = []
  /// Why no job is to start, if so.
  var pause: SpoolPause?
  /// Whether a job could start were it not for those of other spools.
  var awaitsTurn = false
  /// When the queue is asked again, even if ``JobQueue/changes`` is still what it was the last time.
  var nextDecision = Date.distantPast
  var decidedChanges = -1
  /// What the ledger says of why jobs wait.
  var recordedWaits: [String: JobWait] = [:]
  var ledger: Ledger
  var queue: JobQueue
  var worker: WorkerProcess?
  /// Whether it was started in a way that no longer holds.
  var hasOutdatedWorker = false
  /// Counts the workers started, so that the last words of a dead one are not taken for the next one's.
  var generation = 0
  var attempt: Attempt? {
    didSet { if attempt == nil, oldValue != nil { options.turn?.end() } }
  }
  var stops = 0
  /// Whether anything was heard in the last wait.
  private var wasBusy = true
  private var nextShrink = ContinuousClock.now
  /// When the inbox is looked at again in any case, and when that was done last; see ``scanDue``.
  var nextScan = Date.distantPast
  var lastScan = Date.distantPast
  /// What the last scan found and nobody has looked at yet.
  var backlog: ArraySlice<Drop> = []
  /// Drops that are being claimed, or that have been and are not in the queue yet.
  var beingClaimed: [Claim.Intent] = []
  let claiming = Errand<Claiming>("claims")
  /// Whether inotify is told of all that happens in the inbox.
  var isHeard = true
  /// Whether the places that others may touch are as they should be, and since when they are not.
  let fitness: SpoolFitness
  var verdict = SpoolFitness.Verdict.fit
  var degradation: Degradation?
  /// What arrived while the spool was away.
  var deferred: [Message] = []
  /// When the worker last said anything; it says nothing while it waits for its predecessor's lock. This clock stands
  /// still while the machine sleeps.
  var lastHeard: SuspendingClock.Instant?
  let lock: SpoolLock
  var ids = ClaimIDs()
  /// What the worker has done and nobody publishes yet.
  var made: [Made] = []
  /// What is being published, or has been and is not recorded yet.
  var beingPublished: [Made] = []
  let publishing = Errand<Result<[Claim], JobFailure>>("publications")
  /// Jobs that have been published since the ledger last was written, and when it is to be written at the latest.
  var ends: [End] = []
  var settleBy: Date?
  /// What is left of ended claims, and when it is removed.
  var rests: [URL] = []
  var nextSweep = Date.distantPast
  /// The last held attempt, while the ledger could not be told of it.
  var held: Held?

  struct Held {
    let id: String
    let attempt: Int
    let failure: JobFailure
  }

  /// Users whose drops wait in the inbox, and why: said once.
  var crowded: [UInt32: String] = [:]
  /// Those of them who were turned away since a job last left the queue.
  var turnedAway: Set<UInt32> = []
  /// The claims that a start has found, while it goes through them.
  var found: Set<String> = []
  /// Drops that could not be taken, and when they are tried again.
  var refused: [String: Date] = [:]

  /// The attempt that is running.
  struct Attempt {
    let entry: JobQueue.Entry
    let number: Int
    let started: Date
    /// Why it was told to stop, if it was.
    var stop: Stop?
    /// When the worker is killed, once it has been told to stop.
    var killAt: Date?
    /// When that was last written down, and what it last told.
    var lastProgress = Date.distantPast
    var progress: JobProgress?
    /// The first step that it told of, counted over the whole job.
    var firstStep: Int?
    /// Why the worker was killed, where that is known.
    var verdict: String?
    /// What ``Options/memoryKills`` counted before it.
    let memoryKills: Int
  }

  /// What becomes of an attempt that is told to stop.
  enum Stop: Equatable {
    /// The job fails so.
    case end(JobFailure)
    /// The job waits again, with what it has done.
    case putBack
    /// Its time is used up: as ``putBack``, behind the others, provided that it gets on.
    case slice

    var failure: JobFailure? {
      if case .end(let failure) = self { failure } else { nil }
    }
  }

  /// Takes the spool for this process.
  ///
  /// - Throws: ``JobFailure``: `busy` when another daemon serves it, `cannot_write` for unfit folders.
  package init(_ options: Options, log: Logger) throws(JobFailure) {
    self.options = options
    startedAt = options.clock.now
    self.log = log
    try options.folders.prepare(files: options.files)
    fitness = try SpoolFitness(options.folders)
    statusFile = StatusFile(options.folders.page)
    hook = options.hook.map { HookRunner($0, limit: options.hookLimit, log: log) }
    queue = JobQueue(backoff: options.backoff)
    queue.spoolPriority = options.priority
    publication = Publication(folders: options.folders, files: options.files, bootID: options.bootID)
    control = ControlBox(folders: options.folders, files: options.files)
    lock = try SpoolLock(options.folders.lock)
    do {
      ledger = try Ledger(path: options.folders.ledger.path)
    } catch {
      guard error.code == .badInput else { throw error }
      let (fresh, aside) = try Ledger.replace(at: options.folders.ledger.path, on: Date())
      log.error("\(error.message); it lies at \(aside) now and a new ledger was begun")
      ledger = fresh
    }
  }

  /// Asks for an end, from any thread: the running job is put back at its next step. Asked twice, it is killed first.
  package var stopper: @Sendable () -> Void {
    let mailbox = mailbox
    return { mailbox.post(.stop) }
  }

  /// Has what may change while it is served change, from any thread; see ``take(_:_:)``.
  package var reloader: @Sendable (Options, Logger.Level) -> Void {
    let mailbox = mailbox
    return { mailbox.post(.reload($0, $1)) }
  }

  /// Serves until stopped or drained.
  package func run() throws(JobFailure) {
    let mailbox = mailbox
    options.turn?.onChange { mailbox.post(.turnChanged) }
    defer { options.turn?.leave() }
    let watch = beginToWatch()
    defer { watch?.end() }
    // Nothing moves in a spool that nobody serves.
    defer {
      claiming.wait()
      publishing.wait()
    }
    if try !ledger.isFilled { try fillLedger() }
    try ledger.forgetWaits()
    try recover()
    log.info("serving \(options.folders.root.path)")
    tellReady()
    while true {
      if isThere(), isHeldAttemptRecorded() {
        var answers: [(ControlBox.Posted, ControlAnswer)] = []
        let hasAdmitted = try admitClaimed()
        if stops == 0 {
          let isDue = options.clock.now >= scanDue
          if isDue {
            notePause()
            try scan()
          }
          try claimSome()
          // Those that came before a drop was claimed are obeyed before it starts.
          if isDue || hasAdmitted || !openRequests.isEmpty { answers = try obeyRequests() }
        }
        try act()
        try forgetEnded()
        try publishInTime()
        if answers.isEmpty { try settleInTime() } else { try settle() }
        give(answers)
        report()
      } else if verdict.isAway {
        writeMetrics()
      }
      if try isOver() { break }
      tellTurn()
      try sweep()
      shrink()
      let messages = mailbox.take(until: options.clock.machineTime(of: nextWake()))
      wasBusy = !messages.isEmpty
      for message in messages {
        hasNews = hasNews || message.isNews
        if isDeferred(message) { continue }
        try handle(message)
      }
    }
    endWorker()
    try sweep(all: true)
    report(now: true)
    hook?.finish(within: options.hookLimit * 2)
    log.info("stopped")
  }

  private func isOver() throws(JobFailure) -> Bool {
    // What others do meanwhile is taken up only then; see ``run()``.
    let isFit = held == nil && !verdict.isAway
    let isAlone = claiming.isFree && publishing.isFree
    if stops > 0 { return verdict.isAway || attempt == nil && (isAlone || !isFit) }
    guard options.drains, attempt == nil, queue.running == nil, made.isEmpty, !awaitsTurn else {
      return false
    }
    // What was published since the queue was asked may be what others wait for.
    let isAsked = queue.changes == decidedChanges && nextDecision > options.clock.now
    guard isAsked && isAlone && backlog.isEmpty || !isFit else { return false }
    guard pause != nil || !queue.awaitsRetry else { return false }
    return try Drop.scan(options.folders.inbox).allSatisfy {
      refused[$0.fileName] != nil || turnedAway.contains($0.owner)
    }
  }

  /// Lets go of pages of the program that were used once: every few seconds at work, where it takes a millisecond, and every
  /// minute while nothing happens.
  private func shrink() {
    guard ContinuousClock.now >= nextShrink else { return }
    nextShrink = .now + .seconds(wasBusy ? 5 : 60)
    release_program_pages()
  }

  private func nextWake() -> Date {
    var moments = [options.clock.now.addingTimeInterval(longestWait)]
    if attempt != nil, let lastHeard {
      let seconds = (SuspendingClock.now - lastHeard) / .seconds(1)
      moments.append(options.clock.now.addingTimeInterval(max(0.01, options.silence - seconds)))
    }
    if stops == 0 { moments.append(scanDue) }
    if !rests.isEmpty { moments.append(nextSweep) }
    moments += [publishBy, settleBy].compactMap { $0 }
    if stops == 0, held == nil, !verdict.isAway {
      moments.append(queue.changes == decidedChanges ? nextDecision : .distantPast)
    }
    if let killAt = attempt?.killAt {
      moments.append(killAt)
    } else if let attempt, let timeout = attempt.entry.request.options.timeout {
      moments.append(attempt.started.addingTimeInterval(timeout))
    }
    return moments.min()!
  }

  private func handle(_ message: Message) throws(JobFailure) {
    switch message {
    case .spoolChanged: nextScan = .distantPast
    case .errandDone: break
    case .turnChanged: nextDecision = .distantPast
    case .reload(let options, let level): take(options, level)
    case .stop:
      stops += 1
      if stops == 1 { tellStopping() }
      guard let attempt else { return }
      if stops == 1 {
        log.info("stopping: \(attempt.entry.claim.name) is put back at its next step; ask again to kill it")
        worker?.send(.cancel(id: attempt.entry.claim.id))
      } else {
        worker?.kill()
      }
    case .worker(let from, let report):
      guard from == generation else { return }
      switch report {
      case .event(let event):
        lastHeard = .now
        try handle(event)
      case .noise(let line): log.warning("worker: \(line)")
      case .exited(let end): try workerExited(end)
      }
    }
  }
}
