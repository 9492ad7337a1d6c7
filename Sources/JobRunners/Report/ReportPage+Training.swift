import Foundation
import Jobs
import Pages

// What the page of a training job shows.
extension ReportPage {
  func training(_ result: TrainingResult) -> String {
    [facts(of: result), plots(of: result), strip(of: result), table(of: result)].joined(separator: "\n")
  }

  private func facts(of result: TrainingResult) -> String {
    var lines: [String] = []
    if let stopped = result.stoppedBecause { lines.append("Stopped early: \(stopped).") }
    if let best = result.bestStep { lines.append("The result is that of step \(best), the best validation.") }
    if let promoted = result.promoted {
      lines.append(
        promoted ? "It became the model's current adapter." : "It did not become the model's current adapter."
      )
    }
    if let resumed = result.resumedFrom {
      lines.append("This attempt went on from the checkpoint of step \(resumed).")
    }
    return lines.map { "<p>\($0.escapedForHTML)</p>" }.joined(separator: "\n")
  }

  private func plots(of result: TrainingResult) -> String {
    func curve(_ name: String, label: String, spread: String? = nil) -> CurvePlot.Curve {
      let known = rows.filter { $0[name] != nil }
      return CurvePlot.Curve(
        label: label, points: known.map { (Double($0.step), $0[name] ?? .nan) },
        spread: spread.map { spread in known.map { $0[spread] ?? 0 } } ?? [])
    }
    let unit = result.kind == .oft ? "round" : "step"
    let measured = result.validation.filter { $0.meanSciScore != nil }
    let accurate = result.validation.filter { $0.accuracy != nil }
    return [
      CurvePlot(title: "Loss", xLabel: unit, curves: [curve("loss", label: "loss")]),
      CurvePlot(
        title: "Reward of what was sampled, with its spread", xLabel: unit,
        curves: [curve("reward_mean", label: "mean", spread: "reward_std")]),
      CurvePlot(
        title: "Validation: mean SciScore, with its standard error", xLabel: unit,
        curves: [
          .init(
            label: "validation", points: measured.map { (Double($0.step), $0.meanSciScore ?? .nan) },
            spread: measured.map { $0.sciScoreError ?? 0 }, isMarked: true)
        ]),
      CurvePlot(
        title: "Validation: accuracy", xLabel: unit,
        curves: [
          .init(
            label: "accuracy", points: accurate.map { (Double($0.step), $0.accuracy ?? .nan) }, isMarked: true
          )
        ]),
      CurvePlot(
        title: "How far the policy is from its reference", xLabel: unit,
        curves: [curve("velocity_drift", label: "mean |Δv|"), curve("kl", label: "divergence")]),
      CurvePlot(
        title: "What the pictures look like", xLabel: unit,
        curves: [
          curve("brightness", label: "brightness"), curve("contrast", label: "contrast"),
          curve("saturation", label: "saturation"),
        ]),
      CurvePlot(
        title: "Length of the gradient", xLabel: unit, curves: [curve("grad_norm", label: "gradient")]),
      CurvePlot(title: "Learning rate", xLabel: unit, curves: [curve("lr", label: "rate")]),
    ].map(\.svg).filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The validation pictures: a row a prompt, a column a validation.
  private func strip(of result: TrainingResult) -> String {
    let prompts: [PromptRequest] =
      switch job.work {
      case .sft(let sft): sft.request.adapter.validationPrompts
      case .oft(let oft): oft.request.adapter.validationPrompts
      default: []
      }
    guard !prompts.isEmpty, !result.validation.isEmpty else { return "" }
    // Too many validations for a screen: the first, the last, and some between.
    let steps = Self.some(result.validation.map(\.step), atMost: 10)
    let head = steps.map { "<th>\($0)</th>" }.joined()
    let shown = prompts.prefix(AdapterValidation.shown)
    let files = shown.indices.flatMap { index in steps.map { AdapterValidation.file(step: $0, prompt: index) }
    }
    let sources = pictures.sources(of: files, inOutput: true)
    let rows = shown.enumerated().map { index, prompt in
      let cells = steps.indices.map { place in
        let source = sources[index * steps.count + place]
        return "<td>\(Self.picture(source, alternative: prompt.prompt, size: "class=\"small\""))</td>"
      }
      return "<tr><th class=\"prompt\">\(prompt.prompt.escapedForHTML)</th>\(cells.joined())</tr>"
    }
    return """
      <h2>Validation pictures</h2>
      <div class="wide"><table class="strip"><tr><th></th>\(head)</tr>
      \(rows.joined(separator: "\n"))
      </table></div>
      """
  }

  private func table(of result: TrainingResult) -> String {
    guard let last = result.validation.last(where: { $0.step == result.bestStep }) ?? result.validation.last,
      !last.laws.isEmpty
    else { return "" }
    func rows(_ groups: [String: ValidationEntry.Group]) -> String {
      groups.sorted { $0.key < $1.key }.map { name, group in
        let share = group.accuracy.map { String(format: "%.1f %%", 100 * $0) } ?? ""
        let score = group.meanSciScore.map { String(format: "%.2f", $0) } ?? ""
        return
          "<tr><td>\(name.escapedForHTML)</td><td>\(group.count)</td><td>\(share)</td><td>\(score)</td></tr>"
      }.joined(separator: "\n")
    }
    return """
      <h2>Validation after step \(last.step)</h2>
      <div class="wide"><table><tr><th>category, law</th><th>tuples</th><th>accuracy</th><th>mean score</th></tr>
      \(rows(last.categories))
      \(rows(last.laws))
      </table></div>
      """
  }

  /// The first, the last, and evenly some between.
  private static func some(_ steps: [Int], atMost count: Int) -> [Int] {
    guard steps.count > count else { return steps }
    return (0..<count).map { steps[$0 * (steps.count - 1) / (count - 1)] }
  }
}
