import Foundation
import Jobs
import Pages

// What the page of a generator benchmark shows.
extension ReportPage {
  private typealias Tier = GeneratorBenchmarkRequest.Tier

  func summary(of result: GeneratorBenchmarkResult) -> String {
    let means = Tier.allCases.compactMap { tier in
      result.tiers[tier].map { "\(tier.rawValue) \($0.overall.mean.rounded(to: 2))" }
    }
    let nd = result.normalisedDifference.map { ["ND \($0.rounded(to: 3))"] } ?? []
    return (means + nd).joined(separator: " · ") + " for \(PageText.count(result.setup.tuples, "tuple"))"
  }

  /// - Parameter inOutput: Whether the pictures lie in the job's output folder, not where the job found them.
  func generator(
    _ result: GeneratorBenchmarkResult, _ images: [GeneratorBenchmarkResult.Image], inOutput: Bool
  ) throws(JobFailure) -> String {
    let tiers = Tier.allCases.compactMap { tier in result.tiers[tier].map { (tier, $0) } }
    let sections = tiers.map { tier, summary in
      let bars = summary.laws.sorted { $0.key < $1.key }.map { name, mean in
        let half = 1.96 * (mean.standardError ?? 0)
        return BarPlot.Bar(
          label: "\(name) (\(mean.n))", value: mean.mean, low: mean.mean - half, high: mean.mean + half)
      }
      return """
        <section>
        <h2>\(tier.rawValue.capitalized) prompts <span class="mean">mean \(Self.text(summary.overall))</span></h2>
        \(BarPlot(title: "Mean score by law, with 95 % intervals", bars: bars).svg)
        \(PageText.table(["", "prompts", "mean score", "drawn right", "drawn wrong"], Self.rows(of: summary)))
        </section>
        """
    }
    let parts = [Self.legend, Self.missing(result), result.comparison.map(comparison) ?? ""] + sections
    // Pictures made elsewhere share no noise with the baseline's: side by side they would mislead.
    let pairs = inOutput ? beforeAndAfter(result, images) : ""
    let gallery = try gallery(images, inOutput: inOutput)
    return (parts + [pairs, gallery]).joined(separator: "\n")
  }

  private static func rows(of summary: GeneratorBenchmarkResult.TierSummary) -> [[String]] {
    func row(
      _ name: String, _ mean: GeneratorBenchmarkResult.Mean, _ rates: GeneratorBenchmarkResult.OracleRates?
    ) -> [String] {
      [
        name, "\(mean.n)", text(mean),
        rates.map { "\(PageText.percent($0.right)) ± \((100 * $0.standardError).rounded(to: 2))" } ?? "",
        rates.map { PageText.percent($0.wrong) } ?? "",
      ]
    }
    return [row("all", summary.overall, summary.oracle)]
      + summary.categories.sorted { $0.key < $1.key }.map { row($0.key, $0.value, nil) }
      + summary.laws.sorted { $0.key < $1.key }.map { row($0.key, $0.value, summary.oracleLaws?[$0.key]) }
  }

  private static func text(_ mean: GeneratorBenchmarkResult.Mean) -> String {
    mean.mean.rounded(to: 2) + (mean.standardError.map { " ± \($0.rounded(to: 2))" } ?? "")
  }

  private func comparison(_ comparison: BenchmarkComparison) -> String {
    func row(_ name: String, _ gain: BenchmarkComparison.Gain, _ change: BenchmarkComparison.OracleChange?)
      -> [String]
    {
      func interval(_ low: Double?, _ high: Double?, _ factor: Double, _ digits: Int) -> String {
        guard let low, let high else { return "" }
        return "\((factor * low).rounded(to: digits)) to \((factor * high).rounded(to: digits))"
      }
      return [
        name, "\(gain.n)", gain.gain.rounded(to: 2), interval(gain.low, gain.high, 1, 2),
        gain.pValue.map { $0.rounded(to: 4) } ?? "", gain.relativeImprovement.map(PageText.percent) ?? "",
        interval(gain.relativeLow, gain.relativeHigh, 100, 1),
        change.map {
          PageText.percent($0.difference) + ($0.standardError.map { " ± \((100 * $0).rounded(to: 2))" } ?? "")
        } ?? "",
      ]
    }
    let rows =
      [row("all", comparison.overall, comparison.oracle)]
      + comparison.categories.sorted { $0.key < $1.key }.map { row($0.key, $0.value, nil) }
      + comparison.laws.sorted { $0.key < $1.key }.map {
        row($0.key, $0.value, comparison.oracleLaws?[$0.key])
      }
    return """
      <section>
      <h2>Against \(comparison.baseline.escapedForHTML), implicit prompts</h2>
      \(PageText.table(["", "prompts", "gain", "95 %", "p", "RI", "RI 95 %", "newly right less no longer"], rows))
      </section>
      """
  }

  /// The first prompts, drawn from the same noise by the baseline and by this model.
  private func beforeAndAfter(
    _ result: GeneratorBenchmarkResult, _ images: [GeneratorBenchmarkResult.Image]
  ) -> String {
    guard let comparison = result.comparison else { return "" }
    let own = images.filter { $0.tier == .implicit }
    let shown = stride(from: 0, to: own.count, by: result.setup.imagesPerPrompt ?? 1).prefix(24).map {
      own[$0]
    }
    let after = pictures.sources(of: shown.map(\.file), inOutput: true, isReduced: true)
    let before = pictures.sources(of: shown.map { "\(comparison.baseline)/\($0.file)" }, inOutput: false)
    let figures = shown.indices.map { index in
      let image = shown[index]
      return """
        <figure><div class="slider">\(Self.picture(after[index], alternative: image.prompt, size: "class=\"small\""))
        <div>\(Self.picture(before[index], alternative: image.prompt, size: "class=\"small\""))</div></div>
        <input class="cut" type="range" min="0" max="100" value="50" aria-label="before and after: \(image.prompt.escapedForHTML)">
        <figcaption><b>\(image.prompt.escapedForHTML)</b> · \(image.law.escapedForHTML)\(Self.seed(of: image))</figcaption></figure>
        """
    }
    return """
      <section>
      <h2>Before and after, from the same seeds</h2>
      <p class="note">Left of the slider the baseline, right of it this model.</p>
      <div class="row">
      \(figures.joined(separator: "\n"))
      </div>
      </section>
      """
  }

  /// For readers who have not seen such a page before.
  private static let legend = """
    <p class="note">An implicit prompt needs science to be read (an unripe apple), an explicit one says the right outcome (a
    green apple), a superficial one the tempting wrong outcome (a red apple). Every picture is scored against the implicit
    prompt of its tuple: higher is better. ND = (implicit − superficial)/(explicit − superficial); RI is the share of a
    baseline's way from implicit to explicit prompts that was covered. Drawn right and wrong are an oracle's words, where
    there is one.</p>
    """

  /// Which tuples have no picture.
  private static func missing(_ result: GeneratorBenchmarkResult) -> String {
    let texts = Tier.allCases.compactMap { tier in
      (result.missing?[tier]).flatMap { count in
        count > 0 ? "\(PageText.count(count, "tuple")) without \(tier.rawValue) pictures" : nil
      }
    }
    return texts.isEmpty
      ? ""
      : "<p>Not complete: \(texts.joined(separator: ", ")). Means are over the prompts that have pictures.</p>"
  }

  private static func seed(of image: GeneratorBenchmarkResult.Image) -> String {
    image.seed.map { " · seed \($0)" } ?? ""
  }
}
