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

  /// The page; makes the thumbnails that it shows.
  ///
  /// - Throws: ``JobFailure`` `cancelled`.
  var html: String {
    get throws(JobFailure) {
      try Page(
        title: result.name, kind: "\(result.outcome.kind.rawValue) · scispool \(result.version)",
        summary: summary,
        main: sections, footer: "\(facts)\n<h2>The job</h2>\n<pre>\(jobText.escapedForHTML)</pre>",
        script: script
      ).html
    }
  }

  /// What works on the elements that this kind of page may have.
  private var script: String {
    switch result.outcome {
    case .generate, .score: [PageScript.galleries, PageScript.sortableTables].joined(separator: "\n")
    case .benchmark(.generator), .benchmark(.images):
      [PageScript.galleries, PageScript.sliders].joined(separator: "\n")
    case .benchmark(.judge): PageScript.galleries
    default: ""
    }
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
    get throws(JobFailure) {
      switch result.outcome {
      case .generate(let generated): try drawn(generated)
      case .score(let scored): try scores(scored)
      case .training(let result): training(result)
      case .benchmark(let result): try benchmark(result)
      case .dataset(let result): dataset(result)
      }
    }
  }

  // MARK: Parts

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
}
