import Fingerprints
import Foundation
import Jobs
import Rewards

extension GeneratorBenchmark {
  /// Checks every row and the baseline, and loads the models, before the first picture.
  ///
  /// - Throws: ``JobFailure`` naming the field at fault.
  func plan(_ request: GeneratorBenchmarkRequest) throws(JobFailure) -> Plan {
    let cases = try BenchmarkCases(
      dataset: request.dataset, tiers: request.tiers, wording: request.wording, limit: request.limit,
      oracle: request.oracle != nil, resolver)
    let modelPath = try resolver.resolveModel(request.model, field: "model")
    let adapterPath = try request.adapter.map { adapter throws(JobFailure) in
      try resolver.resolveAdapter(adapter.source, model: request.model, field: "adapter")
    }
    let rewardPath = try resolver.resolveModel(request.reward.model, field: "reward.model")
    let baseline = try request.baseline.map { name throws(JobFailure) in
      try BenchmarkBaseline(name, resolver)
    }
    let loan = try JobFailure.of("reward.model") {
      try shelf.model(SciScore.self, at: rewardPath) { try SciScore(folder: $0) }
    }
    clock.used(loan)
    let drawing = try drawingPlan(request, cases.all)
    var job = request
    (job.height, job.width) = (drawing.job.height, drawing.job.width)
    job.maxSequenceLength = drawing.job.maxSequenceLength
    let setup = Result.Setup(
      tuples: cases.all.count, prompts: cases.digest, wording: job.wording,
      imagesPerPrompt: job.imagesPerPrompt, seed: job.seed, height: drawing.job.height,
      width: drawing.job.width, reward: job.reward.model,
      rewardState: SHA256.hexDigest(of: Data(FolderIdentity(of: rewardPath).description.utf8)))
    try baseline?.check(against: setup, needsVerdicts: job.oracle != nil)
    let adapter = adapterPath.map { FolderIdentity(of: $0).description } ?? ""
    return Plan(
      job: job, cases: cases, drawing: drawing, scorer: loan.model, setup: setup, baseline: baseline,
      identity: "\(FolderIdentity(of: modelPath).description)\n\(adapter)\n\(request.adapter?.scale ?? 1)")
  }

  /// The drawing as a generate job, which checks sizes, seeds and the number of images.
  private func drawingPlan(
    _ request: GeneratorBenchmarkRequest, _ cases: [BenchmarkCases.Case]
  ) throws(JobFailure) -> GenerateRunner.Plan {
    let prompts = try request.tiers.flatMap { tier in
      cases.enumerated().map { place, item in
        (tier: tier, place: place, text: item.prompts[tier] ?? "")
      }
    }.map { prompt throws(JobFailure) in
      let (offset, isLarge) = prompt.place.multipliedReportingOverflow(by: request.imagesPerPrompt)
      let (seed, overflows) = request.seed.addingReportingOverflow(offset)
      guard !isLarge, !overflows else {
        throw JobFailure(
          .outOfRange, "the seeds exceed 2^63−1", hint: "Choose a smaller seed.", field: "seed")
      }
      return PromptRequest(prompt.text, seed: seed)
    }
    var generate = GenerateRequest(model: request.model, prompts: .inline(prompts))
    generate.adapter = request.adapter
    (generate.height, generate.width) = (request.height, request.width)
    generate.imagesPerPrompt = request.imagesPerPrompt
    (generate.inferenceSteps, generate.guidanceScale) = (request.inferenceSteps, request.guidanceScale)
    (generate.maxSequenceLength, generate.seed) = (request.maxSequenceLength, request.seed)
    let runner = GenerateRunner(
      shelf: shelf, resolver: resolver, output: output, context: context, clock: clock, version: version)
    return try runner.plan(generate)
  }
}
