import Foundation
import Jobs
import Testing

@testable import Reproduction

@Suite struct ReproductionPlanTests {
  static let recipes = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Spool/reproduce")

  private func fields(_ job: PlannedJob) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: job.file(recipes: Self.recipes)) as? [String: Any])
  }

  @Test func everyJobIsOneThatTheReaderTakes() throws {
    for job in ReproductionPlan().jobs { _ = try job.file(recipes: Self.recipes) }
    #expect(Set(ReproductionPlan().jobs.map(\.recipe)) == Set(PlannedJob.Recipe.allCases))
  }

  @Test func namesAreUniqueAndPrerequisitesComeFirst() throws {
    var known: Set<String> = []
    for job in ReproductionPlan().jobs {
      for needed in try job.prerequisites(recipes: Self.recipes) {
        #expect(known.contains(needed), "\(job.name)")
      }
      #expect(known.insert(job.name).inserted, "\(job.name)")
    }
  }

  /// What a job reads has been made by a job it waits for, directly or not.
  @Test func whatAJobReadsIsMadeBeforeIt() throws {
    var all: [String: Set<String>] = [:]
    var makers: [String: String] = [:]
    let shipped = ["clip-mini", "flux-mini", "grounding-dino-mini"]
    for job in ReproductionPlan().jobs {
      let fields = try fields(job)
      var before: Set<String> = []
      for needed in try job.prerequisites(recipes: Self.recipes) {
        before.formUnion((all[needed] ?? []).union([needed]))
      }
      func part(_ field: String, _ member: String) -> String? {
        (fields[field] as? [String: Any])?[member] as? String
      }
      let models = [fields["model"] as? String, part("reward", "model"), part("detector", "model")]
      for model in models.compactMap(\.self) where !shipped.contains(model) {
        #expect(makers[model].map(before.contains) == true, "\(job.name) reads \(model)")
      }
      let adapters = [part("adapter", "name"), part("init_adapter", "name")].compactMap(\.self)
      for adapter in adapters {
        #expect(makers[adapter].map(before.contains) == true, "\(job.name): \(adapter)")
      }
      let paths = [part("adapter", "path"), fields["baseline"] as? String, fields["dataset"] as? String]
      for path in paths.compactMap(\.self) {
        let parts = path.split(separator: "/").map(String.init)
        let maker = parts[0] == "outbox" ? parts[1] : makers[parts[1]]
        #expect(maker.map(before.contains) == true, "\(job.name) reads \(path)")
      }
      if let output = fields["output"] as? String { makers[output] = job.name }
      all[job.name] = before
    }
  }

  @Test func anotherSeedMovesEverySeed() throws {
    for (one, other) in zip(ReproductionPlan(seed: 1).jobs, ReproductionPlan(seed: 2).jobs) {
      #expect(one.name == other.name)
      let seeds = [try fields(one)["seed"] as? Int, try fields(other)["seed"] as? Int]
      if one.recipe == .evaluator {
        // Nothing is drawn.
        #expect(seeds == [nil, nil])
      } else {
        #expect(seeds[0] != nil && seeds[0] != seeds[1], "\(one.name)")
      }
    }
  }

  @Test func runsDifferInTheirSeedOnly() throws {
    let jobs = Dictionary(uniqueKeysWithValues: ReproductionPlan().jobs.map { ($0.name, $0) })
    let pair = try ["oft-s1", "oft-s2"].map { name in
      let shared = try fields(#require(jobs[name])).filter { !["seed", "output"].contains($0.key) }
      return try JSONSerialization.data(withJSONObject: shared, options: .sortedKeys)
    }
    #expect(pair[0] == pair[1])
    // What rewards is not what measures.
    let reward = try fields(#require(jobs["oft-s1"]))["reward"] as? [String: String]
    let judge = try fields(#require(jobs["oft-s1-draws-known"]))["reward"] as? [String: String]
    #expect(reward?["model"] == ReproductionPlan.rewarding && judge?["model"] == ReproductionPlan.judge)
    let seeds = try [ReproductionPlan.rewarding, ReproductionPlan.judge].map { name in
      try fields(#require(jobs[name]))["seed"] as? Int
    }
    #expect(seeds[0] != seeds[1])
  }

  @Test func namesAMissingRecipe() {
    let failure = #expect(throws: JobFailure.self) {
      try ReproductionPlan().jobs[0].file(recipes: URL(filePath: "/nowhere"))
    }
    #expect(failure?.code == .missingInput && failure?.message.contains("/nowhere/scenes.json") == true)
  }
}
