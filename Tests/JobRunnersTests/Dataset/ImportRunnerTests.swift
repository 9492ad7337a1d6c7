import Foundation
import Jobs
import Testing

@testable import JobRunners

extension ComputingTests {
  @Suite struct ImportRunnerTests {
    private let spool: TemporarySpool
    private static let job =
      #"{"kind": "dataset", "source": "import", "format": "phybench", "file": "heat.json", "output": "heat"}"#

    init() throws { spool = try TemporarySpool() }

    private func result(_ job: String = job, output: String = "output") throws -> ImportResult {
      guard case .dataset(.imported(let list)) = try spool.run(job, output: output).outcome else {
        throw JobFailure(.internalError, "not the result of an import")
      }
      return list
    }

    @Test func aFileBecomesADataSetOnce() throws {
      let file =
        #"[{"prompt": "Tea in the frost.", "normal": "It freezes.", "grading": "g", "law": "Freezing"}, {"prompt": "<b>"}]"#
      try spool.write(Data(file.utf8), to: "heat.json")
      let list = try result()
      #expect(list.path == "datasets/heat" && list.entries == 2 && list.tuples == 1 && !list.existed)
      #expect(list.categories == ["heat": 1] && list.laws == ["Freezing": 1])
      #expect(list.faults.map(\.row) == [1, 1])
      #expect(Set(list.prompts.keys) == ["implicit_prompt", "explicit_prompt"])
      let wording = try #require(list.prompts["implicit_prompt"])
      #expect(wording.count == 1 && wording.longest == 17 && wording.scripts == ["latin": 1])
      #expect(DatasetLibrary.harmedFile(in: spool.path("datasets/heat")) == nil)
      #expect(
        String(decoding: try spool.read("output/report.html"), as: UTF8.self).contains("Entries at fault"))
      #expect(try result(output: "again").existed)
      // Another file is another data set.
      try spool.write(Data(file.replacing("Tea", with: "Milk").utf8), to: "heat.json")
      let failure = try #require(throws: JobFailure.self) { try result(output: "third") }
      #expect(failure.code == .conflict && failure.field == "output")
    }

    @Test func aBenchmarkSaysThatSuperficialPromptsAreNotThere() throws {
      try spool.write(Data(#"[{"prompt": "a", "normal": "b", "law": "c"}]"#.utf8), to: "heat.json")
      _ = try result()
      func job(_ fields: String) -> String {
        #"{"kind": "benchmark", "suite": "generator", "model": "flux-mini", "dataset": "datasets/heat", "reward": {"model": "clip-mini"}, "height": 32, "width": 32, "num_inference_steps": 2\#(fields)}"#
      }
      let failure = try #require(throws: JobFailure.self) { try spool.run(job(""), output: "a") }
      #expect(failure.field == "tiers" && failure.message.contains("has no superficial_prompt"))
      #expect(failure.hint == "Leave \"superficial\" out of tiers.")
      guard
        case .benchmark(.generator(let drawn)) = try spool.run(
          job(#", "tiers": ["implicit", "explicit"]"#), output: "b"
        ).outcome
      else { throw CocoaError(.featureUnsupported) }
      #expect(drawn.tiers[.explicit]?.categories["heat"]?.n == 1)
    }

    @Test(arguments: [("[{}]", JobFailure.Code.empty), ("[", .truncated), ("3", .wrongType)])
    func aFileThatCannotBeUsedIsNamed(text: String, code: JobFailure.Code) throws {
      try spool.write(Data(text.utf8), to: "heat.json")
      let failure = try #require(throws: JobFailure.self) { try result() }
      #expect(failure.code == code && failure.field == "file" && failure.message.hasPrefix("heat.json"))
    }
  }
}
