import Jobs

/// Sums up where a job's time goes, and tells how long the rest will take.
final class StageClock {
  enum Stage: String {
    case load, text, denoise, decode, score, train, validate, draw, check, judge, write, thumbnails
  }

  private let clock = ContinuousClock()
  private let began: ContinuousClock.Instant
  private(set) var seconds: [String: Double] = [:]
  private(set) var models: [JobTimings.Model] = []

  private let peak: PeakMemory?

  init() {
    began = clock.now
    peak = PeakMemory()
  }

  var elapsed: Double { Self.seconds(clock.now - began) }

  /// Runs one stage and adds its time.
  func measure<Result, Failure: Error>(
    _ stage: Stage, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let start = clock.now
    defer { seconds[stage.rawValue, default: 0] += Self.seconds(clock.now - start) }
    return try body()
  }

  func used<Model>(_ loan: ModelShelf.Loan<Model>) {
    models.append(
      JobTimings.Model(path: loan.path, resident: loan.wasResident, loadSeconds: loan.loadSeconds))
    seconds[Stage.load.rawValue, default: 0] += loan.loadSeconds
  }

  /// What was reckoned of the job's memory.
  var plannedMemory: Int?

  var timings: JobTimings {
    var timings = JobTimings(total: elapsed, stages: seconds, models: models)
    (timings.plannedMemory, timings.peakMemory) = (plannedMemory, peak?.bytes)
    return timings
  }

  private static func seconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}

/// Counts a job's units of work and judges the time to its end by those done in this attempt.
struct ProgressMeter {
  private let total: Int
  private var done: Int
  private let doneBefore: Int
  private let clock: StageClock
  private let startedAt: Double

  /// - Parameter done: Units that an earlier attempt did.
  init(total: Int, done: Int, clock: StageClock) {
    (self.total, self.done, self.doneBefore, self.clock) = (total, done, done, clock)
    startedAt = clock.elapsed
  }

  mutating func advance(_ stage: StageClock.Stage, by units: Int = 1) -> JobProgress {
    done += units
    let rate = (clock.elapsed - startedAt) / Double(max(1, done - doneBefore))
    return JobProgress(stage: stage.rawValue, step: done, total: total, eta: rate * Double(total - done))
  }
}
