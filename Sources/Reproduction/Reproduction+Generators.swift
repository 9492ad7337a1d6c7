import Jobs
import Pages

// What models draw before and after fine-tuning.
extension Reproduction {
  private typealias Split = Plan.Split
  private typealias Tier = GeneratorBenchmarkRequest.Tier
  private typealias Tuned = Plan.Tuned

  func generatorFindings() throws(JobFailure) -> (findings: [Finding], sections: [Section]) {
    (
      [
        try tierFinding(), try sftFinding(), try onlineFinding(), try withoutSFTFinding(),
        try unmaskedFinding(),
      ],
      [
        try tierSection(), try gainSection(), try onlineSection(), try witnessSection(), try curveSection(),
      ]
    )
  }

  private func drawn(_ tuned: Tuned?, _ split: Split) throws(JobFailure) -> GeneratorBenchmarkResult {
    try jobs.generator(Plan.drawn(by: tuned, on: split))
  }

  private func comparison(_ name: String) throws(JobFailure) -> BenchmarkComparison {
    guard let comparison = try jobs.generator(name).comparison else {
      throw JobFailure(.badInput, "outbox/\(name) has no comparison with a baseline")
    }
    return comparison
  }

  private func improvement(_ tuned: Tuned, _ split: Split) throws(JobFailure) -> Double {
    try comparison(Plan.drawn(by: tuned, on: split)).overall.relativeImprovement ?? .nan
  }

  /// How far the share of right pictures went from the base model's on implicit prompts to its on explicit ones.
  private func oracleImprovement(_ tuned: Tuned, _ split: Split) throws(JobFailure) -> Double {
    let base = try drawn(nil, split)
    let (before, told) = (right(base, .implicit), right(base, .explicit))
    return (right(try drawn(tuned, split), .implicit) - before) / (told - before)
  }

  private func right(_ result: GeneratorBenchmarkResult, _ tier: Tier) -> Double {
    result.tiers[tier]?.oracle?.right ?? .nan
  }

  private func percent(_ share: Double) -> String { (100 * share).rounded(to: 1) }

  // MARK: The base model

  private func tierFinding() throws(JobFailure) -> Finding {
    let results = try Split.allCases.map { split throws(JobFailure) in try drawn(nil, split) }
    func means(_ result: GeneratorBenchmarkResult) -> String {
      Tier.allCases.map { (result.tiers[$0]?.overall.mean ?? .nan).rounded(to: 2) }.joined(separator: " / ")
    }
    let leads = results.map {
      ($0.tiers[.explicit]?.overall.mean ?? .nan) - ($0.tiers[.implicit]?.overall.mean ?? .nan)
    }
    return Finding(
      claim: "Explicit prompts score far above implicit ones",
      published: "+9.3 SciScore on FLUX.1[dev]", goal: "IP, EP and SP means, ND, the oracle's rates",
      ours: zip(Split.allCases, results).map { "\($0): IP / EP / SP \(means($1))" }.joined(separator: "; ")
        + "; EP leads by \(leads.map { $0.rounded(to: 1) }.joined(separator: " and "))",
      verdict: .init(leads.map { $0 > 5 }),
      seconds: try seconds(Split.allCases.map { Plan.drawn(by: nil, on: $0) }))
  }

  private func tierSection() throws(JobFailure) -> Section {
    var rows: [[String]] = []
    for split in Split.allCases {
      let result = try drawn(nil, split)
      for tier in Tier.allCases {
        guard let summary = result.tiers[tier] else { continue }
        rows.append([
          "\(split)", tier.rawValue, "\(summary.overall.n)",
          summary.overall.mean.rounded(to: 2)
            + (summary.overall.standardError.map { " ± \($0.rounded(to: 2))" } ?? ""),
          summary.oracle.map { percent($0.right) } ?? "", summary.oracle.map { percent($0.wrong) } ?? "",
          tier == .implicit ? result.normalisedDifference?.rounded(to: 3) ?? "" : "",
        ])
      }
    }
    return Section(
      title: "The base model draws what the words say",
      parts: [
        .text(
          "Every picture is scored against the implicit prompt of its tuple; ± is the standard error over prompts. ND = (IP − SP)/(EP − SP): 0 for a model that takes the superficial path, 1 for one that understands. The oracle looks at pixels: right, wrong, or neither."
        ),
        .table(["subjects", "prompts", "n", "SciScore", "drawn right, %", "drawn wrong, %", "ND"], rows),
      ])
  }

  // MARK: SFT, and OFT on top

  private func sftFinding() throws(JobFailure) -> Finding {
    var texts: [String] = []
    var checks: [Bool] = []
    for split in Split.allCases {
      let comparison = try comparison(Plan.drawn(by: .sft, on: split))
      let share = try improvement(.sft, split)
      texts.append(
        "\(split): RI \(percent(share)) % by SciScore, \(percent(try oracleImprovement(.sft, split))) % by the oracle"
      )
      checks.append(
        (comparison.overall.low ?? 0) > 0 && (comparison.oracle?.difference ?? 0) > 0)
    }
    return Finding(
      claim: "SFT helps", published: "RI 41.7 % (simple), 30.0 % (complex)",
      goal: "RI by SciScore and by the oracle's rate, known and unseen", ours: texts.joined(separator: "; "),
      verdict: .init(checks),
      seconds: try seconds(["sft"] + Split.allCases.map { Plan.drawn(by: .sft, on: $0) }))
  }

  /// A run's gain over the SFT adapter it started from, in points of RI.
  private struct Step {
    let points: Double
    let pointsError: Double
    let oracle: Double
    let oracleError: Double
    let improvement: Double
    let pValue: Double?
  }

  private func step(_ tuned: Tuned, _ split: Split) throws(JobFailure) -> Step {
    let over = try comparison(Plan.gain(of: tuned, on: split))
    let base = try drawn(nil, split)
    let span =
      (base.tiers[.explicit]?.overall.mean ?? .nan) - (base.tiers[.implicit]?.overall.mean ?? .nan)
    return Step(
      points: 100 * over.overall.gain / span, pointsError: 100 * (over.overall.standardError ?? .nan) / span,
      oracle: 100 * (over.oracle?.difference ?? .nan),
      oracleError: 100 * (over.oracle?.standardError ?? .nan),
      improvement: 100 * (try improvement(tuned, split)), pValue: over.overall.pValue)
  }

  private func steps(_ split: Split, _ tuned: (Int) -> Plan.Tuned) throws(JobFailure) -> [Step] {
    try Plan.runs.map { run throws(JobFailure) in try step(tuned(run), split) }
  }

  private func onlineFinding() throws(JobFailure) -> Finding {
    let known = try steps(.known) { .oft($0) }
    let unseen = try steps(.unseen) { .oft($0) }
    let share = Runs(known.map(\.improvement))
    let sure = known.count { $0.points >= 5 && $0.points > 2 * $0.pointsError }
    let raised = known.count { $0.oracle > 2 * $0.oracleError }
    let count = known.count
    let ours = """
      known: RI \(share.text()) %, \(Runs(known.map(\.points)).text()) points over SFT (\(sure) of \(count) runs ≥ 5 and beyond \
      two SE), oracle's rate \(Runs(known.map(\.oracle)).text()) points over SFT (\(raised) of \(count) beyond two SE); unseen: \
      \(Runs(unseen.map(\.points)).text()) points, oracle \(Runs(unseen.map(\.oracle)).text()) points
      """
    let runs = Plan.runs.map { Tuned.oft($0) }
    return Finding(
      claim: "SFT and OFT help more", published: "RI 53.4 % (simple), 38.3 % (complex)",
      goal: "RI ≥ 55 %; OFT adds ≥ 5 points, beyond two SE, and raises the oracle's rate", ours: ours,
      verdict: .init([share.mean >= 55, sure == count, raised == count]),
      seconds: try seconds(
        ["drawings", Plan.rewarding, Plan.judge] + runs.map(\.name)
          + Split.allCases.flatMap { split in
            runs.flatMap { [Plan.drawn(by: $0, on: split), Plan.gain(of: $0, on: split)] }
          }))
  }

  private func gainSection() throws(JobFailure) -> Section {
    var rows: [[String]] = []
    for split in Split.allCases {
      let tuned: [Tuned] = [.sft] + Plan.runs.map { .oft($0) }
      let extra: [Tuned] =
        split == .known ? Plan.runs.map { .unmasked($0) } + [.withoutSFT] + asPublished : []
      for one in tuned + extra {
        let comparison = try comparison(Plan.drawn(by: one, on: split))
        func orientation(_ name: String) -> String {
          comparison.orientations[name]?.relativeImprovement.map(percent) ?? ""
        }
        let gain = comparison.overall
        rows.append([
          "\(split)", one.name, gain.gain.rounded(to: 2), gain.relativeImprovement.map(percent) ?? "",
          "\(gain.relativeLow.map(percent) ?? "") to \(gain.relativeHigh.map(percent) ?? "")",
          orientation("subject"), orientation("condition"),
          percent(right(try drawn(one, split), .implicit)), percent(try oracleImprovement(one, split)),
        ])
      }
    }
    return Section(
      title: "What fine-tuning gains over the base model",
      parts: [
        .text(
          "Pictures of implicit prompts from the same seeds. RI is the gain in SciScore over the base model's distance from implicit to explicit prompts, with a bootstrap interval over prompts; by the oracle it is the same of the share drawn right."
        ),
        .table(
          [
            "subjects", "adapter", "gain", "RI, %", "95 %", "subject-oriented", "condition-oriented",
            "drawn right, %", "RI by the oracle, %",
          ], rows),
      ])
  }

  /// The run that samples as the paper does, if the plan has it.
  private var asPublished: [Tuned] { plan.samplesAsPublished ? [.asPublished] : [] }

  private func onlineSection() throws(JobFailure) -> Section {
    var rows: [[String]] = []
    for split in Split.allCases {
      let tuned: [Tuned] =
        Plan.runs.map { .oft($0) }
        + (split == .known ? Plan.runs.map { .unmasked($0) } + asPublished : [])
      for one in tuned {
        let step = try step(one, split)
        rows.append([
          "\(split)", one.name, "\(step.points.rounded(to: 1)) ± \(step.pointsError.rounded(to: 1))",
          step.pValue.map { $0.rounded(to: 4) } ?? "",
          "\(step.oracle.rounded(to: 1)) ± \(step.oracleError.rounded(to: 1))",
        ])
      }
    }
    return Section(
      title: "What OFT adds to the SFT adapter it starts from",
      parts: [
        .text(
          "Paired by prompt and seed; ± is the standard error over prompts, p a sign-flip test. Points are of RI, and of the share that the oracle finds right. The paper samples otherwise: two pictures of a prompt, each from its own start noise, s_churn 0.1, every step stochastic and learnt from (`oft-as-published`, which `--published-sampling` adds). These runs differ from it in this: of six pictures of a prompt, from one start noise, the best and the worst are the pair; s_churn is 0.8; only the first four of eight steps are stochastic and learnt from. All are rewarded by a scorer that was trained on the model's own drawings, too (`drawings.json`)."
        ),
        .table(["subjects", "run", "points of RI", "p", "points of the oracle's rate"], rows),
      ])
  }

  /// The same gains by other scorers: by the one that is optimized, and by one that never saw a drawn picture.
  private func witnessSection() throws(JobFailure) -> Section {
    let descriptions = [
      Plan.judge: "measures; drawn and clean pictures", Plan.rewarding: "rewards; drawn and clean pictures",
      Plan.scorer(run: 1): "clean pictures only",
    ]
    let rows = try ([Plan.judge] + Plan.witnesses).map { scorer throws(JobFailure) in
      func improvement(_ tuned: Tuned) throws(JobFailure) -> Double {
        100
          * (try comparison(Plan.drawn(by: tuned, on: .known, scoredBy: scorer)).overall.relativeImprovement
            ?? .nan)
      }
      let sft = try improvement(.sft)
      let online = Runs(try Plan.runs.map { run throws(JobFailure) in try improvement(.oft(run)) })
      return [
        scorer, descriptions[scorer] ?? "", sft.rounded(to: 1), online.text(),
        (online.mean - sft).rounded(to: 1),
      ]
    }
    return Section(
      title: "Who measures",
      parts: [
        .text(
          "RI on known subjects by three scorers. What the rewarding one sees beyond the measuring one was learnt for that scorer alone. One that never saw a drawn picture tells blurred right outcomes from wrong ones badly: compare it with the oracle's rates above."
        ),
        .table(["scorer", "its part, its training", "SFT: RI, %", "SFT and OFT: RI, %", "points"], rows),
      ])
  }

  private func withoutSFTFinding() throws(JobFailure) -> Finding {
    let share = try improvement(.withoutSFT, .known)
    let (sft, comparison) = (
      try improvement(.sft, .known), try comparison(Plan.drawn(by: .withoutSFT, on: .known))
    )
    let change = comparison.oracle.map {
      "\(($0.difference * 100).rounded(to: 1)) ± \((($0.standardError ?? .nan) * 100).rounded(to: 1)) (SE)"
    }
    return Finding(
      claim: "OFT without SFT does not help", published: "yes", goal: "measured",
      ours:
        "known: RI \(percent(share)) %, where SFT alone has \(percent(sft)) %; oracle's rate \(change ?? "") points",
      verdict: .init([share < sft / 2]),
      seconds: try seconds([Tuned.withoutSFT.name, Plan.drawn(by: .withoutSFT, on: .known)]))
  }

  // MARK: The mask

  private func unmaskedFinding() throws(JobFailure) -> Finding {
    let (with, without) = (try steps(.known) { .oft($0) }, try steps(.known) { .unmasked($0) })
    let (masked, bare) = (Runs(with.map(\.points)), Runs(without.map(\.points)))
    let (maskedOracle, bareOracle) = (Runs(with.map(\.oracle)), Runs(without.map(\.oracle)))
    let runs = Plan.runs.map { Tuned.unmasked($0) }
    return Finding(
      claim: "OFT without the mask is unstable", published: "yes: the score collapses",
      goal: "with and without, three runs, curves",
      ours: """
        known, points over SFT: with mask \(masked.text()), without \(bare.text()); oracle \(maskedOracle.text()) and \
        \(bareOracle.text())
        """,
      verdict: .init([bare.mean < masked.mean - 2 * max(masked.deviation, bare.deviation) || bare.mean < 0]),
      seconds: try seconds(
        runs.flatMap { [$0.name, Plan.drawn(by: $0, on: .known), Plan.gain(of: $0, on: .known)] }))
  }

  private func curveSection() throws(JobFailure) -> Section {
    func curve(_ column: String, _ label: String, _ tuned: (Int) -> Plan.Tuned) throws(JobFailure)
      -> CurvePlot.Curve
    {
      let runs = try Plan.runs.map { run throws(JobFailure) in
        Self.smoothed(try jobs.metric(column, of: tuned(run).name))
      }
      let count = runs.map(\.count).min() ?? 0
      let values = (0..<count).map { index in Runs(runs.map { $0[index].y }) }
      return CurvePlot.Curve(
        label: label, points: (0..<count).map { (runs[0][$0].x, values[$0].mean) },
        spread: values.map(\.deviation))
    }
    func plot(_ title: String, _ column: String) throws(JobFailure) -> ResultsDocument.Part {
      .curves(
        CurvePlot(
          title: title, xLabel: "round",
          curves: [
            try curve(column, "with mask") { .oft($0) }, try curve(column, "without mask") { .unmasked($0) },
          ]))
    }
    return Section(
      title: "OFT with and without the mask",
      parts: [
        .text("Means of three runs and their spread, over five rounds each; the page has the curves."),
        try plot("Reward of what was sampled", "reward_mean"),
        try plot("How far the policy is from its reference: mean |Δv|", "velocity_drift"),
        try plot("Saturation of the pictures", "saturation"),
      ])
  }

  /// Each value with the four before it.
  private static func smoothed(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    points.indices.map { index in
      let part = points[max(0, index - 4)...index]
      return (points[index].x, part.reduce(0) { $0 + $1.y } / Double(part.count))
    }
  }
}
