import Foundation
import Jobs
import Pages

// What the page of a benchmark job shows.
extension ReportPage {
  func summary(of benchmark: BenchmarkResult) -> String {
    switch benchmark {
    case .evaluator(let result):
      let overall = result.overall
      return """
        \(PageText.percent(overall.accuracy)) right (95 %: \(PageText.percent(overall.low)) to \(PageText.percent(overall.high))), \
        \(overall.correct) of \(PageText.count(overall.n, "tuple"))
        """
    case .generator(let result), .images(let result): return summary(of: result)
    case .judge(let result): return summary(of: result)
    case .pairwise(let result): return summary(of: result)
    }
  }

  func benchmark(_ benchmark: BenchmarkResult) throws(JobFailure) -> String {
    switch benchmark {
    case .evaluator(let result): evaluator(result)
    case .generator(let result): try generator(result, drawnScores, inOutput: true)
    case .images(let result): try generator(result, drawnScores, inOutput: false)
    case .judge(let result): try judge(result)
    case .pairwise(let result): pairwise(result)
    }
  }

  private var drawnScores: [GeneratorBenchmarkResult.Image] {
    pictures.scores(as: GeneratorBenchmarkResult.Image.self)
  }

  private func evaluator(_ result: EvaluatorBenchmarkResult) -> String {
    func bars(_ groups: [String: EvaluatorBenchmarkResult.Accuracy]) -> [BarPlot.Bar] {
      groups.sorted { $0.key < $1.key }.map {
        BarPlot.Bar(
          label: "\($0.key) (\($0.value.n))", value: 100 * $0.value.accuracy, low: 100 * $0.value.low,
          high: 100 * $0.value.high)
      }
    }
    let plots =
      [
        ("category", result.categories), ("law", result.laws), ("orientation", result.orientations),
      ] + result.groups.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    let sections = plots.map { name, groups in
      """
      <section>
      \(BarPlot(title: "Accuracy by \(name), per cent, with 95 % intervals", bars: bars(groups), range: 0...100).svg)
      \(PageText.table(
        [name, "right", "tuples", "accuracy", "95 % interval", "mean margin"],
        groups.sorted { $0.key < $1.key }.map(Self.cells)))
      </section>
      """
    }
    let legend = """
      <p class="note">Right is a tuple whose picture of the right outcome scores higher than that of the tempting wrong one, for
      a prompt that names neither. The margin is the difference of the two scores. Chance is 50 %.</p>
      """
    return ([legend] + sections + [mistakes(of: result)]).joined(separator: "\n")
  }

  private static func cells(_ name: String, _ group: EvaluatorBenchmarkResult.Accuracy) -> [String] {
    [
      name, "\(group.correct)", "\(group.n)", PageText.percent(group.accuracy),
      "\(PageText.percent(group.low)) to \(PageText.percent(group.high))", group.meanMargin.rounded(to: 2),
    ]
  }

  private func mistakes(of result: EvaluatorBenchmarkResult) -> String {
    guard !result.mistakes.isEmpty else { return "<section><h2>No mistakes</h2></section>" }
    return pairs(
      "The worst mistakes", "Left the right picture, right the wrong one that scored as high or higher.",
      result.mistakes.map { row in
        JudgedPair(
          prompt: row.prompt, right: row.explicitImage, wrong: row.superficialImage,
          facts: [
            "\(row.explicitScore.rounded(to: 2)) / \(row.superficialScore.rounded(to: 2))", row.law,
            "row \(row.row)",
          ])
      })
  }

  /// A tuple of a data set and what was said of it.
  struct JudgedPair {
    let prompt, right, wrong: String
    let facts: [String]
  }

  /// Tuples under a heading, the right picture left.
  func pairs(_ title: String, _ note: String, _ rows: [JudgedPair]) -> String {
    let files = rows.flatMap { [$0.right, $0.wrong] }
    let sources = pictures.sources(of: files, inOutput: false)
    let figures = rows.enumerated().map { index, row in
      let pair = [2 * index, 2 * index + 1].map {
        Self.picture(sources[$0], alternative: files[$0], size: "class=\"small\"")
      }
      return """
        <figure><div class="pair">\(pair.joined())</div><figcaption><b>\(row.prompt.escapedForHTML)</b><br>
        \(row.facts.joined(separator: " · ").escapedForHTML)</figcaption></figure>
        """
    }
    return Self.part(
      title, "<p class=\"note\">\(note.escapedForHTML)</p>",
      "<div class=\"row\">\n\(figures.joined(separator: "\n"))\n</div>")
  }
}
