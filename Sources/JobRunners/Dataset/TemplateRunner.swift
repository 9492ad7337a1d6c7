import Fingerprints
import Foundation
import Images
import Jobs
import Rewards

/// Runs a `dataset` job with the source `template`: draws both outcomes of each case, and makes a page to review them with.
struct TemplateRunner {
  let order: WorkOrder
  let shelf: ModelShelf
  let output: OutputFolder
  let context: JobContext
  let clock: StageClock
  let version: String

  static let candidates = "candidates"

  struct Plan {
    let job: TemplateRequest
    let cases: [TemplateTable.Case]
    let drawing: GenerateRunner.Plan
    let scorer: SciScore?
    let scoresFile: String
  }

  private var resolver: PathResolver { order.folders.resolver }

  /// Reads the table, and loads the models.
  func plan(_ request: TemplateRequest) throws(JobFailure) -> Plan {
    let cases = try cases(of: request)
    var drawing = GenerateRequest(model: request.model, prompts: .inline(Self.prompts(for: cases, request)))
    drawing.imagesPerPrompt = request.candidates
    (drawing.height, drawing.width) = (request.height, request.width)
    (drawing.inferenceSteps, drawing.guidanceScale) = (request.inferenceSteps, request.guidanceScale)
    drawing.seed = request.seed
    let plan = try generator(context).plan(drawing)
    let scorerPath = try request.reward.map { reward throws(JobFailure) in
      try resolver.resolveModel(reward.model, field: "reward.model")
    }
    let scorer = try scorerPath.map { path throws(JobFailure) in
      let loan = try JobFailure.of("reward.model") {
        try shelf.model(SciScore.self, at: path) { try SciScore(folder: $0) }
      }
      clock.used(loan)
      return loan.model
    }
    var job = request
    (job.height, job.width) = (plan.job.height, plan.job.width)
    let digest = SHA256.hexDigest(
      of: Data("\(plan.fingerprint) \(scorerPath.map { FolderIdentity(of: $0).description } ?? "")".utf8))
    return Plan(
      job: job, cases: cases, drawing: plan, scorer: scorer, scoresFile: ".scores-\(digest.prefix(12)).jsonl")
  }

  private func cases(of request: TemplateRequest) throws(JobFailure) -> [TemplateTable.Case] {
    let path = try resolver.resolve(request.templates, as: .file, field: "templates")
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      throw JobFailure(.badInput, "cannot read \(request.templates.quotedForMessage())", field: "templates")
    }
    let table: TemplateTable
    do throws(JobFailure) { table = try TemplateTable(data) } catch {
      throw JobFailure(
        error.code, "\(request.templates): \(error.message)", hint: error.hint, field: "templates",
        problems: error.problems)
    }
    guard let laws = request.laws else { return table.cases }
    let known = Set(table.cases.map(\.law))
    for (index, law) in laws.enumerated() where !known.contains(law) {
      let nearest = NearestName.of(law, in: known.sorted())
      throw JobFailure(
        .outOfRange,
        "the table has no task \(law.quotedForMessage())"
          + (nearest.map { "; did you mean \"\($0)\"?" } ?? ""),
        hint: "It has \(known.sorted().joined(separator: ", ")).", field: "laws[\(index)]")
    }
    return table.cases.filter { laws.contains($0.law) }
  }

  /// Both prompts of a case, drawn from the same noise: the pictures of a pair differ in what is asked for.
  private static func prompts(for cases: [TemplateTable.Case], _ request: TemplateRequest) -> [PromptRequest]
  {
    cases.enumerated().flatMap { index, one in
      let (seed, overflows) = request.seed.addingReportingOverflow(index * request.candidates)
      return [one.explicit[0], one.superficial[0]].map {
        PromptRequest($0, seed: overflows ? Int.max : seed, object: one.object)
      }
    }
  }

  private func generator(_ context: JobContext) -> GenerateRunner {
    GenerateRunner(
      shelf: shelf, resolver: resolver, output: output, context: context, clock: clock, version: version)
  }

  // MARK: Running

  func run(_ plan: Plan) throws(JobFailure) -> TemplateResult {
    // Drawing is not the whole of the job: its progress counts the pictures to score, too.
    let drawSteps = plan.drawing.job.images.count * (plan.drawing.job.inferenceSteps + 1)
    let scoreSteps = plan.scorer == nil ? 0 : plan.cases.count
    var drawing = context
    drawing.progress = { [context] progress in
      var progress = progress
      progress.total += scoreSteps
      context.progress(progress)
    }
    let images = try generator(drawing).run(plan.drawing, keepingRecord: true).images
    let scores = try score(images, plan, after: drawSteps)
    let (rows, below) = pairs(plan, images, scores)
    try clock.measure(.write) { () throws(JobFailure) in
      let sums = try writeCandidates(rows, images, plan)
      let page = ReviewPage(
        of: order.name, output: plan.job.output, candidates: SHA256.hexDigest(of: sums), rows: rows.map(\.row)
      )
      context.artifact(try output.write(Data(try page.html.utf8), to: "review.html"))
    }
    output.remove(plan.scoresFile)
    output.remove(ImageRecord.file)
    return TemplateResult(
      model: plan.job.model, rewardModel: plan.job.reward?.model, decisionsFile: "\(order.name).review.json",
      drawn: images.count,
      pairs: rows.map {
        TemplateResult.Pair(
          name: $0.row.pair, law: $0.row.law, subject: $0.row.subject,
          implicitPrompt: $0.row.implicitPrompt[0],
          explicitScore: $0.row.explicitScore, superficialScore: $0.row.superficialScore)
      },
      belowMargin: below, laws: Dictionary(rows.map { ($0.row.law, 1) }, uniquingKeysWith: +))
  }

  /// The scores of a case's pictures under its implicit prompt: explicit ones first.
  private struct CaseScores: Codable {
    let name: String
    let scores: [Double]
  }

  private func score(
    _ images: [GeneratedImage], _ plan: Plan, after steps: Int
  ) throws(JobFailure) -> [String: [Double]] {
    guard let scorer = plan.scorer else { return [:] }
    let each = 2 * plan.job.candidates
    var known: [String: [Double]] = [:]
    // The last line may be cut where an attempt was killed.
    let content = (try? Data(contentsOf: output.url(plan.scoresFile))) ?? Data()
    for line in content.split(separator: UInt8(ascii: "\n")) {
      if let scored = try? JSONDecoder().decode(CaseScores.self, from: Data(line)),
        scored.scores.count == each
      {
        known[scored.name] = scored.scores
      }
    }
    if !content.isEmpty && content.last != UInt8(ascii: "\n") {
      try output.append(Data("\n".utf8), to: plan.scoresFile)
    }
    for (index, one) in plan.cases.enumerated() {
      if known[one.name] == nil {
        try context.checkCancellation()
        let pictures = images[each * index..<each * (index + 1)]
        let scores = try clock.measure(.score) { () throws(JobFailure) in
          try JobFailure.of("reward.model") {
            try scorer.scores([
              ScoringItem(prompt: one.implicit[0], images: pictures.map { .file(output.url($0.file).path) })
            ])[0].map { Double($0.score) }
          }
        }
        known[one.name] = scores
        try output.append(try JobJSON.line(CaseScores(name: one.name, scores: scores)), to: plan.scoresFile)
      }
      context.progress(
        JobProgress(stage: "score", step: steps + index + 1, total: steps + plan.cases.count))
    }
    return known
  }

  private typealias Candidate = (row: CandidateRow, explicit: GeneratedImage, superficial: GeneratedImage)

  /// The pairs that come to review, the best of each case first.
  private func pairs(
    _ plan: Plan, _ images: [GeneratedImage], _ scores: [String: [Double]]
  ) -> (rows: [Candidate], below: Int) {
    let count = plan.job.candidates
    var (rows, below): ([Candidate], Int) = ([], 0)
    for (index, one) in plan.cases.enumerated() {
      let first = 2 * count * index
      var own: [Candidate] = (0..<count).map { k in
        let (right, wrong) = (images[first + k], images[first + count + k])
        let name = "\(one.name)-\(k)"
        let row = CandidateRow(
          pair: name, implicitPrompt: one.implicit, explicitPrompt: one.explicit,
          superficialPrompt: one.superficial, explicitImage: [name + CandidateRow.explicitSuffix],
          superficialImage: [name + CandidateRow.superficialSuffix], category: one.category, law: one.law,
          object: one.object, subject: one.subject, science: one.science, source: one.source,
          seed: right.seed ?? plan.job.seed, explicitScore: scores[one.name].map { $0[k] },
          superficialScore: scores[one.name].map { $0[count + k] })
        return (row, right, wrong)
      }
      // Stable: equal margins stay in the order they were drawn in.
      own = own.enumerated().sorted {
        ($1.element.row.margin ?? 0, $0.offset) < ($0.element.row.margin ?? 0, $1.offset)
      }.map(\.element)
      let good = own.filter { ($0.row.margin ?? .infinity) >= (plan.job.minMargin ?? -.infinity) }
      below += own.count - good.count
      rows += good.prefix(plan.job.kept)
    }
    return (rows, below)
  }

  /// - Returns: The content of `SHA256SUMS`.
  private func writeCandidates(
    _ rows: [Candidate], _ images: [GeneratedImage], _ plan: Plan
  ) throws(JobFailure) -> Data {
    try output.makeFolder(Self.candidates)
    var (sums, text): ([String: String], Data) = ([:], Data())
    for (row, right, wrong) in rows {
      for (image, name) in [(right, row.explicitImage[0]), (wrong, row.superficialImage[0])] {
        let data: Data
        do { data = try Data(contentsOf: output.url(image.file)) } catch {
          throw JobFailure(.cannotWrite, "cannot read \(image.file) again: \(error.localizedDescription)")
        }
        sums[name] = try output.write(data, to: "\(Self.candidates)/\(name)").sha256
      }
      text += try JobJSON.line(row)
    }
    sums["metadata.jsonl"] = try output.write(text, to: "\(Self.candidates)/metadata.jsonl").sha256
    let lines = sums.sorted { $0.key < $1.key }.map { "\($0.value)  \($0.key)\n" }.joined()
    try output.write(Data(lines.utf8), to: "\(Self.candidates)/\(DatasetLibrary.sums)")
    return Data(lines.utf8)
  }
}
