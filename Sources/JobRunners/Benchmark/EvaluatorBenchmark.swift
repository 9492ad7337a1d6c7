import Evaluation
import Foundation
import Images
import Jobs
import Rewards
import Scenes

/// The suite `evaluator`: how often a scorer prefers the right picture of a tuple.
struct EvaluatorBenchmark {
  typealias Result = EvaluatorBenchmarkResult

  let shelf: ModelShelf
  let resolver: PathResolver
  let output: OutputFolder
  let context: JobContext
  let clock: StageClock

  struct Plan {
    let job: EvaluatorBenchmarkRequest
    let scorer: SciScore
    let dataset: TrainingDataset
    /// Real path of the dataset.
    let root: String
  }

  /// Reads every row and every picture's header, and loads the scorer.
  func plan(_ request: EvaluatorBenchmarkRequest) throws(JobFailure) -> Plan {
    let folder = try resolver.resolveModel(request.model, field: "model")
    let root = try resolver.resolve(request.dataset, as: .folder, field: "dataset")
    let dataset = try TrainingDataset(
      folder: request.dataset, field: "dataset", resolver: resolver, columns: request.groupBy,
      imageProblem: TrainingFolder.problem(withImage:))
    let loan = try JobFailure.of("model") {
      try shelf.model(SciScore.self, at: folder) { try SciScore(folder: $0) }
    }
    clock.used(loan)
    return Plan(job: request, scorer: loan.model, dataset: dataset, root: root)
  }

  func run(_ plan: Plan) throws(JobFailure) -> Result {
    let rows = try score(plan)
    var lines = Data()
    for row in rows { lines += try JobJSON.line(row) }
    context.artifact(try output.write(lines, to: "scores.jsonl"))
    func grouped(_ name: (Int) -> String?) -> [String: Result.Accuracy] {
      var groups: [String: [Result.Row]] = [:]
      for index in rows.indices {
        if let name = name(index) { groups[name, default: []].append(rows[index]) }
      }
      return groups.mapValues(Self.accuracy)
    }
    let tuples = plan.dataset.tuples
    let byColumn = plan.job.groupBy.map { column in (column, grouped { tuples[$0].columns[column] }) }
    return Result(
      model: plan.job.model, dataset: plan.job.dataset, overall: Self.accuracy(rows),
      categories: grouped { tuples[$0].category }, laws: grouped { tuples[$0].law },
      orientations: grouped { Orientation(law: tuples[$0].law)?.rawValue },
      groups: Dictionary(uniqueKeysWithValues: byColumn), mistakes: Self.mistakes(rows))
  }

  private func score(_ plan: Plan) throws(JobFailure) -> [Result.Row] {
    let tuples = plan.dataset.tuples
    let items = tuples.map {
      ScoringItem(
        prompt: $0.implicitPrompts[0], images: [.file($0.explicitImages[0]), .file($0.superficialImages[0])])
    }
    var meter = ProgressMeter(total: 2 * items.count, done: 0, clock: clock)
    var before = 0
    let scores = try clock.measure(.score) { () throws(JobFailure) in
      try JobFailure.of("dataset") {
        try plan.scorer.scores(items) { done, _ in
          context.progress(meter.advance(.score, by: done - before))
          before = done
          try context.checkCancellation()
        }
      }
    }
    func name(_ path: String) -> String {
      guard path.hasPrefix(plan.root + "/") else { return path }
      let folder = plan.job.dataset
      return (folder.hasSuffix("/") ? folder : folder + "/") + path.dropFirst(plan.root.count + 1)
    }
    return tuples.indices.map { index in
      let tuple = tuples[index]
      return Result.Row(
        row: plan.dataset.rows[index], category: tuple.category, law: tuple.law,
        prompt: tuple.implicitPrompts[0], explicitImage: name(tuple.explicitImages[0]),
        superficialImage: name(tuple.superficialImages[0]), explicitScore: Double(scores[index][0].score),
        superficialScore: Double(scores[index][1].score))
    }
  }

  private static func accuracy(_ rows: [Result.Row]) -> Result.Accuracy {
    let rate = Rate(successes: rows.count(where: \.isCorrect), n: rows.count)
    let interval = rate.wilsonInterval
    return Result.Accuracy(
      correct: rate.successes, n: rate.n, accuracy: rate.rate, low: interval.lowerBound,
      high: interval.upperBound, meanMargin: rows.reduce(0) { $0 + $1.margin } / Double(max(1, rows.count)))
  }

  private static func mistakes(_ rows: [Result.Row]) -> [Result.Row] {
    let wrong = rows.filter { !$0.isCorrect }.sorted { ($0.margin, $0.row) < ($1.margin, $1.row) }
    return Array(wrong.prefix(Result.mistakeLimit))
  }
}

/// What the outcome of a law hangs on, by the published grouping; nil for laws that it does not know.
enum Orientation: String {
  case subject, condition

  init?(law: String) {
    guard let task = Task(rawValue: law) else { return nil }
    self = task.isSubjectOriented ? .subject : .condition
  }
}
