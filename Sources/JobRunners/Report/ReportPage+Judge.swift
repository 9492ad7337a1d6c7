import Foundation
import Jobs
import Pages

// What the page of a benchmark by a language model shows.
extension ReportPage {
  func summary(of result: JudgeBenchmarkResult) -> String {
    guard let overall = result.overall else { return Self.pending(result.usage) }
    let error = overall.standardError.map { " ± \((100 * $0).rounded(to: 2))" } ?? ""
    return """
      reality score \((100 * overall.score).rounded(to: 2))\(error) of 100, \(PageText.count(overall.images, "picture")) of \
      \(PageText.count(overall.prompts, "prompt")), judged by \(result.model.escapedForHTML)
      """
  }

  func summary(of result: PairwiseBenchmarkResult) -> String {
    guard let overall = result.overall else { return Self.pending(result.usage) }
    return """
      \(PageText.percent(overall.accuracy)) right (95 %: \(PageText.percent(overall.low)) to \(PageText.percent(overall.high))), \
      \(PageText.count(overall.n, "tuple")), asked of \(result.model.escapedForHTML)
      """
  }

  private static func pending(_ usage: JudgeUsage) -> String {
    usage.written > 0
      ? "\(PageText.count(usage.written, "question")) written to batch/ for a batch service"
      : "no scored answers"
  }

  func judge(_ result: JudgeBenchmarkResult) throws(JobFailure) -> String {
    let sections = [("category", result.categories), ("law", result.laws)].filter { !$0.1.isEmpty }.map {
      name, groups in
      let sorted = groups.sorted { $0.key < $1.key }
      let bars = sorted.map { name, scores in
        let margin = 1.96 * (scores.standardError ?? 0)
        return BarPlot.Bar(
          label: "\(name) (\(scores.prompts))", value: 100 * scores.score,
          low: max(0, 100 * (scores.score - margin)),
          high: min(100, 100 * (scores.score + margin)))
      }
      let rows = sorted.map { name, scores in
        [
          name, "\(scores.prompts)", "\(scores.images)", (100 * scores.score).rounded(to: 2),
          scores.standardError.map { (100 * $0).rounded(to: 2) } ?? "–",
          scores.scene.map { $0.rounded(to: 2) } ?? "–",
        ]
      }
      return """
        <section>
        \(BarPlot(title: "Reality score by \(name), of 100, ± 1.96 standard errors", bars: bars, range: 0...100).svg)
        \(PageText.table([name, "prompts", "pictures", "reality score", "standard error", "mean scene score"], rows))
        </section>
        """
    }
    let contradictions = ("scene 0 with a reality score, counted as 0", "\(result.contradictions)")
    let gallery = try graded(in: result.folder)
    return (sections + [usage(result.usage, also: [contradictions]), gallery]).joined(separator: "\n")
  }

  /// Every picture with its grades, or the reason why it has none.
  private func graded(in folder: String) throws(JobFailure) -> String {
    let rows = pictures.scores(as: JudgeBenchmarkResult.Row.self)
    let sources = try pictures.forGallery(rows.map { "\(folder)/\($0.file)" }, inOutput: false)
    let shown = zip(rows, sources).map { row, source in
      var picture = Gallery.Picture(prompt: row.prompt)
      (picture.file, picture.small, picture.score) = (source.file, source.small, row.reality)
      (picture.category, picture.law) = (row.category, row.law)
      picture.verdict = row.problem == nil ? row.contradictsItself ? "contradiction" : "graded" : "no score"
      picture.note = row.problem ?? row.scene.map { "scene \($0.rounded(to: 2)) · \(row.file)" } ?? row.file
      return picture
    }
    return Gallery(title: "Pictures, by reality score of 0 to 3", pictures: shown, isByScore: true).html
  }

  func pairwise(_ result: PairwiseBenchmarkResult) -> String {
    let sections = [
      ("category", result.categories), ("law", result.laws), ("orientation", result.orientations),
    ].filter { !$0.1.isEmpty }.map { name, groups in
      let sorted = groups.sorted { $0.key < $1.key }
      let bars = sorted.map {
        BarPlot.Bar(
          label: "\($0.key) (\($0.value.n))", value: 100 * $0.value.accuracy, low: 100 * $0.value.low,
          high: 100 * $0.value.high)
      }
      return """
        <section>
        \(BarPlot(title: "Accuracy by \(name), per cent, with 95 % intervals", bars: bars, range: 0...100).svg)
        \(PageText.table([name] + Self.preferenceHeads, sorted.map { [$0.key] + Self.cells($0.value) }))
        </section>
        """
    }
    let overall = result.overall.map { overall in
      "<section>\n<h2>All tuples</h2>\n\(PageText.table(Self.preferenceHeads, [Self.cells(overall)]))\n</section>"
    }
    let note = """
      <p class="note">All in per cent. Right first and second: accuracy by the place of the right picture. Agree: tuples
      whose two orders name the same picture. Bias: answers "image-1", less 50.</p>
      """
    let parts = [overall, note].compactMap(\.self) + sections + [usage(result.usage, also: []), misjudged()]
    return parts.joined(separator: "\n")
  }

  /// How many tuples the page shows.
  private static let misjudgedLimit = 48

  /// The tuples of which an order was answered wrongly: those wrong in both first.
  private func misjudged() -> String {
    let rows = pictures.scores(as: PairwiseBenchmarkResult.Row.self).filter { row in
      row.orders.contains { $0.isRight == false }
    }
    guard !rows.isEmpty else { return "" }
    let sorted =
      rows.filter { $0.orders.allSatisfy { $0.isRight == false } }
      + rows.filter { !$0.orders.allSatisfy { $0.isRight == false } }
    let shown = rows.count > Self.misjudgedLimit ? " The first \(Self.misjudgedLimit)." : ""
    return pairs(
      "Answered wrongly: \(PageText.count(rows.count, "tuple"))",
      "Left the right picture. Those wrong in both orders come first; wrong in one order only means that the place decided."
        + shown,
      sorted.prefix(Self.misjudgedLimit).map { row in
        let answers = zip(["first", "second"], row.orders).map { place, order in
          "right picture \(place): \(order.isRight.map { $0 ? "found" : "not found" } ?? "no answer")"
        }
        return JudgedPair(
          prompt: row.prompt, right: row.explicitImage, wrong: row.superficialImage,
          facts: answers + [row.law, "row \(row.row)"])
      })
  }

  private static let preferenceHeads = [
    "tuples", "accuracy", "95 % interval", "right first", "right second", "agree", "bias",
  ]

  private static func cells(_ preference: PairwiseBenchmarkResult.Preference) -> [String] {
    func share(_ value: Double?) -> String { value.map { (100 * $0).rounded(to: 1) } ?? "–" }
    return [
      "\(preference.n)", share(preference.accuracy), "\(share(preference.low)) to \(share(preference.high))",
      share(preference.rightFirst), share(preference.rightSecond), share(preference.consistency),
      share(preference.positionBias),
    ]
  }

  private func usage(_ usage: JudgeUsage, also more: [(String, String)]) -> String {
    var rows = [
      ("questions", "\(usage.questions)"), ("asked by this job", "\(usage.asked)"),
      ("from the cache", "\(usage.cached)"),
      ("from batch files", "\(usage.batch)"), ("retries", "\(usage.retries)"),
      ("unparsable answers", "\(usage.unparsable)"),
      ("without an answer", "\(usage.unanswered)"), ("tokens in", "\(usage.promptTokens)"),
      ("tokens out", "\(usage.completionTokens)"),
    ]
    if let cost = usage.cost { rows.append(("cost of all answers", cost.rounded(to: 4))) }
    return """
      <section>
      <h2>Questions and answers</h2>
      <p class="note">Unparsable and missing answers are in no mean. Every reply is in replies.jsonl.</p>
      \(PageText.table(["", ""], (rows + more).map { [$0.0, $0.1] }))
      </section>
      """
  }
}
