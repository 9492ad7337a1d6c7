import Jobs
import Pages

// What CLIP becomes as SciScore.
extension Reproduction {
  private typealias Accuracy = EvaluatorBenchmarkResult.Accuracy
  private typealias Split = Plan.Split

  private static let difficulties = ["simple", "complex"]
  private static let orientations = ["subject", "condition"]

  func scorerFindings() throws(JobFailure) -> (findings: [Finding], sections: [Section]) {
    let (sweep, sweepSection) = try lambdaFinding()
    return ([try accuracyFinding(), sweep], [try accuracySection(), sweepSection])
  }

  // MARK: Accuracy

  private func measured(_ split: Split, lambda: String = Plan.lambda) throws(JobFailure)
    -> [EvaluatorBenchmarkResult]
  {
    try Plan.runs.map { run throws(JobFailure) in
      try jobs.evaluator(Plan.evaluation(of: Plan.scorer(lambda: lambda, run: run), on: split))
    }
  }

  private func start(_ split: Split) throws(JobFailure) -> EvaluatorBenchmarkResult {
    try jobs.evaluator(Plan.evaluation(of: Plan.startScorer, on: split))
  }

  private func accuracyFinding() throws(JobFailure) -> Finding {
    let (start, known) = (try start(.known), try measured(.known))
    let unseen = Runs(try measured(.unseen).map(\.overall.accuracy))
    func of(_ result: EvaluatorBenchmarkResult, _ difficulty: String) -> Double {
      result.groups["difficulty"]?[difficulty]?.accuracy ?? .nan
    }
    let before = Self.difficulties.map { of(start, $0) }
    let after = Self.difficulties.map { name in Runs(known.map { of($0, name) }) }
    let scorers = Plan.runs.map { Plan.scorer(run: $0) }
    let evaluations = Split.allCases.flatMap { split in
      ([Plan.startScorer] + scorers).map { Plan.evaluation(of: $0, on: split) }
    }
    return Finding(
      claim: "CLIP becomes SciScore: accuracy on simple and complex tuples",
      published: "54.7 → 93.1 and 59.5 → 91.2 %",
      goal: "from 40–65 to ≥ 93 and ≥ 91 % on known subjects, ≥ 88 % on unseen ones",
      ours: zip(before, after).map { "\((100 * $0).rounded(to: 1)) → \($1.text(100))" }.joined(
        separator: " and ") + " %; unseen subjects \(unseen.text(100)) %",
      verdict: .init([
        before.allSatisfy { (0.4...0.65).contains($0) } && after[0].mean >= 0.93 && after[1].mean >= 0.91,
        unseen.mean >= 0.88,
      ]), seconds: try seconds(["scenes"] + scorers + evaluations))
  }

  private func accuracySection() throws(JobFailure) -> Section {
    var groups: [[String]] = []
    var laws: [String: [String]] = [:]
    for split in Split.allCases {
      let (start, trained) = (try start(split), try measured(split))
      func row(_ name: String, _ group: (EvaluatorBenchmarkResult) -> Accuracy?) -> [String] {
        let after = Runs(trained.map { group($0)?.accuracy ?? .nan })
        let n = group(start)?.n ?? 0
        return [
          "\(split)", name, "\(n)", (100 * (group(start)?.accuracy ?? .nan)).rounded(to: 1), after.text(100),
        ]
      }
      groups.append(row("all") { $0.overall })
      groups += Self.difficulties.map { name in row(name) { $0.groups["difficulty"]?[name] } }
      groups += Self.orientations.map { name in row("\(name)-oriented") { $0.orientations[name] } }
      for law in start.laws.keys { laws[law, default: [law]] += Array(row(law) { $0.laws[law] }.suffix(2)) }
    }
    return Section(
      title: "SciScore",
      parts: [
        .text(
          "Share of tuples, in per cent, whose right picture scores strictly higher under the implicit prompt. Subject-oriented tasks ask what a subject is made of, condition-oriented ones what the condition does; the grouping is the paper's. What a thing unknown to CLIP does in water, or in another liquid, cannot be learnt from other things: that is where the unseen split stays behind."
        ),
        .table(["subjects", "tuples", "n", "CLIP", "SciScore"], groups),
        .table(
          ["task", "known: CLIP", "SciScore", "unseen: CLIP", "SciScore"],
          laws.values.sorted { $0[0] < $1[0] }),
      ])
  }

  // MARK: The weight of the image-editing loss

  private func lambdaFinding() throws(JobFailure) -> (Finding, Section) {
    var rows: [[String]] = []
    var curves = Split.allCases.map {
      CurvePlot.Curve(label: "\($0)", points: [], spread: [], isMarked: true)
    }
    var accuracies: [[Runs]] = [[], []]
    for lambda in Plan.lambdas {
      var row = [lambda]
      for (index, split) in Split.allCases.enumerated() {
        let results = try measured(split, lambda: lambda)
        let accuracy = Runs(results.map(\.overall.accuracy))
        accuracies[index].append(accuracy)
        row += [accuracy.text(100, digits: 2), Runs(results.map(\.overall.meanMargin)).text(digits: 2)]
        curves[index].points.append((Double(lambda) ?? 0, 100 * accuracy.mean))
        curves[index].spread.append(100 * accuracy.deviation)
      }
      rows.append(row)
    }
    let own = Plan.lambdas.firstIndex(of: Plan.lambda) ?? 0
    let places = accuracies.map { runs in
      runs.indices.max { runs[$0].mean < runs[$1].mean } ?? 0
    }
    let texts = zip(Split.allCases, zip(accuracies, places)).map { split, found in
      let (runs, best) = found
      return
        "\(split): best λ = \(Plan.lambdas[best]) with \(runs[best].text(100, digits: 2)) %, λ = \(Plan.lambda) has \(runs[own].text(100, digits: 2)) %"
    }
    let others = Plan.lambdas.filter { $0 != Plan.lambda }.flatMap { lambda in
      Plan.runs.map { Plan.scorer(lambda: lambda, run: $0) }
    }
    let finding = Finding(
      claim: "λ = 0.25 is the best weight of the image-editing loss", published: "yes",
      goal: "accuracy at five weights, three runs", ours: texts.joined(separator: "; "),
      verdict: .init(places.map { $0 == own }),
      seconds: try seconds(
        others
          + others.flatMap { name in
            Split.allCases.map { Plan.evaluation(of: name, on: $0) }
          }))
    return (
      finding,
      Section(
        title: "The weight λ of the image-editing loss",
        parts: [
          .table(["λ", "known: accuracy, %", "margin", "unseen: accuracy, %", "margin"], rows),
          .curves(
            CurvePlot(
              title: "Accuracy in per cent by λ, with the spread of three runs", xLabel: "λ", curves: curves)),
        ])
    )
  }
}
