import Foundation
import Jobs
import Scenes
import Testing

@testable import JobRunners

extension ComputingTests {
  @Suite struct ImagesBenchmarkTests {
    private let spool: TemporarySpool
    private let shelf = ModelShelf(budget: 1 << 30)
    private let tuples: [SceneTuple.Row]

    /// Four tuples, and of each its own two pictures as if somebody had drawn them.
    init() throws {
      spool = try TemporarySpool()
      try SceneDataset(count: 4, seed: 2002).write(to: URL(filePath: spool.path("datasets/test"))) {
        $0.pngData()
      }
      let lines = String(decoding: try spool.read("datasets/test/metadata.jsonl"), as: UTF8.self)
        .split(separator: "\n").map(String.init)
      tuples = try lines.map { try JSONDecoder().decode(SceneTuple.Row.self, from: Data($0.utf8)) }
      try FileManager.default.createDirectory(
        atPath: spool.path("made"), withIntermediateDirectories: true)
      try write((0..<4).flatMap { [row($0, "explicit"), row($0, "implicit")] })
      for (index, tuple) in tuples.enumerated() {
        for (tier, image) in [("explicit", tuple.explicitImage[0]), ("implicit", tuple.superficialImage[0])] {
          try spool.write(spool.read("datasets/test/\(image)"), to: "made/\(tier)-\(index).png")
        }
      }
    }

    private func row(_ index: Int, _ tier: String) -> String {
      "{\"file_name\": \"\(tier)-\(index).png\", \"tier\": \"\(tier)\", \"row\": \(index + 1)}"
    }

    private func write(_ rows: [String]) throws {
      try spool.write(Data(rows.joined(separator: "\n").utf8), to: "made/metadata.jsonl")
    }

    private func job(_ fields: String...) -> String {
      let all =
        [
          #""kind": "benchmark", "suite": "images", "model": "somebody's", "folder": "made""#,
          #""dataset": "datasets/test", "reward": {"model": "clip-mini"}"#,
        ] + fields
      return "{\(all.joined(separator: ", "))}"
    }

    private func result(_ job: String, output: String = "outbox/made") throws -> GeneratorBenchmarkResult {
      let outcome = try spool.run(job, output: output, shelf: shelf).outcome
      guard case .benchmark(.images(let result)) = outcome else { throw CocoaError(.featureUnsupported) }
      return result
    }

    @Test func scoresPicturesForTheImplicitPromptsOfTheirTuples() throws {
      let result = try result(job(#""oracle": "scenes""#))
      #expect(
        result.model == "somebody's" && result.drawn == nil && result.missing == [.implicit: 0, .explicit: 0])
      // The pictures are the world's own: right where they were drawn from explicit prompts, wrong elsewhere.
      #expect(result.tiers[.explicit]?.oracle?.right == 1 && result.tiers[.implicit]?.oracle?.wrong == 1)
      let scored = try spool.run(
        #"""
        {"kind": "score", "model": "clip-mini", "items": [{"prompt": "\#(tuples[2].implicitPrompt[0])",
         "images": ["made/implicit-2.png"]}]}
        """#, output: "scored"
      ).items()
      let lines = try spool.read("outbox/made/scores.jsonl").split(separator: UInt8(ascii: "\n"))
      let images = try lines.map { try JobJSON.value(GeneratorBenchmarkResult.Image.self, from: Data($0)) }
      let own = try #require(images.first { $0.file == "made/implicit-2.png" })
      // Batches of other sizes round differently.
      #expect(abs(own.score - scored[0].images[0].score) < 1e-3 && own.seed == nil && own.row == 3)
      let page = String(decoding: try spool.read("outbox/made/report.html"), as: UTF8.self)
      #expect(page.contains("data:image/png") && !page.contains("\"seed\":"))
    }

    @Test func findsTheTupleByItsPrompt() throws {
      try write(
        tuples.enumerated().map { index, tuple in
          "{\"file_name\": \"explicit-\(index).png\", \"tier\": \"explicit\", \"prompt\": \"\(tuple.explicitPrompt[0])\"}"
        })
      let byPrompt = try result(job(), output: "outbox/prompt")
      try write((0..<4).map { row($0, "explicit") })
      #expect(try result(job(), output: "outbox/row").tiers == byPrompt.tiers)
    }

    @Test func comparesWithWhatAModelDrewHere() throws {
      _ = try spool.run(
        #"""
        {"kind": "benchmark", "suite": "generator", "model": "flux-mini", "dataset": "datasets/test", "height": 64,
         "width": 64, "num_inference_steps": 2, "reward": {"model": "clip-mini"}, "tiers": ["implicit", "explicit"]}
        """#, output: "outbox/base", shelf: shelf)
      // One tuple is without a picture: it is left out, and the result says so.
      try write((0..<3).map { row($0, "implicit") })
      let result = try result(job(#""baseline": "outbox/base""#))
      let comparison = try #require(result.comparison)
      #expect(comparison.overall.n == 3 && comparison.overall.relativeImprovement != nil)
      #expect(result.missing == [.implicit: 1] && result.tiers[.implicit]?.overall.n == 3)
      let page = String(decoding: try spool.read("outbox/made/report.html"), as: UTF8.self)
      #expect(page.contains("1 tuple without implicit pictures") && !page.contains("type=\"range\""))
      let strict = try spool.failure(job(#""strict": true"#))
      #expect(strict.field == "folder" && strict.message.contains("the first being row 4"), "\(strict)")
    }

    @Test(arguments: [
      (#"{"file_name": "explicit-0.png", "row": 9}"#, "9 is no tuple's line"),
      (#"{"file_name": "explicit-0.png", "tier": "none", "row": 1}"#, "tier"),
      (#"{"file_name": "explicit-0.png", "prompt": "a thing nobody asked for"}"#, "is no implicit prompt"),
      (#"{"file_name": "explicit-0.png"}"#, "prompt"), (#"{"row": 1}"#, "file_name"),
      (#"{"file_name": "../x.png", "row": 1}"#, "leads out of"),
      (#"{"file_name": "gone.png", "row": 1}"#, "gone.png"),
      (#"{"file_name": "metadata.jsonl", "row": 1}"#, "metadata.jsonl"), ("[]", "expected an object"),
      ("{", "not JSON"),
    ])
    func namesTheRowAtFault(line: String, words: String) throws {
      try write([row(0, "explicit"), line])
      let failure = try spool.failure(job())
      #expect(failure.field == "folder" && failure.code == .badInput, "\(failure)")
      #expect("\(failure)".contains("row 2") && "\(failure)".contains(words), "\(failure)")
    }

    @Test func aPromptOfTwoTuplesNeedsTheRow() throws {
      let lines = String(decoding: try spool.read("datasets/test/metadata.jsonl"), as: UTF8.self)
        .split(separator: "\n").map(String.init)
      try spool.write(
        Data((lines + [lines[0]]).joined(separator: "\n").utf8), to: "datasets/test/metadata.jsonl")
      try write(["{\"file_name\": \"implicit-0.png\", \"prompt\": \"\(tuples[0].implicitPrompt[0])\"}"])
      let failure = try spool.failure(job())
      #expect("\(failure)".contains("of 2 tuples, such as those of rows 1 and 5"), "\(failure)")
    }

    @Test func aBaselineNeedsPicturesOfImplicitPrompts() throws {
      _ = try result(job(), output: "outbox/base")
      try write((0..<4).map { row($0, "explicit") })
      let failure = try spool.failure(job(#""baseline": "outbox/base""#))
      #expect(failure.field == "baseline" && failure.code == .conflict, "\(failure)")
    }
  }
}
