import FLUX
import Foundation
import Jobs
import Rewards

/// The suite `generator`: pictures of each tier's prompts, scored against the implicit prompt.
struct GeneratorBenchmark {
  typealias Result = GeneratorBenchmarkResult
  typealias Tier = GeneratorBenchmarkRequest.Tier

  let shelf: ModelShelf
  let resolver: PathResolver
  let output: OutputFolder
  let context: JobContext
  let clock: StageClock
  let spoolRoot: String
  let version: String

  struct Plan {
    let job: GeneratorBenchmarkRequest
    let cases: BenchmarkCases
    let drawing: GenerateRunner.Plan
    let scorer: SciScore
    let setup: Result.Setup
    let baseline: BenchmarkBaseline?
    /// Of model and adapter.
    let identity: String
  }

  /// One picture to draw.
  private struct Planned {
    let tier: Tier
    let place: Int
    let seed: Int
    let file: String
  }

  private static let cacheLimit = 4 << 30

  func run(_ plan: Plan) throws(JobFailure) -> Result {
    let planned = pictures(plan)
    for tier in plan.job.tiers { try output.makeFolder("images/\(tier.rawValue)") }
    let drawn = try draw(planned, plan)
    let scoring = PictureScoring(scorer: plan.scorer, context: context, clock: clock)
    let images = try scoring.images(
      planned.map {
        PictureScoring.Picture(
          tier: $0.tier, place: $0.place, seed: $0.seed,
          prompt: plan.cases.all[$0.place].prompts[$0.tier] ?? "",
          file: $0.file, path: output.url($0.file).path)
      }, of: plan.cases)
    var lines = Data()
    for image in images { lines += try JobJSON.line(image) }
    context.artifact(try output.write(lines, to: "scores.jsonl"))
    let summary = GeneratorSummary(images: images)
    let comparison = try plan.baseline.map { baseline throws(JobFailure) in
      try summary.comparison(with: baseline)
    }
    return Result(
      model: plan.job.model, setup: plan.setup, tiers: summary.tiers,
      normalisedDifference: summary.normalisedDifference, comparison: comparison, drawn: drawn)
  }

  private func pictures(_ plan: Plan) -> [Planned] {
    let count = plan.job.imagesPerPrompt
    return plan.job.tiers.flatMap { tier in
      plan.cases.all.indices.flatMap { place in
        (0..<count).map { k in
          let number = String(repeating: "0", count: max(0, 4 - String(place).count)) + "\(place)"
          return Planned(
            tier: tier, place: place, seed: plan.job.seed + place * count + k,
            file: "images/\(tier.rawValue)/\(number)-\(k).png")
        }
      }
    }
  }

  /// - Returns: How many pictures were drawn, and not taken from the cache or an earlier attempt.
  private func draw(_ planned: [Planned], _ plan: Plan) throws(JobFailure) -> Int {
    let job = plan.drawing.job
    let record = try ImageRecord(in: output, fingerprint: plan.drawing.fingerprint)
    let cache = ImageCache(folder: "\(spoolRoot)/cache/images", limit: Self.cacheLimit)
    let drawing = ImageDrawing(
      model: plan.drawing.drawing, job: job, context: context, clock: clock, spoolRoot: spoolRoot)
    let done = planned.count { record.finished[$0.file] != nil }
    var meter = ProgressMeter(total: planned.count, done: done, clock: clock)
    var (drawn, reused) = (0, 0)
    for picture in planned where record.finished[picture.file] == nil {
      try context.checkCancellation()
      let start = clock.elapsed
      let prompt = plan.cases.all[picture.place].prompts[picture.tier] ?? ""
      var image = GeneratedImage(
        file: picture.file, prompt: prompt, seed: picture.seed, height: job.height, width: job.width,
        sha256: "", seconds: 0)
      let key = ImageCache.key([
        "1", version, job.model, plan.identity, prompt, "\(picture.seed)", "\(job.height)", "\(job.width)",
        "\(job.inferenceSteps)", "\(job.guidanceScale)", "\(job.maxSequenceLength)",
      ])
      let png: Data
      if let known = cache.png(key) {
        (png, reused) = (known, reused + 1)
      } else {
        let pixels = try drawing.picture(of: PromptRequest(prompt), seed: picture.seed, onStep: {})
        png = try pixels.pngData(texts: texts(of: image, job).pngTexts())
        drawn += 1
        cache.keep(png, as: key)
      }
      let artifact = try clock.measure(.write) { () throws(JobFailure) in
        try output.write(png, to: picture.file)
      }
      (image.sha256, image.seconds) = (artifact.sha256, clock.elapsed - start)
      try record.add(image)
      context.artifact(artifact)
      context.progress(meter.advance(.draw))
    }
    context.log(
      LogLine(.info, "drew \(drawn) pictures, \(reused) came from the cache, \(done) from an earlier attempt")
    )
    return drawn
  }

  private func texts(of image: GeneratedImage, _ job: ResolvedGenerate) -> ImageTexts {
    ImageTexts(
      version: version, model: job.model, image: image, steps: job.inferenceSteps,
      guidance: job.guidanceScale, trueCFG: job.trueCFGScale, maxSequenceLength: job.maxSequenceLength,
      sampler: job.sampler)
  }
}
