import Foundation
import Jobs
import Pages

/// A job's `report.html`: one static page that needs no network, readable on a phone, light or dark as the reader's device is.
struct ReportPage {
  let result: JobResult
  let job: ResolvedJob
  /// Of a training job.
  var rows: [MetricsFile.Row] = []
  let pictures: ReportPictures

  var html: String {
    Page(
      title: result.name, kind: "\(result.outcome.kind.rawValue) · scispool \(result.version)",
      summary: summary,
      main: sections, footer: "\(facts)\n<h2>The job</h2>\n<pre>\(jobText.escapedForHTML)</pre>"
    ).html
  }

  private var summary: String {
    let seconds = PageText.duration(result.timings.total)
    switch result.outcome {
    case .generate(let generated):
      let prompts = Set(generated.images.map(\.prompt)).count
      let count = PageText.count(generated.images.count, "image")
      return "\(count) for \(PageText.count(prompts, "prompt")) in \(seconds)"
    case .score(let scored):
      let images = scored.items.reduce(0) { $0 + $1.images.count }
      return
        "\(PageText.count(images, "image")) scored for \(PageText.count(scored.items.count, "prompt")) in \(seconds)"
    case .training(let trained):
      return
        "\(PageText.count(trained.steps, trained.kind == .oft ? "round" : "step")) of training in \(PageText.duration(trained.seconds))"
    case .benchmark(let benchmark): return summary(of: benchmark)
    case .dataset(let dataset): return summary(of: dataset)
    }
  }

  private var sections: String {
    switch result.outcome {
    case .generate(let generated): drawn(generated)
    case .score(let scored): scores(scored)
    case .training(let result): training(result)
    case .benchmark(let result): benchmark(result)
    case .dataset(let result): dataset(result)
    }
  }

  // MARK: Drawn images

  private func drawn(_ generated: GenerateResult) -> String {
    let sources = pictures.sources(of: generated.images.map(\.file), inOutput: true)
    var groups: [[(image: GeneratedImage, source: String?)]] = []
    for (image, source) in zip(generated.images, sources) {
      if let last = groups.last?.last, last.image.prompt == image.prompt {
        groups[groups.count - 1].append((image, source))
      } else {
        groups.append([(image, source)])
      }
    }
    return groups.map { group in
      let figures = group.map { figure($0.image, source: $0.source) }.joined(separator: "\n")
      return section(
        title: group[0].image.prompt, mean: Self.mean(group.compactMap(\.image.score)),
        note: group[0].image.negativePrompt.map { "without: \($0)" }, figures: figures)
    }.joined(separator: "\n")
  }

  private func figure(_ image: GeneratedImage, source: String?) -> String {
    var words: [String] = []
    if let score = image.score { words.append("<b>\(score.rounded(to: 2))</b>") }
    if let seed = image.seed { words.append("seed \(seed)") }
    words.append(PageText.duration(image.seconds))
    let link = image.file.escapedForHTML
    // Enlarged pixels stay visible as pixels; larger pictures are shown reduced, and smoothly.
    let kind = max(image.width, image.height) <= 256 ? " class=\"small\"" : ""
    let picture = Self.picture(
      source, alternative: image.prompt, size: "width=\"\(image.width)\" height=\"\(image.height)\"\(kind)")
    return """
      <figure><a href="\(link)">\(picture)</a><figcaption>\(words.joined(separator: " · "))</figcaption></figure>
      """
  }

  // MARK: Scored images

  private func scores(_ scored: ScoreResult) -> String {
    let sources = pictures.sources(of: scored.items.flatMap { $0.images.map(\.file) }, inOutput: false)
    var next = sources.makeIterator()
    return scored.items.map { item in
      let figures = item.images.map { image in
        let name = (image.file as NSString).lastPathComponent.escapedForHTML
        let picture = Self.picture(next.next() ?? nil, alternative: image.file, size: "")
        let percent = (100 * image.probability).rounded(to: 1)
        return """
          <figure>\(picture)<figcaption><b>\(image.score.rounded(to: 2))</b> · \(percent) % · \(name)</figcaption></figure>
          """
      }
      return section(title: item.prompt, mean: nil, note: nil, figures: figures.joined(separator: "\n"))
    }.joined(separator: "\n")
  }

  // MARK: Parts

  private func section(title: String, mean: Double?, note: String?, figures: String) -> String {
    let title = title.isEmpty ? "(empty prompt)" : title
    let score = mean.map { "<span class=\"mean\">mean \($0.rounded(to: 2))</span>" } ?? ""
    let note = note.map { "<p class=\"note\">\($0.escapedForHTML)</p>" } ?? ""
    return """
      <section>
      <h2>\(title.escapedForHTML) \(score)</h2>\(note)
      <div class="row">
      \(figures)
      </div>
      </section>
      """
  }

  static func picture(_ source: String?, alternative: String, size: String) -> String {
    guard let source else { return "<span class=\"missing\">\(alternative.escapedForHTML)</span>" }
    return
      "<img loading=\"lazy\" \(size) src=\"\(source.escapedForHTML)\" alt=\"\(alternative.escapedForHTML)\">"
  }

  private var facts: String {
    var rows = [
      ("finished", result.finished.formatted(.iso8601)), ("attempt", "\(result.attempt)"),
      ("total", PageText.duration(result.timings.total)),
    ]
    rows += result.timings.stages.sorted { $0.value > $1.value }.map { ($0.key, PageText.duration($0.value)) }
    rows += result.timings.models.map {
      ($0.path, $0.resident ? "resident" : "loaded in \(PageText.duration($0.loadSeconds))")
    }
    let cells = rows.map { "<tr><th>\($0.0.escapedForHTML)</th><td>\($0.1.escapedForHTML)</td></tr>" }
    return "<h2>Timings</h2>\n<table>\n\(cells.joined(separator: "\n"))\n</table>"
  }

  /// The job as `job.json` says it; a very long list of prompts is left to that file.
  private var jobText: String {
    let text = (try? JobJSON.file(job)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return text.count > 20_000 ? "\(text.prefix(20_000))\n… the rest is in job.json" : text
  }

  private static func mean(_ values: [Double]) -> Double? {
    values.count > 1 ? values.reduce(0, +) / Double(values.count) : nil
  }
}
