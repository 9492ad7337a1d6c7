import Foundation
import Testing

@testable import Jobs

@Suite struct TemplateTableTests {
  /// A table with one task and one subject, with parts replaced.
  static func table(
    implicit: String = #"["{phrase} {condition}"]"#, explicit: String = #"["a {right} {name}"]"#,
    superficial: String = #"["a {wrong} {name}"]"#, conditions: String = #"["long before it is ripe"]"#,
    values: String = #"{"right": "green", "wrong": "red"}"#, source: String = "book", more: String = ""
  ) -> String {
    """
    {"title": "t", "sources": {"book": "A book, 2014"}, "tasks": [
      {"law": "ripeness", "category": "biology", "conditions": \(conditions), "implicit": \(implicit), "explicit": \(explicit),
       "superficial": \(superficial), "subjects": [
        {"name": "apple", "phrase": "an apple", "values": \(values), "science": "Chlorophyll.", "source": "\(source)"\(more)}]}]}
    """
  }

  private func cases(_ text: String) throws(JobFailure) -> [TemplateTable.Case] {
    try TemplateTable(Data(text.utf8)).cases
  }

  @Test func fillsTemplatesWithSubjectsAndConditions() throws {
    let text = Self.table(
      implicit: #"["{phrase} {condition}", "one unripe {name}"]"#,
      conditions: #"["in May", "picked too early"]"#)
    let one = try #require(try cases(text).first)
    #expect(one.implicit == ["an apple in May", "an apple picked too early", "one unripe apple"])
    #expect(one.explicit == ["a green apple"] && one.superficial == ["a red apple"])
    #expect(one.law == "ripeness" && one.category == "biology" && one.object == "apple")
    #expect(one.name == "ripeness-apple" && one.science == "Chlorophyll." && one.source == "A book, 2014")
  }

  @Test func aSubjectMayHaveItsOwnObjectAndConditions() throws {
    let one = try #require(
      try cases(Self.table(more: #", "object": "fruit", "conditions": ["in spring"]"#)).first)
    #expect(one.object == "fruit" && one.implicit == ["an apple in spring"])
  }

  @Test(arguments: [
    (
      Self.table(explicit: #"["a {color} {name}"]"#), "missing_field tasks[0].subjects[0].values", "\"color\""
    ),
    (
      Self.table(values: #"{"right": "green", "wrong": "red", "size": "s"}"#),
      "unknown_field tasks[0].subjects[0].values", "\"size\""
    ),
    (
      Self.table(values: #"{"right": "red", "wrong": "red"}"#), "conflict tasks[0].subjects[0].values", "same"
    ),
    (Self.table(source: "bok"), "out_of_range tasks[0].subjects[0].source", "did you mean \"book\"?"),
    (Self.table(explicit: "[]"), "out_of_range tasks[0].explicit", "empty list"),
    (
      Self.table(more: #", "scince": "x""#), "unknown_field tasks[0].subjects[0].scince",
      "did you mean \"science\"?"
    ),
    (
      Self.table(superficial: #"["a {wrong} {condition}"]"#), "missing_field tasks[0].subjects[0].values",
      "\"condition\""
    ),
  ])
  func namesPlaceAndFault(text: String, fault: String, said: String) throws {
    let failure = try #require(throws: JobFailure.self) { try cases(text) }
    let found = failure.problems.map { "\($0.code.rawValue) \($0.field ?? "")" }
    #expect(found.contains(fault), "\(found)")
    #expect(failure.problems.contains { $0.message.contains(said) && $0.line != nil })
  }

  @Test func aSubjectThatIsThereTwiceIsAnError() throws {
    let text = Self.table().replacing(
      "\"subjects\": [",
      with:
        #""subjects": [{"name": "Apple!", "values": {"right": "a", "wrong": "b"}, "science": "s", "source": "book"},"#
    )
    let failure = try #require(throws: JobFailure.self) { try cases(text) }
    #expect(failure.code == .conflict)
  }
}

/// The table that ships with the project.
@Suite struct TaskTableTests {
  private let cases: [TemplateTable.Case]

  init() throws {
    let file = SchemaTests.spool.appending(path: "datasets/templates/tasks.json")
    cases = try TemplateTable(Data(contentsOf: file)).cases
  }

  @Test func hasTheSixteenTasksWithSixSubjectsOrMore() {
    let tasks = Dictionary(grouping: cases, by: \.law)
    #expect(tasks.count == 16)
    for (law, cases) in tasks {
      #expect(cases.count >= 6, "\(law)")
      #expect(Set(cases.map(\.category)).count == 1, "\(law)")
      #expect(cases.allSatisfy { $0.implicit.count >= 2 }, "\(law)")
    }
    let categories = Dictionary(tasks.values.map { ($0[0].category, 1) }, uniquingKeysWith: +)
    #expect(categories == ["physics": 9, "chemistry": 3, "biology": 4])
  }

  @Test func everyRowSaysWhyAndWhere() {
    for one in cases {
      #expect(
        one.science.count > 20 && one.source.contains(", 1997") || one.source.contains(", 20"), "\(one.name)")
      for prompt in one.implicit + one.explicit + one.superficial {
        #expect(!prompt.contains("{") && !prompt.contains("  "), "\(prompt)")
        #expect(!prompt.contains(" a a ") && !prompt.contains(" an a "), "\(prompt)")
      }
    }
  }

  /// An implicit prompt that says the outcome would not be implicit.
  @Test func noImplicitPromptSaysTheOutcome() {
    for one in cases {
      for implicit in one.implicit {
        #expect(!one.explicit.contains(implicit) && !one.superficial.contains(implicit), "\(implicit)")
      }
    }
  }
}
