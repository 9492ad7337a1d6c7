import Evaluation
import Fingerprints
import Foundation
import Jobs
import Judging

/// The suite `judge`: a language model grades pictures by the rubrics of their prompts.
struct JudgeBenchmark {
  typealias Result = JudgeBenchmarkResult

  let resolver: PathResolver
  let output: OutputFolder
  let context: JobContext
  let clock: StageClock
  let spoolRoot: String
  let environment: [String: String]

  struct Plan {
    let job: JudgeBenchmarkRequest
    let pictures: [RubricPicture]
    /// One a picture; equal pictures with equal texts share the key.
    let questions: [JudgeQuestion]
    let source: JudgeAsking.Source
  }

  /// Reads every row and every picture, and finds key or batch answers.
  func plan(_ request: JudgeBenchmarkRequest) throws(JobFailure) -> Plan {
    let pictures = try RubricPicture.all(
      in: request.folder, field: "folder", limit: request.limit, resolver: resolver,
      imageProblem: TrainingFolder.problem(withImage:))
    let settings = JudgeQuestion.Settings(request.judge)
    var questions: [JudgeQuestion] = []
    for picture in pictures {
      try context.checkCancellation()
      let image = try JudgedImage.named(picture.path, field: "folder")
      questions.append(
        JudgeQuestion(
          .rubric(image: image, prompt: picture.prompt, scene: picture.scene, reality: picture.reality),
          settings))
    }
    return Plan(
      job: request, pictures: pictures, questions: questions, source: try asking(request.judge).source())
  }

  private func asking(_ request: JudgeEndpointRequest) -> JudgeAsking {
    JudgeAsking(
      request: request, resolver: resolver, output: output, context: context, clock: clock,
      cache: JudgeCache(path: "\(spoolRoot)/cache/judge"), environment: environment)
  }

  func run(_ plan: Plan) throws(JobFailure) -> Result {
    let distinct = plan.questions.distinct
    var answers = try asking(plan.job.judge).answers(distinct, from: plan.source)
    let readings = answers.read(distinct) { reply throws(Unparsable) in try RubricVerdict(reply) }
    let rows = zip(plan.pictures, plan.questions).map { Self.row($0, $1, readings[$1.key]) }
    var lines = Data()
    for row in rows { lines += try JobJSON.line(row) }
    context.artifact(try output.write(lines, to: "scores.jsonl"))
    let items = zip(plan.pictures, rows).map(Graded.init)
    return Result(
      model: plan.job.judge.model, folder: plan.job.folder, mode: plan.job.judge.mode,
      protocolVersion: JudgeQuestion.protocolVersion, prompts: Self.digest(plan.pictures),
      usage: answers.usage, overall: Self.scores(items),
      categories: Self.scores(items) { $0.row.category }, laws: Self.scores(items) { $0.row.law },
      contradictions: rows.count(where: \.contradictsItself))
  }

  /// Equal for folders with pictures for the same prompts by the same rubrics, whatever their order and number.
  private static func digest(_ pictures: [RubricPicture]) -> String {
    let texts = Set(pictures.map { [$0.prompt, $0.scene, $0.reality].joined(separator: "\u{0}") }).sorted()
    return SHA256.hexDigest(of: Data(texts.joined(separator: "\u{0}\u{0}").utf8))
  }

  private static func row(
    _ picture: RubricPicture, _ question: JudgeQuestion, _ reading: JudgeAnswers.Reading<RubricVerdict>?
  ) -> Result.Row {
    var row = Result.Row(
      row: picture.row, file: picture.file, prompt: picture.prompt, category: picture.category,
      law: picture.law,
      question: question.key, scene: nil, reality: nil, contradictsItself: false, problem: nil)
    switch reading {
    case .value(let verdict):
      (row.scene, row.reality) = (verdict.scene, verdict.reality)
      row.contradictsItself = verdict.contradictsItself
    case .problem(let problem): row.problem = problem
    case nil: row.problem = "there is no answer yet"
    }
    return row
  }

  private struct Graded {
    let row: Result.Row
    /// The prompt with its rubrics: pictures that share them are one observation.
    let prompt: [String]

    init(_ picture: RubricPicture, _ row: Result.Row) {
      (self.row, prompt) = (row, [picture.prompt, picture.scene, picture.reality])
    }
  }

  private static func scores(_ items: [Graded], by name: (Graded) -> String?) -> [String: Result.Scores] {
    var groups: [String: [Graded]] = [:]
    for item in items {
      if let name = name(item) { groups[name, default: []].append(item) }
    }
    return groups.compactMapValues(scores)
  }

  /// Nil when no picture has a score.
  private static func scores(_ items: [Graded]) -> Result.Scores? {
    var (order, prompts): ([[String]], [[String]: [Result.Row]]) = ([], [:])
    for item in items where item.row.reality != nil {
      if prompts[item.prompt] == nil { order.append(item.prompt) }
      prompts[item.prompt, default: []].append(item.row)
    }
    let groups = order.compactMap { prompts[$0] }
    func mean(_ values: [Double]) -> Double? { MeanEstimate(values)?.mean }
    let scores = groups.compactMap { mean($0.compactMap(\.reality).map { $0 / RubricVerdict.fullReality }) }
    guard let estimate = MeanEstimate(scores) else { return nil }
    return Result.Scores(
      score: estimate.mean, standardError: estimate.standardError,
      scene: mean(groups.compactMap { mean($0.compactMap(\.scene)) }), prompts: estimate.n,
      images: groups.reduce(0) { $0 + $1.count })
  }
}

extension JudgeQuestion.Settings {
  init(_ request: JudgeEndpointRequest) {
    self.init(model: request.model, temperature: request.temperature, maxTokens: request.maxTokens)
  }
}

extension JudgedImage {
  static func named(_ path: String, field: String) throws(JobFailure) -> JudgedImage {
    do throws(JudgedImage.Fault) { return try JudgedImage(path: path) } catch {
      throw JobFailure(.badInput, error.problem, field: field)
    }
  }
}

extension [JudgeQuestion] {
  /// Each question once, in the order of the first ones.
  var distinct: [JudgeQuestion] {
    var known: Set<String> = []
    return filter { known.insert($0.key).inserted }
  }
}
