import Checkpoints
import FineTuning
import Foundation
import Jobs

/// What a kind of training does between checkpoints.
protocol TrainingWork {
  /// Everything that changes from one step to the next.
  var learner: Learner { get set }

  /// Takes the next step: an optimizer step, or a round of several.
  ///
  /// - Parameter number: From 0.
  mutating func advance(_ number: Int) throws -> TrainingReport

  /// Measures what has been learnt so far; nil when the job asks for no validation.
  mutating func validate(after step: Int) throws -> ValidationEntry?

  /// What a validation is judged by: the higher, the better.
  func merit(of entry: ValidationEntry) -> Double

  /// Writes what has been learnt so far as the file or folder that the job is to make.
  func writeProduct(to path: String) throws

  /// Whether a step may be broken off in its middle, when what the steps before it learnt is kept.
  var breaksOff: Bool { get }

  /// Whether ``reasonToStop(after:)`` may give one: what was learnt before that step is kept then.
  var isGuarded: Bool { get }

  /// Why training should end before its last step; nil to go on.
  func reasonToStop(after report: TrainingReport) -> String?
}

/// Runs a training from where its last checkpoint left it to its end.
///
/// A killed attempt loses what came after its last checkpoint and repeats it exactly; an attempt that is asked to stop
/// writes a checkpoint first.
struct TrainingLoop<Work: TrainingWork> {
  let output: OutputFolder
  let attempt: Int
  let context: JobContext
  let clock: StageClock
  let total: Int
  let checkpointEvery: Int
  let validateEvery: Int
  /// Of the product's path in a checkpoint, such as `best.safetensors`.
  let productName: String
  /// Equal for attempts that would do the same; a checkpoint of another job is not gone on from.
  let fingerprint: String

  /// What a run leaves.
  struct Outcome {
    var steps: Int
    var finalLoss: Double
    var bestStep: Int?
    var validation: [ValidationEntry]
    var stoppedBecause: String?
    var seconds: Double
    var resumedFrom: Int?
    var rows: [MetricsFile.Row]
    /// Where the best product is; the last one when nothing was validated.
    var product: String
  }

  /// What a checkpoint says beside the learner's tensors.
  private struct State: Codable {
    var fingerprint: String
    var step: Int
    var loss: Double
    var bestStep: Int?
    var bestMerit: Double?
    var validation: [ValidationEntry]
    /// The validation of this step is still to be done.
    var awaitsValidation = false
    var stoppedBecause: String?
    var seconds: Double
  }

  private static var stateFile: String { "state.json" }
  private static var learnerFile: String { "learner.safetensors" }

  func run(_ work: inout Work) throws(JobFailure) -> Outcome {
    let checkpoints = TrainingCheckpoints(output: output.path)
    let found = checkpoints.newest { name, reason in
      context.log(LogLine(.warning, "checkpoint \(name) is passed over: \(reason)"))
    }
    var state = State(
      fingerprint: fingerprint, step: 0, loss: .nan, validation: [], seconds: 0)
    var product: String?
    var resumedFrom: Int?
    if let found, let saved = try restore(found, &work) {
      (state, resumedFrom) = (saved, found.step)
      let kept = "\(found.path)/\(productName)"
      product = FileManager.default.fileExists(atPath: kept) ? kept : nil
      context.log(LogLine(.info, "going on after step \(found.step) of \(total)"))
    }
    // Damaged ones, or another job's: they would pass for newer than what is written now.
    checkpoints.drop(after: resumedFrom)
    var metrics = try MetricsFile(in: output, after: state.step)
    let events = try TensorBoardEvents(in: output, attempt: attempt, after: state.step, at: Date())
    var meter = ProgressMeter(total: total, done: state.step, clock: clock)
    let (past, started) = (state.seconds, clock.elapsed)

    /// The step of the last checkpoint.
    var saved = resumedFrom

    func save() throws(JobFailure) {
      state.seconds = past + clock.elapsed - started
      let (now, best) = (state, product)
      let learner = work.learner
      try clock.measure(.write) { () throws(JobFailure) in
        try checkpoints.save(step: now.step) { folder in
          try learner.save(to: "\(folder)/\(Self.learnerFile)")
          if let best { try FileManager.default.copyItem(atPath: best, toPath: "\(folder)/\(productName)") }
          try JobJSON.file(now).write(to: URL(filePath: "\(folder)/\(Self.stateFile)"))
        }
      }
      saved = now.step
      if best != nil {
        product = "\(output.path)/\(TrainingCheckpoints.folder)/\(Self.name(now.step))/\(productName)"
      }
    }

    /// Makes what has been learnt so far the product.
    func keep() throws(JobFailure) {
      let current = work
      product = try checkpoints.keep("best-\(productName)") { try current.writeProduct(to: $0) }
    }

    func validate() throws(JobFailure) {
      guard
        let entry = try clock.measure(
          .validate,
          { () throws(JobFailure) in
            try JobFailure.training { try work.validate(after: state.step) }
          })
      else { return }
      state.validation.append(entry)
      let measured = [
        ("validation/sciscore_mean", entry.meanSciScore), ("validation/accuracy", entry.accuracy),
      ]
      try events.add(
        step: state.step, measured.compactMap { name, value in value.map { (name, $0) } }, at: Date())
      let pictures = AdapterValidation.files(step: state.step, in: output)
      if !pictures.isEmpty { try events.add(step: state.step, pictures, at: Date()) }
      let merit = work.merit(of: entry)
      context.log(LogLine(.info, "validation after step \(state.step): \(merit)"))
      // What went beyond a limit of the guard may score well, and is not what is wanted.
      guard state.stoppedBecause == nil, state.bestMerit.map({ merit > $0 }) ?? true else { return }
      (state.bestStep, state.bestMerit) = (state.step, merit)
      try keep()
    }

    /// Validates; when asked to stop meanwhile, leaves that to the next attempt.
    func validateOrPutOff() throws(JobFailure) {
      state.awaitsValidation = true
      do throws(JobFailure) { try validate() } catch {
        if error.code == .cancelled && state.step > 0 { try save() }
        throw error
      }
      state.awaitsValidation = false
    }

    if resumedFrom == nil || state.awaitsValidation { try validateOrPutOff() }
    while state.step < total && state.stoppedBecause == nil {
      if work.isGuarded && state.bestStep == nil { try keep() }
      let before = work.breaksOff ? work.learner.state : nil
      let report: TrainingReport
      do throws(JobFailure) {
        report = try clock.measure(.train) { () throws(JobFailure) in
          try JobFailure.training { try work.advance(state.step) }
        }
      } catch {
        if error.code == .cancelled, let before, state.step > (saved ?? 0) {
          work.learner.state = before
          try save()
        }
        throw error
      }
      state.step += 1
      state.loss = report.loss
      let values =
        [("loss", report.loss), ("lr", report.learningRate), ("grad_norm", report.gradientNorm)]
        + report.further
      try metrics.append(step: state.step, values + [("seconds", past + clock.elapsed - started)])
      try events.add(step: state.step, values.map { ("train/\($0.0)", $0.1) }, at: Date())
      state.stoppedBecause = work.reasonToStop(after: report)
      let isLast = state.step == total || state.stoppedBecause != nil
      if isLast || state.step % validateEvery == 0 { try validateOrPutOff() }
      let isCancelled = context.isCancelled()
      if isLast || isCancelled || state.step % checkpointEvery == 0 { try save() }
      context.progress(meter.advance(.train))
      if isCancelled && !isLast { throw JobFailure(.cancelled, "the job was cancelled while it ran") }
    }
    if state.bestStep == nil && state.stoppedBecause == nil || product == nil { try keep() }
    return Outcome(
      steps: state.step, finalLoss: state.loss, bestStep: state.bestStep, validation: state.validation,
      stoppedBecause: state.stoppedBecause, seconds: past + clock.elapsed - started,
      resumedFrom: resumedFrom,
      rows: metrics.rows, product: product ?? "")
  }

  private static func name(_ step: Int) -> String {
    let digits = String(step)
    return "step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  private func restore(_ found: TrainingCheckpoints.Found, _ work: inout Work) throws(JobFailure) -> State? {
    guard let data = FileManager.default.contents(atPath: "\(found.path)/\(Self.stateFile)"),
      let state = try? JobJSON.value(State.self, from: data), state.fingerprint == fingerprint
    else {
      context.log(
        LogLine(
          .warning, "the checkpoint of step \(found.step) is of another job or model; training begins anew"))
      return nil
    }
    var learner = work.learner
    try JobFailure.training { try learner.restore(from: "\(found.path)/\(Self.learnerFile)") }
    work.learner = learner
    return state
  }
}

extension JobFailure {
  /// Runs what may throw the trainers' errors, and throws them as failures of the job.
  static func training<Result>(_ body: () throws -> Result) throws(JobFailure) -> Result {
    do { return try body() } catch let error as TrainingError {
      throw JobFailure(
        .badInput, "\(error)", hint: "Drop the job again once that is done; nothing of this run is kept.",
        field: "learning_rate")
    } catch {
      if isOutOfSpace(error) { throw JobFailure(.diskFull, "\(error)", hint: "Make room on the disk.") }
      throw JobFailure(error, field: "model")
    }
  }
}
