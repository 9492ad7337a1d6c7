import Foundation
import Jobs
import Scenes
import Testing

@testable import JobRunners

extension ComputingTests {
  @Suite struct GeneratorBenchmarkTests {
    private let spool: TemporarySpool
    private let shelf = ModelShelf(budget: 1 << 30)
    private static let tuples = 3

    init() throws {
      spool = try TemporarySpool()
      try SceneDataset(count: Self.tuples, seed: 2002).write(to: URL(filePath: spool.path("datasets/test"))) {
        $0.pngData()
      }
    }

    private func job(_ fields: String...) -> String {
      let all =
        [
          #""kind": "benchmark", "suite": "generator", "model": "flux-mini", "dataset": "datasets/test""#,
          #""reward": {"model": "clip-mini"}, "height": 64, "width": 64, "num_inference_steps": 2"#,
        ] + fields
      return "{\(all.joined(separator: ", "))}"
    }

    private func result(_ job: String, output: String = "outbox/base", _ context: JobContext = JobContext())
      throws -> GeneratorBenchmarkResult
    {
      let outcome = try spool.run(job, output: output, shelf: shelf, context).outcome
      guard case .benchmark(.generator(let result)) = outcome else { throw CocoaError(.featureUnsupported) }
      return result
    }

    private func images(_ output: String = "outbox/base") throws -> [GeneratorBenchmarkResult.Image] {
      try spool.read("\(output)/scores.jsonl").split(separator: UInt8(ascii: "\n")).map {
        try JobJSON.value(GeneratorBenchmarkResult.Image.self, from: Data($0))
      }
    }

    @Test func drawsWhatAGenerateJobDrawsAndScoresItForTheImplicitPrompt() throws {
      let result = try result(job(#""seed": 5, "oracle": "scenes""#))
      let images = try images()
      #expect(images.count == 3 * Self.tuples * 2 && result.drawn == images.count)
      for tier in GeneratorBenchmarkRequest.Tier.allCases {
        #expect(images.filter { $0.tier == tier }.map(\.seed) == [5, 6, 7, 8, 9, 10])
      }
      let implicit = images.filter { $0.tier == .implicit }
      let told = try #require(images.first { $0.tier == .explicit })
      let drawn = try spool.run(
        TemporarySpool.generate(#""height": 64, "width": 64, "prompts": ["\#(told.prompt)"], "seed": 5"#)
          .replacing(#""height": 32, "width": 48, "#, with: ""), output: "drawn")
      #expect(try drawn.images()[0].sha256.isEmpty == false)
      #expect(try spool.read("drawn/images/0000-0.png") == spool.read("outbox/base/\(told.file)"))
      let scored = try spool.run(
        #"""
        {"kind": "score", "model": "clip-mini",
         "items": [{"prompt": "\#(implicit[0].prompt)", "images": ["outbox/base/\#(told.file)"]}]}
        """#, output: "scored"
      ).items()
      // Batches of other sizes round differently.
      #expect(abs(scored[0].images[0].score - told.score) < 1e-3)
      let tier = try #require(result.tiers[.explicit])
      let scores = images.filter { $0.tier == .explicit }.map(\.score)
      #expect(abs(tier.overall.mean - scores.reduce(0, +) / Double(scores.count)) < 1e-9)
      #expect(tier.overall.n == Self.tuples && result.normalisedDifference != nil)
      let rates = try #require(tier.oracle)
      let right = images.count { $0.tier == .explicit && $0.verdict == "explicit" }
      #expect(rates.n == 6 && rates.right == Double(right) / 6)
      #expect(abs(rates.right + rates.wrong + rates.neither - 1) < 1e-9)
    }

    @Test func aSecondRunDrawsNothing() throws {
      let first = try result(job())
      let second = try result(job(), output: "outbox/again")
      #expect(first.drawn == 18 && second.drawn == 0)
      #expect(second.tiers == first.tiers)
      #expect(try spool.read("outbox/again/scores.jsonl") == spool.read("outbox/base/scores.jsonl"))
      // Another seed or step count is another picture.
      #expect(try result(job(#""seed": 100, "tiers": ["implicit"]"#), output: "outbox/c").drawn == 6)
    }

    @Test func goesOnAfterACancellation() throws {
      let whole = try result(job(#""tiers": ["implicit"]"#), output: "outbox/whole")
      try FileManager.default.removeItem(atPath: spool.path("cache"))
      var drawn = 0
      let failure = try #require(throws: JobFailure.self) {
        try spool.run(
          job(#""tiers": ["implicit"]"#), output: "outbox/base", shelf: shelf,
          JobContext(progress: { if $0.stage == "draw" { drawn += 1 } }, isCancelled: { drawn >= 2 }))
      }
      #expect(failure.code == .cancelled)
      try FileManager.default.removeItem(atPath: spool.path("cache"))
      let rest = try result(job(#""tiers": ["implicit"]"#))
      #expect(rest.drawn == (whole.drawn ?? 0) - 2 && rest.tiers == whole.tiers)
      #expect(try spool.read("outbox/base/scores.jsonl") == spool.read("outbox/whole/scores.jsonl"))
    }

    @Test func comparesWithABaseline() throws {
      _ = try result(job(#""oracle": "scenes""#))
      let same = try result(job(#""baseline": "outbox/base", "oracle": "scenes""#), output: "outbox/same")
      let comparison = try #require(same.comparison)
      #expect(comparison.overall.gain == 0 && comparison.overall.pValue == 1)
      #expect(comparison.overall.relativeImprovement == 0 && comparison.oracle?.difference == 0)
      let other = try result(
        job(#""baseline": "outbox/base""#).replacing(
          "\"num_inference_steps\": 2", with: "\"num_inference_steps\": 4"),
        output: "outbox/other")
      let gain = try #require(other.comparison?.overall)
      func mean(_ output: String, _ tier: GeneratorBenchmarkRequest.Tier) throws -> Double {
        let scores = try images(output).filter { $0.tier == tier }.map(\.score)
        return scores.reduce(0, +) / Double(scores.count)
      }
      let (new, old) = (try mean("outbox/other", .implicit), try mean("outbox/base", .implicit))
      let told = try mean("outbox/base", .explicit)
      #expect(abs(gain.gain - (new - old)) < 1e-9)
      #expect(abs(try #require(gain.relativeImprovement) - (new - old) / (told - old)) < 1e-6)
      #expect(try #require(gain.low) <= gain.gain && gain.gain <= #require(gain.high))
      let page = String(decoding: try spool.read("outbox/other/report.html"), as: UTF8.self)
      #expect(page.contains("type=\"range\"") && page.contains("Before and after"))
    }

    @Test(arguments: [
      (#""seed": 1"#, "another seed (0 there, 1 here)"),
      (#""limit": 2"#, "number of tuples (3 there, 2 here)"),
      (#""wording": 1"#, "wording (0 there, 1 here)"),
      (#""num_images_per_prompt": 1"#, "num_images_per_prompt"),
    ])
    func namesWhatTheBaselineDoesNotShare(field: String, difference: String) throws {
      _ = try result(job(#""tiers": ["implicit", "explicit"]"#))
      let failure = try spool.failure(job(#""baseline": "outbox/base""#, field, #""tiers": ["implicit"]"#))
      #expect(failure.field == "baseline" && failure.message.contains(difference), "\(failure)")
    }

    @Test func gainsNeedNoExplicitPicturesOfTheBaseline() throws {
      _ = try result(job(#""tiers": ["implicit"]"#))
      let same = try result(job(#""baseline": "outbox/base""#), output: "outbox/same")
      let comparison = try #require(same.comparison)
      // The same pictures, scored beside others: some processors' products round otherwise in a larger batch.
      #expect(abs(comparison.overall.gain) < 1e-4 && comparison.overall.relativeImprovement == nil)
      #expect(comparison.orientations.values.reduce(0) { $0 + $1.n } == comparison.overall.n)
    }

    @Test func namesTheTierThatABaselineLacks() throws {
      _ = try result(job(#""tiers": ["explicit"]"#))
      let failure = try spool.failure(job(#""baseline": "outbox/base""#))
      #expect(failure.field == "baseline" && failure.message.contains("no tier implicit"), "\(failure)")
      let none = try spool.failure(job(#""baseline": "datasets/test""#))
      #expect(none.field == "baseline" && none.code == .missingInput)
    }

    @Test func namesTheRowWithTooFewWordings() throws {
      let failure = try spool.failure(job(#""wording": 999"#))
      #expect(failure.field == "wording" && failure.message.contains("row 1 of datasets/test"), "\(failure)")
    }

    @Test func promptsComeWithoutImages() throws {
      let row =
        #"{"implicit_prompt": "i", "explicit_prompt": ["e"], "superficial_prompt": "s", "category": "c", "law": "l"}"#
      try spool.write(Data(row.utf8), to: "datasets/prompts/metadata.jsonl")
      let prompts = job(#""tiers": ["explicit"]"#).replacing("datasets/test", with: "datasets/prompts")
      #expect(try result(prompts).tiers[.explicit]?.overall.n == 1)
      let judged = prompts.replacing("\"tiers\"", with: "\"oracle\": \"scenes\", \"tiers\"")
      #expect(try spool.failure(judged).message.contains("subject"))
    }
  }
}
