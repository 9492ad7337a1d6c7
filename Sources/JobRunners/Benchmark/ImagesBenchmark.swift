import Fingerprints
import Foundation
import Jobs
import Rewards

/// The suite `images`: pictures made elsewhere, measured as those that a model draws here.
struct ImagesBenchmark {
  typealias Result = GeneratorBenchmarkResult
  typealias Tier = GeneratorBenchmarkRequest.Tier

  let shelf: ModelShelf
  let resolver: PathResolver
  let output: OutputFolder
  let context: JobContext
  let clock: StageClock

  struct Plan {
    let job: ImagesBenchmarkRequest
    let cases: BenchmarkCases
    let pictures: [PictureScoring.Picture]
    let scorer: SciScore
    let setup: Result.Setup
    let baseline: BenchmarkBaseline?
    /// Tuples without a picture, for each tier that has some.
    let missing: [Tier: Int]
  }

  /// Checks every row of both folders, every picture's header and the baseline, and loads the scorer.
  ///
  /// - Throws: ``JobFailure`` naming the field and the rows at fault.
  func plan(_ request: ImagesBenchmarkRequest) throws(JobFailure) -> Plan {
    let tiers = try tiersWithWording(request)
    let cases = try BenchmarkCases(
      dataset: request.dataset, tiers: tiers, wording: request.wording, limit: nil,
      oracle: request.oracle != nil, resolver)
    let made = try MadePicture.all(
      in: request.folder, field: "folder", of: .init(cases.all.map { ($0.row, $0.prompts) }),
      resolver: resolver, imageProblem: TrainingFolder.problem(withImage:))
    let missing = try missing(made, cases, request)
    let rewardPath = try resolver.resolveModel(request.reward.model, field: "reward.model")
    let setup = Result.Setup(
      tuples: cases.all.count, prompts: cases.digest, wording: request.wording, reward: request.reward.model,
      rewardState: SHA256.hexDigest(of: Data(FolderIdentity(of: rewardPath).description.utf8)))
    let baseline = try request.baseline.map { name throws(JobFailure) in
      try BenchmarkBaseline(name, resolver)
    }
    try baseline?.check(against: setup, needsVerdicts: request.oracle != nil)
    if baseline != nil && missing[.implicit] == nil {
      throw JobFailure(
        .conflict, "\(request.folder) has no pictures of implicit prompts, which are what is compared",
        hint: "Leave baseline out, or add such pictures.", field: "baseline")
    }
    let loan = try JobFailure.of("reward.model") {
      try shelf.model(SciScore.self, at: rewardPath) { try SciScore(folder: $0) }
    }
    clock.used(loan)
    let places = Dictionary(uniqueKeysWithValues: cases.all.enumerated().map { ($0.element.row, $0.offset) })
    let folder = request.folder.hasSuffix("/") ? String(request.folder.dropLast()) : request.folder
    let pictures = made.compactMap { picture in
      places[picture.row].map {
        PictureScoring.Picture(
          tier: picture.tier, place: $0, seed: picture.seed,
          prompt: cases.all[$0].prompts[picture.tier] ?? "",
          file: "\(folder)/\(picture.file)", path: picture.path)
      }
    }
    return Plan(
      job: request, cases: cases, pictures: pictures, scorer: loan.model, setup: setup, baseline: baseline,
      missing: missing)
  }

  func run(_ plan: Plan) throws(JobFailure) -> Result {
    let scoring = PictureScoring(scorer: plan.scorer, context: context, clock: clock)
    let images = try scoring.images(plan.pictures, of: plan.cases)
    var lines = Data()
    for image in images { lines += try JobJSON.line(image) }
    context.artifact(try output.write(lines, to: "scores.jsonl"))
    let summary = GeneratorSummary(images: images)
    let comparison = try plan.baseline.map { baseline throws(JobFailure) in
      try summary.comparison(with: baseline)
    }
    return Result(
      model: plan.job.model, setup: plan.setup, tiers: summary.tiers,
      normalisedDifference: plan.missing.values.allSatisfy { $0 == 0 } ? summary.normalisedDifference : nil,
      comparison: comparison, missing: plan.missing)
  }

  /// The tiers that have the wording in every row; a picture of another tier is reported with its row.
  private func tiersWithWording(_ request: ImagesBenchmarkRequest) throws(JobFailure) -> [Tier] {
    let dataset = try TrainingDataset(
      folder: request.dataset, field: "dataset", resolver: resolver, readsImages: false)
    return Tier.allCases.filter { tier in
      tier == .implicit || dataset.tuples.allSatisfy { request.wording < $0.prompts(tier.field).count }
    }
  }

  /// - Throws: ``JobFailure`` when the job is strict and tuples are without a picture.
  private func missing(
    _ made: [MadePicture], _ cases: BenchmarkCases, _ request: ImagesBenchmarkRequest
  ) throws(JobFailure) -> [Tier: Int] {
    let rows = Dictionary(grouping: made, by: \.tier).mapValues { Set($0.map(\.row)) }
    for tier in request.isStrict ? Tier.allCases : [] {
      guard let there = rows[tier], let first = cases.all.first(where: { !there.contains($0.row) }) else {
        continue
      }
      throw JobFailure(
        .badInput,
        "\(request.folder) has no \(tier.rawValue) picture for \(cases.all.count - there.count) of \(cases.all.count) tuples, the first being row \(first.row): \((first.prompts[tier] ?? "").quotedForMessage())",
        hint: "Add them, or leave strict out.", field: "folder")
    }
    return rows.mapValues { cases.all.count - $0.count }
  }
}
