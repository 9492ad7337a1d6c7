/// Which jobs show the claims of Science-T2I (arXiv:2504.13129) at miniature size.
///
/// Everything that is measured is measured on `test-known` (subjects of the training set, other pictures, other wordings)
/// and `test-unseen` (subjects and wordings that training never shows). What models draw is measured by ``judge``, a scorer
/// that online fine-tuning does not see.
package struct ReproductionPlan: Sendable {
  /// Moves every seed: other scenes, other held-out subjects, other runs.
  package let seed: Int
  /// Whether ``Tuned/asPublished`` is run, too: some six minutes more.
  package let samplesAsPublished: Bool

  package init(seed: Int = 1, samplesAsPublished: Bool = false) {
    (self.seed, self.samplesAsPublished) = (seed, samplesAsPublished)
  }

  /// Repetitions of everything that is given with a spread.
  package static let runs = 1...3
  package static let lambdas = ["0", "0.1", "0.25", "0.5", "1"]
  /// The paper's choice.
  package static let lambda = "0.25"

  package enum Split: String, Sendable, CaseIterable { case known, unseen }

  package enum Tuned: Sendable, Hashable {
    case sft
    /// Online fine-tuning of the SFT adapter: run k.
    case oft(Int)
    case unmasked(Int)
    /// Online fine-tuning of the bare model.
    case withoutSFT
    /// As the paper samples: two pictures of a prompt, each from its own noise, little noise in every step.
    case asPublished

    package var name: String {
      switch self {
      case .sft: "sft"
      case .oft(let run): "oft-s\(run)"
      case .unmasked(let run): "oft-unmasked-s\(run)"
      case .withoutSFT: "oft-without-sft"
      case .asPublished: "oft-as-published"
      }
    }
  }

  package static func scorer(lambda: String = lambda, run: Int) -> String { "sciscore-l\(lambda)-s\(run)" }
  package static let startScorer = "clip-mini"
  /// Rewards online fine-tuning. Like the paper's SciScore it is trained on pictures that a model drew, beside the tuples' own.
  package static let rewarding = "sciscore-drawings"
  /// Measures what models draw: made as ``rewarding`` is, from another seed.
  package static let judge = "sciscore-judge"
  /// Scorers that say what fine-tuning gains beside the judge: the one that rewards, and one that saw clean pictures only.
  package static let witnesses = [rewarding, scorer(run: runs.lowerBound)]
  /// Whose gains the witnesses measure, on known subjects.
  package static let witnessed: [Tuned] = [.sft] + runs.map { .oft($0) }

  package static func evaluation(of scorer: String, on split: Split) -> String { "\(scorer)-on-\(split)" }
  package static func drawn(by tuned: Tuned?, on split: Split, scoredBy scorer: String = judge) -> String {
    "\(tuned?.name ?? "base")-draws-\(split)" + (scorer == judge ? "" : "-by-\(scorer)")
  }
  package static func gain(of tuned: Tuned, on split: Split) -> String { "\(tuned.name)-over-sft-\(split)" }

  /// In an order in which each job comes after those it needs.
  package var jobs: [PlannedJob] {
    [PlannedJob(name: "scenes", recipe: .scenes, changes: ["seed": .integer(1000 + seed)])]
      + scorers + generators
  }

  private var scorers: [PlannedJob] {
    var jobs = Split.allCases.map { evaluation(of: Self.startScorer, on: $0, after: "scenes") }
    for lambda in Self.lambdas {
      for run in Self.runs {
        let name = Self.scorer(lambda: lambda, run: run)
        jobs.append(
          PlannedJob(
            name: name, recipe: .reward,
            changes: [
              "output": .text(name), "lambda": .number(Double(lambda) ?? 0), "seed": .integer(runSeed(run)),
            ]))
        jobs += Split.allCases.map { evaluation(of: name, on: $0, after: name) }
      }
    }
    return jobs
  }

  private func evaluation(of scorer: String, on split: Split, after job: String) -> PlannedJob {
    PlannedJob(
      name: Self.evaluation(of: scorer, on: split), recipe: .evaluator,
      changes: [
        "after": [.text(job)], "model": .text(scorer), "dataset": .text("datasets/scenes/test-\(split)"),
      ])
  }

  private var generators: [PlannedJob] {
    var jobs = [
      PlannedJob(name: "sft", recipe: .sft, changes: ["seed": .integer(runSeed(1))]),
      PlannedJob(name: "drawings", recipe: .drawings, changes: ["seed": .integer(seed)]),
    ]
    jobs += [Self.rewarding, Self.judge].enumerated().map { scorerOfDrawings($1, run: $0 + 1) }
    jobs += Split.allCases.map { generator(nil, $0) }
    jobs += Split.allCases.map { generator(.sft, $0) }
    for run in Self.runs {
      jobs.append(oft(.oft(run), run: run, [:]))
      for split in Split.allCases {
        jobs += [generator(.oft(run), split), overSFT(.oft(run), split)]
      }
    }
    for run in Self.runs {
      jobs += [
        oft(.unmasked(run), run: run, ["mask": false, "detector": "none"]),
        generator(.unmasked(run), .known), overSFT(.unmasked(run), .known),
      ]
    }
    jobs += [oft(.withoutSFT, run: 1, ["init_adapter": .absent]), generator(.withoutSFT, .known)]
    if samplesAsPublished {
      jobs += [
        oft(.asPublished, run: 1, Self.publishedSampling), generator(.asPublished, .known),
        overSFT(.asPublished, .known),
      ]
    }
    for witness in Self.witnesses {
      jobs += [generator(nil, .known, scoredBy: witness)]
      jobs += Self.witnessed.map { generator($0, .known, scoredBy: witness) }
    }
    return jobs
  }

  private func scorerOfDrawings(_ name: String, run: Int) -> PlannedJob {
    PlannedJob(
      name: name, recipe: .reward,
      changes: [
        "after": ["drawings"], "dataset": "datasets/drawings", "output": .text(name),
        "lr_warmup_steps": 150, "max_train_steps": 1000, "seed": .integer(runSeed(run)),
      ])
  }

  private static let publishedSampling: [String: FieldValue] = [
    "num_images_per_prompt": 2, "shared_start_noise": false, "stochastic_steps": .absent,
    "s_churn": .number(0.1),
  ]

  private func oft(_ tuned: Tuned, run: Int, _ changes: [String: FieldValue]) -> PlannedJob {
    PlannedJob(
      name: tuned.name, recipe: .oft,
      changes: [
        "after": ["sft", .text(Self.rewarding)], "output": .text(tuned.name), "seed": .integer(runSeed(run)),
      ].merging(changes) { $1 })
  }

  /// What a model draws; if it is tuned, against the base model.
  private func generator(_ tuned: Tuned?, _ split: Split, scoredBy scorer: String = judge) -> PlannedJob {
    let base = Self.drawn(by: nil, on: split, scoredBy: scorer)
    return generator(
      Self.drawn(by: tuned, on: split, scoredBy: scorer), tuned, split, scorer,
      after: [scorer] + (tuned.map { [base, $0.name] } ?? []), baseline: tuned == nil ? nil : base)
  }

  /// The same pictures, against those of the SFT adapter.
  private func overSFT(_ tuned: Tuned, _ split: Split) -> PlannedJob {
    let sft = Self.drawn(by: .sft, on: split)
    return generator(
      Self.gain(of: tuned, on: split), tuned, split, Self.judge,
      after: [sft, Self.drawn(by: tuned, on: split)], baseline: sft)
  }

  private func generator(
    _ name: String, _ tuned: Tuned?, _ split: Split, _ scorer: String, after: [String], baseline: String?
  ) -> PlannedJob {
    var changes: [String: FieldValue] = [
      "after": .list(after.map { .text($0) }), "dataset": .text("datasets/scenes/test-\(split)"),
      "reward": ["model": .text(scorer)], "seed": .integer(2000 + seed),
    ]
    if let tuned {
      changes["adapter"] = Self.adapter(tuned)
      changes["tiers"] = ["implicit"]
    }
    if let baseline { changes["baseline"] = .text("outbox/\(baseline)") }
    return PlannedJob(name: name, recipe: .generator, changes: changes)
  }

  /// Of online fine-tuning what the last round left: validation on a few prompts would pick a round by chance.
  private static func adapter(_ tuned: Tuned) -> FieldValue {
    tuned == .sft ? ["name": .text(tuned.name)] : ["path": .text("outbox/\(tuned.name)/last")]
  }

  private func runSeed(_ run: Int) -> Int { 100 * (seed - 1) + run }
}
