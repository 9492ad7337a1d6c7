import Foundation
import Jobs
import Testing

@testable import JobRunners

extension ComputingTests {
  @Suite struct PromptListRunnerTests {
    private let spool: TemporarySpool
    private static let job =
      #"{"kind": "dataset", "source": "prompts", "file": "list.json", "output": "list"}"#

    init() throws { spool = try TemporarySpool() }

    private func result(_ job: String = job, output: String = "output") throws -> PromptListResult {
      guard case .dataset(.prompts(let list)) = try spool.run(job, output: output).outcome else {
        throw JobFailure(.internalError, "not the result of a prompts job")
      }
      return list
    }

    private func write(_ list: String) throws { try spool.write(Data(list.utf8), to: "list.json") }

    @Test func aListIsKeptForOFT() throws {
      try write(
        #"[{"prompt": "a", "object": "x"}, {"prompt": "A ", "object": "x"}, {"prompt": "b"}, {"prompt": "c", "object": "y"}]"#
      )
      let list = try result()
      #expect(
        list.file == "datasets/list/prompts.json" && list.rows == 4 && list.kept == 2 && list.objects == 2)
      #expect(list.faults.map(\.row) == [2] && list.duplicates.map(\.row) == [1] && !list.existed)
      let read = try PromptFile.entityPrompts(
        in: spool.read(list.file), format: .json, name: list.file)
      #expect(read == [EntityPrompt("a", object: "x"), EntityPrompt("c", object: "y")])
      #expect(try result(output: "again").existed)
      let page = String(decoding: try spool.read("output/report.html"), as: UTF8.self)
      #expect(page.contains("Entries at fault, left out") && page.contains("Prompts that were there before"))
    }

    @Test func duplicatesMayBeKept() throws {
      try write(#"[{"prompt": "a", "object": "x"}, {"prompt": "a", "object": "x"}]"#)
      let list = try result(Self.job.replacing("}", with: #", "drop_duplicates": false}"#))
      #expect(list.kept == 2 && list.duplicates.count == 1)
    }

    @Test func anotherListOfTheNameIsLeftAlone() throws {
      try write(#"[{"prompt": "a", "object": "x"}]"#)
      _ = try result()
      try write(#"[{"prompt": "b", "object": "x"}]"#)
      let failure = try #require(throws: JobFailure.self) { try result(output: "again") }
      #expect(failure.code == .conflict && failure.field == "output")
    }

    @Test(arguments: [
      ("[{\"prompt\": \"\"}]", JobFailure.Code.empty), ("[", .truncated), ("{}", .wrongType),
    ])
    func aListThatCannotBeUsedIsNamed(text: String, code: JobFailure.Code) throws {
      try write(text)
      let failure = try #require(throws: JobFailure.self) { try result() }
      #expect(failure.code == code && failure.field == "file" && failure.message.hasPrefix("list.json"))
      #expect(!FileManager.default.fileExists(atPath: spool.path("datasets/list")))
    }
  }
}
