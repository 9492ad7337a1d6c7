import Foundation
import Testing

@testable import Jobs

@Suite struct PublishedPromptsTests {
  private func read(_ text: String, _ format: PublishedPrompts.Format) throws(JobFailure) -> PublishedPrompts
  {
    try PublishedPrompts(Data(text.utf8), format: format, category: "heat")
  }

  @Test func aCommonsenseEntryIsTwoTuplesThatMirrorEachOther() throws {
    let prompts = try read(
      """
      [{"prompt1": " A lamp without power ", "prompt2": "A lamp with power", "description1": "The lamp is dark\\nThe room is dark",
        "description2": "The lamp is lit", "category": "Physical Laws", "likelihood": 95}]
      """, .commonsense)
    #expect(prompts.entries == 1 && prompts.faults.isEmpty)
    let dark = "The lamp is dark, The room is dark"
    #expect(
      prompts.tuples == [
        .init(
          implicit: "A lamp without power", explicit: dark, superficial: "The lamp is lit",
          category: "Physical Laws", law: "Physical Laws", entry: 0),
        .init(
          implicit: "A lamp with power", explicit: "The lamp is lit", superficial: dark,
          category: "Physical Laws",
          law: "Physical Laws", entry: 0),
      ])
  }

  @Test func aPhyBenchEntryIsAPromptWithItsOutcome() throws {
    let prompts = try read(
      """
      [{"prompt": "A glass of tea at minus twenty degrees.", "normal": "It freezes.", "grading": "Scene: … Physics: …",
        "law": "Liquid solidification", "DALLE3": "/somewhere/0.png"},
       {"scene": "A glass.", "normal": "It stands.", "law": "Gravity"}]
      """, .phybench)
    #expect(
      prompts.tuples == [
        .init(
          implicit: "A glass of tea at minus twenty degrees.",
          explicit: "A glass of tea at minus twenty degrees. It freezes.", category: "heat",
          law: "Liquid solidification", entry: 0, grading: "Scene: … Physics: …"),
        .init(
          implicit: "A glass.", explicit: "A glass. It stands.", category: "heat", law: "Gravity", entry: 1),
      ])
  }

  @Test func aLineAnObjectIsReadLikeAnArray() throws {
    let line = #"{"prompt": "a", "normal": "b", "law": "c"}"#
    #expect(try read("\n\(line)\n\n\(line)\r\n", .phybench).tuples.count == 2)
    let failure = try #require(throws: JobFailure.self) { try read("\(line)\n{", .phybench) }
    #expect(failure.message.hasPrefix("line 2: "))
  }

  @Test func entriesThatCannotBeUsedAreTold() throws {
    let prompts = try read(
      """
      [{"prompt1": "a", "prompt2": "b", "description1": "c"}, 3,
       {"prompt1": "a", "prompt2": "", "description1": "c", "description2": 4},
       {"prompt1": "a", "prompt2": "b", "description1": "c", "description2": "d"}]
      """, .commonsense)
    #expect(prompts.entries == 4 && prompts.tuples.count == 2 && prompts.tuples.allSatisfy { $0.entry == 3 })
    #expect(
      prompts.faults.map { "\($0.row) \($0.field ?? "-")" } == [
        "0 description2", "1 -", "2 prompt2", "2 description2",
      ])
    // The files of the one are not those of the other.
    let other = try read(#"[{"prompt": "a", "normal": "b", "law": "c"}]"#, .commonsense)
    #expect(other.tuples.isEmpty && other.faults.count == 4)
  }

  @Test(arguments: [("{}", 1), ("[]", 0)]) func nothingIsNoTuple(text: String, entries: Int) throws {
    let prompts = try read(text, .phybench)
    #expect(prompts.tuples.isEmpty && prompts.entries == entries)
  }

  @Test(arguments: [("3", JobFailure.Code.wrongType), ("[", .truncated), ("", .empty)])
  func whatIsNoListIsNamed(text: String, code: JobFailure.Code) throws {
    #expect(try #require(throws: JobFailure.self) { try read(text, .phybench) }.code == code)
  }

  @Test func theRowsAreTuplesThatBenchmarksRead() throws {
    let prompts = try read(#"[{"prompt": "a", "normal": "b", "grading": "g", "law": "c"}]"#, .phybench)
    let text = String(decoding: try prompts.fileContent(), as: UTF8.self)
    #expect(text.contains(#""scene_scoring":"g""#) && !text.contains("superficial"))
    let dataset = try TrainingDataset(
      prompts.fileContent(), name: "m", field: "dataset", readsImages: false
    ) { path throws(JobFailure) in path }
    #expect(dataset.tuples[0].explicitPrompts == ["a b"] && dataset.tuples[0].superficialPrompts.isEmpty)
  }
}
