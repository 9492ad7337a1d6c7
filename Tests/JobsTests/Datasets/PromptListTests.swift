import Foundation
import Testing

@testable import Jobs

@Suite struct PromptListTests {
  private func list(_ text: String) throws(JobFailure) -> PromptList { try PromptList(Data(text.utf8)) }

  @Test func keepsWhatIsSoundAndTellsTheRest() throws {
    let list = try list(
      """
      [{"prompt": " An unripe apple. ", "object": "apple"}, {"prompt": "", "object": "apple"}, {"prompt": "a"},
       {"prompt": "b", "object": 3}, "text", {"prompt": "an unripe  APPLE.", "object": "fruit"},
       {"prompt": "c", "object": "\\t", "note": 1}, {"prompt": "d", "object": "thing", "note": 2}]
      """)
    #expect(list.rows == 8)
    #expect(list.entries.map(\.prompt) == ["An unripe apple.", "an unripe  APPLE.", "d"])
    #expect(list.entries.map(\.row) == [0, 5, 7])
    #expect(
      list.faults.map { "\($0.row) \($0.field ?? "-")" } == [
        "1 prompt", "2 object", "3 object", "4 -", "6 object",
      ])
    #expect(list.duplicates == [.init(row: 5, of: 0, prompt: "an unripe  APPLE.")])
    #expect(list.otherColumns == ["note": 2])
  }

  @Test func whatIsKeptIsAPromptsFileForOFT() throws {
    var list = try list(
      #"[{"prompt": "a \"b\"/ü", "object": "x"}, {"prompt": "a \"B\"/Ü", "object": "y"}, {"prompt": "c", "object": "z"}]"#
    )
    list.dropDuplicates()
    let content = try list.fileContent()
    let read = try PromptFile.entityPrompts(in: content, format: .json, name: "prompts.json")
    #expect(read == [EntityPrompt("a \"b\"/ü", object: "x"), EntityPrompt("c", object: "z")])
  }

  @Test(arguments: [
    ("{}", JobFailure.Code.wrongType), ("[1", .truncated), ("", .empty), ("[{\"prompt\": }]", .notJSON),
  ])
  func refusesWhatIsNoList(text: String, code: JobFailure.Code) throws {
    let failure = try #require(throws: JobFailure.self) { try list(text) }
    #expect(failure.code == code)
  }

  @Test func anEmptyListHasNothing() throws {
    let list = try list("[]")
    #expect(list.rows == 0 && list.entries.isEmpty && list.faults.isEmpty)
  }
}
