import Foundation
import Jobs
import Pages

// Pages of pictures: those of generate and score jobs, and the gallery that benchmarks have, too.
extension ReportPage {
  func drawn(_ generated: GenerateResult) throws(JobFailure) -> String {
    let sources = try pictures.forGallery(generated.images.map(\.file), inOutput: true)
    let shown = zip(generated.images, sources).map { image, source in
      var picture = Gallery.Picture(prompt: image.prompt)
      (picture.file, picture.small) = (source.file, source.small)
      (picture.width, picture.height) = (image.width, image.height)
      (picture.negativePrompt, picture.object) = (image.negativePrompt, image.object)
      (picture.score, picture.seed) = (image.score, image.seed.map(String.init))
      picture.note = "drawn in \(PageText.duration(image.seconds))"
      return picture
    }
    let job: ResolvedGenerate? = if case .generate(let job) = job.work { job } else { nil }
    return prompts(of: generated)
      + Gallery(title: "Pictures", pictures: shown, job: job.flatMap(Self.template)).html
  }

  /// Beyond this many a table of prompts says nothing that the gallery's search does not.
  private static let promptLimit = 500

  /// How well each prompt was drawn.
  private func prompts(of generated: GenerateResult) -> String {
    var order: [String] = []
    var scores: [String: [Double]] = [:]
    for image in generated.images {
      guard let score = image.score else { continue }
      if scores[image.prompt] == nil { order.append(image.prompt) }
      scores[image.prompt, default: []].append(score)
    }
    guard (1...Self.promptLimit).contains(order.count), generated.images.count > 1 else { return "" }
    let rows = order.map { prompt -> [SortableTable.Cell] in
      let all = scores[prompt] ?? []
      let mean = all.reduce(0, +) / Double(max(1, all.count))
      let (worst, best) = (all.min() ?? 0, all.max() ?? 0)
      return [
        .text(prompt.isEmpty ? "(empty prompt)" : prompt), .number(Double(all.count), "\(all.count)"),
      ] + [mean, worst, best].map { .number($0, $0.rounded(to: 2)) }
    }
    let heads =
      [SortableTable.Head("prompt")]
      + ["pictures", "mean score", "worst", "best"].map { SortableTable.Head($0, isNumber: true) }
    return Self.part("Prompts", SortableTable(caption: "Scores by prompt", heads: heads, rows: rows).html)
  }

  func scores(_ scored: ScoreResult) throws(JobFailure) -> String {
    let images = scored.items.flatMap { item in item.images.map { (prompt: item.prompt, image: $0) } }
    let sources = try pictures.forGallery(images.map(\.image.file), inOutput: false)
    let shown = zip(images, sources).map { item, source in
      var picture = Gallery.Picture(prompt: item.prompt)
      (picture.file, picture.small, picture.score) = (source.file, source.small, item.image.score)
      let name = (item.image.file as NSString).lastPathComponent
      picture.note = "\((100 * item.image.probability).rounded(to: 1)) % · \(name)"
      return picture
    }
    return Gallery(title: "Pictures", pictures: shown).html
  }

  /// All pictures of a benchmark, the best first.
  func gallery(_ images: [GeneratorBenchmarkResult.Image], inOutput: Bool) throws(JobFailure) -> String {
    let sources = try pictures.forGallery(images.map(\.file), inOutput: inOutput)
    let shown = zip(images, sources).map { image, source in
      var picture = Gallery.Picture(prompt: image.prompt)
      (picture.file, picture.small, picture.score) = (source.file, source.small, image.score)
      (picture.seed, picture.verdict) = (image.seed.map(String.init), image.verdict.map(Self.words))
      (picture.tier, picture.category, picture.law) = (image.tier.rawValue, image.category, image.law)
      return picture
    }
    return Gallery(title: "Pictures", pictures: shown, job: inOutput ? drawingTemplate : nil, isByScore: true)
      .html
  }

  /// The oracle's verdict for people who do not know its names.
  private static func words(_ verdict: String) -> String {
    switch verdict {
    case "explicit": "drawn right"
    case "superficial": "drawn wrong"
    default: verdict
    }
  }

  /// The job that draws a picture of a generator benchmark.
  private var drawingTemplate: String? {
    guard case .benchmark(.generator(let request)) = job.work, let height = request.height,
      let width = request.width, let length = request.maxSequenceLength
    else { return nil }
    var generate = GenerateRequest(model: request.model, prompts: .inline([]))
    (generate.adapter, generate.inferenceSteps) = (request.adapter, request.inferenceSteps)
    generate.guidanceScale = request.guidanceScale
    let defaults = ResolvedGenerate.Defaults(height: height, width: width, maxSequenceLength: length)
    return (try? ResolvedGenerate(generate, prompts: [], defaults: defaults)).flatMap(Self.template)
  }

  /// A job like this one without prompts, for the page to fill in one; nil for a job that starts from latents of its own.
  private static func template(_ job: ResolvedGenerate) -> String? {
    guard job.latents == nil else { return nil }
    var job = job
    (job.prompts, job.imagesPerPrompt, job.seed) = ([], 1, 0)
    let content = try? JobJSON.file(ResolvedJob(options: JobOptions(), work: .generate(job)))
    return content.map { String(decoding: $0, as: UTF8.self) }
  }
}
