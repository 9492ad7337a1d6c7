import Evaluation
import Foundation
import Jobs
import Judging

/// The suite `pairwise`: which of a tuple's pictures a language model prefers, asked in both orders.
struct PairwiseBenchmark {
  typealias Result = PairwiseBenchmarkResult

  let resolver: PathResolver
  let output: OutputFolder
  let context: JobContext
  let clock: StageClock
  let spoolRoot: String
  let environment: [String: String]

  struct Plan {
    let job: PairwiseBenchmarkRequest
    let cases: [Case]
    let source: JudgeAsking.Source
  }

  /// One tuple with its two questions: the right picture first, and second.
  struct Case {
    let row: Int
    let tuple: TrainingTuple
    /// As the job names the dataset.
    let explicitImage: String
    let superficialImage: String
    let questions: [JudgeQuestion]
  }

  /// Reads every row and every picture, and finds key or batch answers.
  func plan(_ request: PairwiseBenchmarkRequest) throws(JobFailure) -> Plan {
    let root = try resolver.resolve(request.dataset, as: .folder, field: "dataset")
    let dataset = try TrainingDataset(
      folder: request.dataset, field: "dataset", resolver: resolver,
      imageProblem: TrainingFolder.problem(withImage:))
    func name(_ path: String) -> String {
      guard path.hasPrefix(root + "/") else { return path }
      let folder = request.dataset
      return (folder.hasSuffix("/") ? folder : folder + "/") + path.dropFirst(root.count + 1)
    }
    let settings = JudgeQuestion.Settings(request.judge)
    var cases: [Case] = []
    for (row, tuple) in zip(dataset.rows, dataset.tuples).prefix(request.limit ?? .max) {
      try context.checkCancellation()
      let right = try JudgedImage.named(tuple.explicitImages[0], field: "dataset")
      let wrong = try JudgedImage.named(tuple.superficialImages[0], field: "dataset")
      let questions = [(right, wrong), (wrong, right)].map { first, second in
        JudgeQuestion(
          .pair(
            first: first, second: second, prompt: tuple.implicitPrompts[0],
            chainOfThought: request.chainOfThought),
          settings)
      }
      cases.append(
        Case(
          row: row, tuple: tuple, explicitImage: name(tuple.explicitImages[0]),
          superficialImage: name(tuple.superficialImages[0]), questions: questions))
    }
    return Plan(job: request, cases: cases, source: try asking(request.judge).source())
  }

  private func asking(_ request: JudgeEndpointRequest) -> JudgeAsking {
    JudgeAsking(
      request: request, resolver: resolver, output: output, context: context, clock: clock,
      cache: JudgeCache(path: "\(spoolRoot)/cache/judge"), environment: environment)
  }

  func run(_ plan: Plan) throws(JobFailure) -> Result {
    let distinct = plan.cases.flatMap(\.questions).distinct
    var answers = try asking(plan.job.judge).answers(distinct, from: plan.source)
    let readings = answers.read(distinct) { reply throws(Unparsable) in try PairChoice(reply) }
    let rows = plan.cases.map { Self.row($0, readings) }
    var lines = Data()
    for row in rows { lines += try JobJSON.line(row) }
    context.artifact(try output.write(lines, to: "scores.jsonl"))
    func grouped(_ name: (Result.Row) -> String?) -> [String: Result.Preference] {
      var groups: [String: [Result.Row]] = [:]
      for row in rows {
        if let name = name(row) { groups[name, default: []].append(row) }
      }
      return groups.compactMapValues { PairwiseSummary($0).preference }
    }
    return Result(
      model: plan.job.judge.model, dataset: plan.job.dataset, chainOfThought: plan.job.chainOfThought,
      mode: plan.job.judge.mode, protocolVersion: JudgeQuestion.protocolVersion, usage: answers.usage,
      overall: PairwiseSummary(rows).preference, categories: grouped(\.category), laws: grouped(\.law),
      orientations: grouped { Orientation(law: $0.law)?.rawValue })
  }

  private static func row(
    _ item: Case, _ readings: [String: JudgeAnswers.Reading<PairChoice>]
  ) -> Result.Row {
    let orders = zip(item.questions, [PairChoice.first, .second]).map { question, right in
      switch readings[question.key] {
      case .value(let choice):
        Result.Order(
          question: question.key, choice: choice.rawValue, isRight: choice == right, problem: nil)
      case .problem(let problem):
        Result.Order(question: question.key, choice: nil, isRight: nil, problem: problem)
      case nil:
        Result.Order(question: question.key, choice: nil, isRight: nil, problem: "there is no answer yet")
      }
    }
    return Result.Row(
      row: item.row, category: item.tuple.category, law: item.tuple.law,
      prompt: item.tuple.implicitPrompts[0],
      explicitImage: item.explicitImage, superficialImage: item.superficialImage, orders: orders)
  }
}

/// The arithmetic of the suite `pairwise`; a tuple is one observation, with the share of its orders answered rightly.
struct PairwiseSummary {
  let rows: [PairwiseBenchmarkResult.Row]

  init(_ rows: [PairwiseBenchmarkResult.Row]) { self.rows = rows }

  /// Nil without a scored answer.
  var preference: PairwiseBenchmarkResult.Preference? {
    let verdicts = rows.map { $0.orders.compactMap(\.isRight) }.filter { !$0.isEmpty }
    guard !verdicts.isEmpty else { return nil }
    let shares = verdicts.map { Double($0.count(where: \.self)) / Double($0.count) }
    let accuracy = shares.reduce(0, +) / Double(shares.count)
    let interval = Rate.wilsonInterval(share: accuracy, n: shares.count)
    let both = verdicts.filter { $0.count == 2 }
    var preference = PairwiseBenchmarkResult.Preference(
      n: shares.count, accuracy: accuracy, low: interval.lowerBound, high: interval.upperBound,
      both: both.count)
    if !both.isEmpty {
      // Both right is the right picture twice, both wrong the wrong one twice.
      preference.consistency = Double(both.count { $0[0] == $0[1] }) / Double(both.count)
      let choices = rows.filter { $0.orders.allSatisfy { $0.choice != nil } }.flatMap {
        $0.orders.map(\.choice)
      }
      preference.positionBias =
        Double(choices.count { $0 == Self.first }) / Double(choices.count) - 0.5
    }
    preference.rightFirst = share(ofOrder: 0)
    preference.rightSecond = share(ofOrder: 1)
    return preference
  }

  private static let first = "image-1"

  private func share(ofOrder order: Int) -> Double? {
    let verdicts = rows.compactMap { $0.orders[order].isRight }
    return verdicts.isEmpty ? nil : Double(verdicts.count(where: \.self)) / Double(verdicts.count)
  }
}
