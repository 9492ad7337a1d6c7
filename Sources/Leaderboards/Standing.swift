import Foundation
import Jobs

/// What a run measured, and under which conditions: runs of equal conditions can be compared.
struct Standing {
  typealias Column = Leaderboard.Column
  typealias Condition = Leaderboard.Condition
  typealias Values = [(Column, Double)]

  /// What is ranked.
  let model: String
  let dataset: String
  let settings: String
  /// Those of pictures made elsewhere are the first of those of pictures drawn here.
  let conditions: [Condition]
  /// The first one ranks.
  let values: Values

  /// - Throws: The problem of a run that is not complete, whose means are over other items than those of others.
  init(_ run: BenchmarkRun) throws(BenchmarkRun.Problem) {
    switch (run.result, run.job) {
    case (.evaluator(let result), _):
      self.init(
        model: result.model, dataset: Self.trimmed(result.dataset), settings: "",
        conditions: [
          Condition("suite", "evaluator"), Condition("dataset", Self.trimmed(result.dataset)),
          Condition("tuples", result.overall.n), Condition("rows", run.items.prefix(12)),
        ], values: Self.values(result))
    case (.generator(let result), .generator(let job)):
      let setup = result.setup
      let baseline = result.comparison.map { ", RI against \($0.baseline)" } ?? ""
      self.init(
        model: Self.name(job.model, job.adapter), dataset: Self.trimmed(job.dataset),
        settings: "\(job.inferenceSteps) steps, guidance \(job.guidanceScale)\(baseline)",
        conditions: Self.conditions(setup) + [
          Condition("pictures a prompt", setup.imagesPerPrompt ?? job.imagesPerPrompt),
          Condition("seed", setup.seed ?? job.seed),
          Condition("size", "\(setup.width ?? 0) × \(setup.height ?? 0)"),
        ], values: try Self.values(result, run.name))
    case (.images(let result), .images(let job)):
      self.init(
        model: result.model, dataset: Self.trimmed(job.dataset), settings: "made elsewhere",
        conditions: Self.conditions(result.setup), values: try Self.values(result, run.name))
    case (.judge(let result), .judge(let job)):
      guard let prompts = result.prompts, let tally = result.overall else {
        let reason =
          result.overall == nil
          ? "it has no scored picture" : "it is of a version that kept no digest of its prompts"
        throw BenchmarkRun.Problem(job: run.name, reason: reason)
      }
      try Self.checkAnswers(result.usage, run.name)
      self.init(
        model: Self.trimmed(result.folder), dataset: "prompts \(prompts.prefix(12))", settings: "",
        conditions: [Condition("suite", "judge"), Condition("prompts and rubrics", prompts.prefix(12))]
          + Self.conditions(job.judge, result.protocolVersion), values: Self.values(result, tally))
    case (.pairwise(let result), .pairwise(let job)):
      guard let overall = result.overall else {
        throw BenchmarkRun.Problem(job: run.name, reason: "it has no scored tuple")
      }
      try Self.checkAnswers(result.usage, run.name)
      self.init(
        model: result.model, dataset: Self.trimmed(result.dataset),
        settings: result.chainOfThought ? "with chain of thought" : "without chain of thought",
        conditions: [
          Condition("suite", "pairwise"), Condition("dataset", Self.trimmed(result.dataset)),
          Condition("rows", run.items.prefix(12)), Condition("protocol", result.protocolVersion),
          Condition("temperature", job.judge.temperature),
        ], values: Self.values(result, overall))
    default:
      throw BenchmarkRun.Problem(
        job: run.name, reason: "its job.json is of another suite than its result.json")
    }
  }

  private init(
    model: String, dataset: String, settings: String, conditions: [Condition], values: Values
  ) {
    (self.model, self.dataset, self.settings) = (model, dataset, settings)
    (self.conditions, self.values) = (conditions, values)
  }

  // MARK: Conditions

  private static func trimmed(_ path: String) -> String {
    path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
  }

  private static func name(_ model: String, _ adapter: AdapterRequest?) -> String {
    guard let adapter else { return model }
    let name =
      switch adapter.source {
      case .name(let name): name
      case .path(let path): path
      }
    return "\(model) + \(name)" + (adapter.scale == 1 ? "" : " × \(adapter.scale)")
  }

  private static func conditions(_ setup: GeneratorBenchmarkResult.Setup) -> [Condition] {
    [
      Condition("suite", "pictures of tuples"), Condition("prompts", setup.prompts.prefix(12)),
      Condition("tuples", setup.tuples), Condition("wording", setup.wording),
      Condition("scorer", setup.reward), Condition("scorer's state", setup.rewardState.prefix(12)),
    ]
  }

  private static func conditions(_ judge: JudgeEndpointRequest, _ version: String) -> [Condition] {
    [
      Condition("judge", judge.model), Condition("protocol", version),
      Condition("temperature", judge.temperature), Condition("max_tokens", judge.maxTokens),
    ]
  }

  private static func checkAnswers(_ usage: JudgeUsage, _ name: String) throws(BenchmarkRun.Problem) {
    guard usage.unanswered == 0 else {
      throw BenchmarkRun.Problem(
        job: name, reason: "\(usage.unanswered) of its \(usage.questions) questions have no answer yet")
    }
  }

  // MARK: Measures

  private static func values(_ result: EvaluatorBenchmarkResult) -> Values {
    let overall = result.overall
    return [
      (Column(name: "accuracy", kind: .share), overall.accuracy),
      (Column(name: "95 % from", kind: .share, measure: "accuracy"), overall.low),
      (Column(name: "95 % to", kind: .share, measure: "accuracy"), overall.high),
      (Column(name: "right", kind: .count), Double(overall.correct)),
      (Column(name: "tuples", kind: .count), Double(overall.n)),
      (Column(name: "mean margin", kind: .score), overall.meanMargin),
    ] + grouped(result.categories, .share, of: "accuracy", \.accuracy)
      + grouped(
        Dictionary(uniqueKeysWithValues: result.orientations.map { ("\($0)-oriented", $1) }), .share,
        of: "accuracy", \.accuracy)
  }

  private static func values(
    _ result: GeneratorBenchmarkResult, _ name: String
  ) throws(BenchmarkRun.Problem) -> Values {
    guard let implicit = result.tiers[.implicit] else {
      throw BenchmarkRun.Problem(job: name, reason: "it has no implicit prompts, which are what is ranked")
    }
    if let missing = result.missing?.first(where: { $0.value > 0 }) {
      throw BenchmarkRun.Problem(
        job: name, reason: "\(missing.value) tuples have no \(missing.key.rawValue) picture")
    }
    var values: Values = [(Column(name: "implicit", kind: .score), implicit.overall.mean)]
    func add(_ name: String, _ kind: Column.Kind, _ value: Double?, of measure: String? = nil) {
      if let value { values.append((Column(name: name, kind: kind, measure: measure), value)) }
    }
    add("standard error", .score, implicit.overall.standardError, of: "implicit")
    add("explicit", .score, result.tiers[.explicit]?.overall.mean)
    add("superficial", .score, result.tiers[.superficial]?.overall.mean)
    add("ND", .score, result.normalisedDifference)
    add("RI", .share, result.comparison?.overall.relativeImprovement)
    add("drawn right", .share, implicit.oracle?.right)
    return values + grouped(implicit.categories, .score, of: "implicit", \.mean)
  }

  private static func values(
    _ result: JudgeBenchmarkResult, _ overall: JudgeBenchmarkResult.Scores
  ) -> Values {
    var values: Values = [(Column(name: "reality", kind: .share), overall.score)]
    if let error = overall.standardError {
      values.append((Column(name: "standard error", kind: .share, measure: "reality"), error))
    }
    if let scene = overall.scene { values.append((Column(name: "scene", kind: .score), scene)) }
    values += [
      (Column(name: "pictures", kind: .count), Double(overall.images)),
      (Column(name: "unparsable", kind: .count), Double(result.usage.unparsable)),
    ]
    return values + grouped(result.categories, .share, of: "reality", \.score)
  }

  private static func values(
    _ result: PairwiseBenchmarkResult, _ overall: PairwiseBenchmarkResult.Preference
  ) -> Values {
    var values: Values = [
      (Column(name: "accuracy", kind: .share), overall.accuracy),
      (Column(name: "95 % from", kind: .share, measure: "accuracy"), overall.low),
      (Column(name: "95 % to", kind: .share, measure: "accuracy"), overall.high),
      (Column(name: "tuples", kind: .count), Double(overall.n)),
    ]
    if let agree = overall.consistency { values.append((Column(name: "orders agree", kind: .share), agree)) }
    if let bias = overall.positionBias { values.append((Column(name: "position bias", kind: .share), bias)) }
    values.append((Column(name: "unparsable", kind: .count), Double(result.usage.unparsable)))
    return values + grouped(result.categories, .share, of: "accuracy", \.accuracy)
  }

  private static func grouped<Group>(
    _ groups: [String: Group], _ kind: Column.Kind, of measure: String, _ value: (Group) -> Double
  ) -> Values {
    groups.sorted { $0.key < $1.key }.map {
      (Column(name: $0.key, kind: kind, measure: measure), value($0.value))
    }
  }
}
