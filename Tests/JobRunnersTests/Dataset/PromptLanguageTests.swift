import Foundation
import Testing

@testable import JobRunners

@Suite struct PromptLanguageTests {
  private static let list = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Fixtures/prompt-languages.tsv").standardized

  /// The figures of `docs/datasets.md`.
  @Test func isRightOfShortPromptsAsOftenAsTheDocsSay() throws {
    var counts = (right: 0, undetermined: 0, wrong: 0)
    for line in try String(contentsOf: Self.list, encoding: .utf8).split(separator: "\n") {
      let fields = line.split(separator: "\t").map(String.init)
      switch PromptLanguage.code(of: fields[1]) {
      case fields[0]: counts.right += 1
      case PromptLanguage.undetermined: counts.undetermined += 1
      case let other:
        counts.wrong += 1
        print("\(fields[1]): \(fields[0]), taken for \(other)")
      }
    }
    #expect(counts.right == 127 && counts.undetermined == 16 && counts.wrong == 3, "\(counts)")
  }

  @Test(arguments: [("", "undetermined"), ("12 + 3 = 15!", "undetermined"), ("תפוח לא בשל על השולחן", "he")])
  func namesLanguagesAsISODoes(text: String, code: String) { #expect(PromptLanguage.code(of: text) == code) }
}
