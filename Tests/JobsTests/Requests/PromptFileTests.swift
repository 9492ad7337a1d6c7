import Foundation
import Testing

@testable import Jobs

@Suite struct PromptFileTests {
  private func prompts(_ text: String, _ format: PromptFile.Format) throws -> [PromptRequest] {
    try PromptFile.prompts(in: Data(text.utf8), format: format, name: "list")
  }

  @Test func readsOnePromptALine() throws {
    #expect(
      try prompts("\u{FEFF}a red apple\r\n\n  ein Apfel, grün \n", .text).map(\.prompt) == [
        "a red apple", "ein Apfel, grün",
      ])
  }

  @Test func readsTextsAndObjectsALine() throws {
    #expect(
      try prompts("\"a\"\n\n{\"prompt\": \"b\", \"seed\": 4}\n", .jsonLines) == [
        PromptRequest("a"), PromptRequest("b", seed: 4),
      ])
  }

  @Test func readsThePublishedTwoColumnLists() throws {
    let list =
      #"[{"prompt": "An unripe apple.", "object": "apple"}, {"prompt": "A rusty nail.", "object": "nail"}]"#
    #expect(try prompts(list, .json).map(\.object) == ["apple", "nail"])
  }

  @Test func namesTheLineOfABadEntry() throws {
    let failure = try #require(throws: JobFailure.self) {
      try prompts("\"a\"\n{\"prompt\": 3}\n{\"promt\": \"b\"}\nnonsense", .jsonLines)
    }
    #expect(failure.problems.map(\.line) == [2, 3, 3, 4])
    #expect(failure.problems.map(\.field) == ["prompt", "promt", "prompt", nil])
    #expect(failure.field == "prompts_file")
  }

  @Test(arguments: ["", "\n \n"])
  func refusesAFileWithoutPrompts(text: String) throws {
    let failure = try #require(throws: JobFailure.self) { try prompts(text, .text) }
    #expect(failure.code == .empty)
  }

  @Test func refusesTextThatIsNotUTF8() throws {
    let failure = try #require(throws: JobFailure.self) {
      try PromptFile.prompts(in: Data([0xE4, 0x0A]), format: .text, name: "latin1.txt")
    }
    #expect(failure.message == "latin1.txt: it is not UTF-8 text")
  }

  @Test(arguments: [("a.TXT", PromptFile.Format.text), ("b.c.jsonl", .jsonLines), ("d.json", .json)])
  func takesTheFormatFromTheName(name: String, format: PromptFile.Format) {
    #expect(PromptFile.Format(path: name) == format)
    #expect(PromptFile.Format(path: "prompts") == nil)
  }
}
