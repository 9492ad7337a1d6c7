import CLIP
import Checkpoints
import FineTuning
import Fingerprints
import Foundation
import Images
import Jobs
import Rewards
import Tensors

/// Runs a `reward` job: a CLIP model and tuples to a SciScore.
struct RewardRunner {
  let shelf: ModelShelf
  let resolver: PathResolver
  let output: OutputFolder
  let context: JobContext
  let clock: StageClock
  let order: WorkOrder

  struct Plan {
    let job: RewardRequest
    let folder: String
    let base: SciScore
    let training: [TrainingTuple]
    /// The line of the data set that each of them stands in.
    let rows: [Int]
    let validation: [TrainingTuple]
    let fingerprint: String
  }

  /// Reads and checks everything: every row, every picture's header, the model.
  ///
  /// - Throws: ``JobFailure`` naming the field at fault.
  func plan(_ request: RewardRequest) throws(JobFailure) -> Plan {
    let folder = try resolver.resolveModel(request.model, field: "model")
    try CLIPFolder.check(request.output, in: order.folders.spoolRoot)
    var (training, validation): ([TrainingTuple], [TrainingTuple])
    var rows: [Int]
    let dataset = try TrainingFolder.dataset(request.dataset, field: "dataset", resolver)
    var data = [dataset]
    (training, rows) = (dataset.tuples, dataset.rows)
    switch request.validation {
    case .dataset(let name):
      let other = try TrainingFolder.dataset(name, field: "validation_dataset", resolver)
      data.append(other)
      validation = other.tuples
    case .split(let share):
      let count = Int((share * Double(training.count)).rounded())
      var order = ExampleOrder(rows: training.count, seed: request.seed)
      let chosen = Set((0..<count).map { order.row(at: $0) })
      validation = chosen.sorted().map { [training] in training[$0] }
      let left = training.indices.filter { !chosen.contains($0) }
      training = left.map { [training] in training[$0] }
      rows = left.map { [rows] in rows[$0] }
    }
    guard !training.isEmpty else {
      throw JobFailure(
        .outOfRange, "nothing is left to train on", hint: "Lower validation_split.", field: "validation_split"
      )
    }
    let loan = try JobFailure.of("model") {
      try shelf.model(SciScore.self, at: folder) { try SciScore(folder: $0) }
    }
    clock.used(loan)
    let fingerprint = try TrainingFolder.fingerprint(
      request, inputs: [folder], data: data,
      files: (training + validation).flatMap { $0.explicitImages + $0.superficialImages })
    return Plan(
      job: request, folder: folder, base: loan.model, training: training, rows: rows, validation: validation,
      fingerprint: fingerprint)
  }

  func run(_ plan: Plan) throws(JobFailure) -> (result: TrainingResult, rows: [MetricsFile.Row]) {
    let job = plan.job
    var work = try JobFailure.training { try Work(plan, context) }
    let loop = TrainingLoop<Work>(
      output: output, attempt: order.attempt, context: context, clock: clock, total: job.maxTrainSteps,
      checkpointEvery: job.checkpointingSteps, validateEvery: job.validationSteps,
      productName: "best.safetensors", fingerprint: plan.fingerprint)
    let outcome = try loop.run(&work)
    let current = work
    try clock.measure(.write) { () throws(JobFailure) in
      try JobFailure.writing("write the model", then: "the job goes on from its last checkpoint.") {
        try CLIPFolder.write(weights: outcome.product, like: plan.folder, to: output.path + "/model")
        try current.writeProduct(to: output.path + "/last.safetensors")
      }
    }
    try CLIPFolder.install(output.path + "/model", as: job.output, in: order.folders.spoolRoot)
    let result = TrainingResult(
      kind: .reward, model: job.model, output: job.output, product: .modelFolder("model"),
      steps: outcome.steps,
      finalLoss: outcome.finalLoss, bestStep: outcome.bestStep, validation: outcome.validation,
      stoppedBecause: outcome.stoppedBecause, seconds: outcome.seconds, resumedFrom: outcome.resumedFrom)
    return (result, outcome.rows)
  }

  /// The training of one job.
  struct Work: TrainingWork {
    private var trainer: RewardTrainer
    private let data: RewardExamples
    private let rows: [Int]
    private let validation: [TrainingTuple]
    private let context: JobContext

    init(_ plan: Plan, _ context: JobContext) throws {
      let job = plan.job
      let clip = try TrainableCLIP(folder: plan.folder)
      var settings = RewardTrainer.Settings()
      (settings.batchSize, settings.accumulation) = (job.trainBatchSize, job.optimizer.accumulationSteps)
      (settings.lambda, settings.seed) = (Float(job.lambda), job.seed)
      // Costs time only where activations do not fit the tape's allowance.
      settings.isCheckpointed = true
      trainer = RewardTrainer(
        clip: clip, learner: Learner(clip.parameters, job.optimizer.learning(steps: job.maxTrainSteps)),
        settings: settings, rows: plan.training.count, padding: plan.base.tokenizer.endID)
      data = RewardExamples(plan.training, plan.base)
      (rows, validation) = (plan.rows, plan.validation)
      self.context = context
    }

    var learner: Learner {
      get { trainer.learner }
      set { trainer.learner = newValue }
    }

    mutating func advance(_ number: Int) throws -> TrainingReport {
      let data = data
      return try TrainingFolder.naming(rows) { try trainer.step { try data.example($0, &$1) } }
    }

    func validate(after step: Int) throws -> ValidationEntry? {
      guard !validation.isEmpty else { return nil }
      var scores: [(first: Float, second: Float)] = []
      for first in stride(from: 0, to: validation.count, by: 32) {
        try context.checkCancellation()
        let part = validation[first..<min(first + 32, validation.count)]
        let pixels =
          try part.map { try data.pixels($0.explicitImages[0]) }
          + part.map { try data.pixels($0.superficialImages[0]) }
        scores += trainer.scores(
          ids: part.map { data.ids($0.implicitPrompts[0]) }, pixelValues: .concatenated(pixels, axis: 0))
      }
      return RewardFigures(validation, scores).entry(after: step)
    }

    func merit(of entry: ValidationEntry) -> Double { entry.accuracy ?? 0 }

    func writeProduct(to path: String) throws {
      var writer = SafetensorsWriter()
      for (name, tensor) in trainer.clip.tensors { writer.add(name, tensor.values, shape: tensor.shape) }
      try writer.write(to: path)
    }

    var breaksOff: Bool { false }
    var isGuarded: Bool { false }
    func reasonToStop(after report: TrainingReport) -> String? { nil }
  }
}

/// Draws from tuples: a prompt of each tier and a picture of each outcome.
private final class RewardExamples {
  private let tuples: [TrainingTuple]
  private let base: SciScore
  /// Prepared pictures, held in memory as far as they fit.
  private let prepared = EncodingCache(folder: "", limit: 0)

  init(_ tuples: [TrainingTuple], _ base: SciScore) { (self.tuples, self.base) = (tuples, base) }

  func example(_ row: Int, _ generator: inout TorchGenerator) throws -> RewardExample {
    let tuple = tuples[row]
    func one(_ list: [String]) -> String { list[generator.index(below: list.count)] }
    let (implicit, explicit) = (one(tuple.implicitPrompts), one(tuple.explicitPrompts))
    let superficial = one(tuple.superficialPrompts)
    let (right, wrong) = (one(tuple.explicitImages), one(tuple.superficialImages))
    return RewardExample(
      implicit: ids(implicit), explicit: ids(explicit), superficial: ids(superficial),
      explicitImage: try pixels(right), superficialImage: try pixels(wrong))
  }

  func ids(_ prompt: String) -> [Int] {
    let limit = min(base.tokenizer.modelMaxLength ?? .max, base.model.configuration.text.maxPositions)
    return base.tokenizer.encode([prompt], padding: .longest(limit: limit)).ids[0]
  }

  func pixels(_ path: String) throws -> Tensor {
    try prepared.tensors(for: [path]) {
      ["pixels": try base.imageProcessor.pixelValues(of: [RGBImage(contentsOf: path)], names: [path])]
    }["pixels"]!
  }
}

/// What a scorer makes of tuples: overall, by category and by law.
struct RewardFigures {
  private let tuples: [TrainingTuple]
  private let scores: [(first: Float, second: Float)]

  init(_ tuples: [TrainingTuple], _ scores: [(first: Float, second: Float)]) {
    (self.tuples, self.scores) = (tuples, scores)
  }

  func entry(after step: Int) -> ValidationEntry {
    let all = group(tuples.indices.map { $0 })
    let values = scores.map { Double($0.first) }
    let mean = all.meanSciScore ?? 0
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let count = Double(values.count)
    return ValidationEntry(
      step: step, count: tuples.count, meanSciScore: all.meanSciScore,
      sciScoreError: count > 1 ? (squares / (count - 1) / count).squareRoot() : nil, accuracy: all.accuracy,
      categories: groups(by: \.category), laws: groups(by: \.law))
  }

  private func groups(by key: KeyPath<TrainingTuple, String>) -> [String: ValidationEntry.Group] {
    Dictionary(grouping: tuples.indices) { tuples[$0][keyPath: key] }.mapValues(group)
  }

  /// Right is strictly greater, as published.
  private func group(_ rows: [Int]) -> ValidationEntry.Group {
    let right = rows.count { scores[$0].first > scores[$0].second }
    let sum = rows.reduce(0) { $0 + Double(scores[$1].first) }
    return .init(
      count: rows.count, meanSciScore: sum / Double(rows.count), accuracy: Double(right) / Double(rows.count))
  }
}
