import Foundation
import Testing

@testable import Jobs

@Suite struct TrainingDatasetTests {
  private let root: URL
  private let resolver: PathResolver

  init() throws {
    root = FileManager.default.temporaryDirectory.appending(path: "training-dataset-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: root.appending(path: "datasets/set/pictures"), withIntermediateDirectories: true)
    for name in ["right.png", "wrong.png", "pictures/other.jpg", "../outside.png"] {
      try Data("picture".utf8).write(to: root.appending(path: "datasets/set/\(name)"))
    }
    resolver = PathResolver(jobFolder: root.path, spoolRoot: root.path)
  }

  private func dataset(_ lines: [String]) throws -> TrainingDataset {
    let file = root.appending(path: "datasets/set/metadata.jsonl")
    try Data(lines.joined(separator: "\n").utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: root) }
    return try TrainingDataset(folder: "datasets/set/", field: "dataset", resolver: resolver)
  }

  /// A good row with some of its fields said otherwise; nil leaves a field out.
  private func row(_ changes: [String: String?] = [:]) -> String {
    var fields: [String: String?] = [
      "implicit_prompt": #"["an unripe apple", "an apple before harvest"]"#,
      "explicit_prompt": #""a green apple""#,
      "superficial_prompt": #"["a red apple"]"#, "explicit_image": #"["right.png", "pictures/other.jpg"]"#,
      "superficial_image": #""wrong.png""#, "category": #""biology""#, "law": #""ripeness""#,
    ]
    for (name, value) in changes { fields[name] = .some(value) }
    let members = fields.compactMap { name, value in value.map { "\"\(name)\": \($0)" } }
    return "{\(members.sorted().joined(separator: ", "))}"
  }

  private func failure(_ lines: [String]) throws -> JobFailure {
    try #require(throws: JobFailure.self) { try dataset(lines) }
  }

  @Test func readsSingleValuesAndLists() throws {
    let set = try dataset([
      row(), "", row(["object": #""apple""#, "explicit_box": "[0.5, 0.5, 0.25, 1]", "place": "null"]) + "\r",
    ])
    #expect(set.rows == [1, 3])
    let real = root.resolvingSymlinksInPath().path + "/datasets/set"
    #expect(
      set.tuples[0]
        == TrainingTuple(
          implicitPrompts: ["an unripe apple", "an apple before harvest"], explicitPrompts: ["a green apple"],
          superficialPrompts: ["a red apple"],
          explicitImages: ["\(real)/right.png", "\(real)/pictures/other.jpg"],
          superficialImages: ["\(real)/wrong.png"], category: "biology", law: "ripeness"))
    #expect(set.tuples[1].object == "apple")
    #expect(set.tuples[1].explicitBox == UnitBox(cx: 0.5, cy: 0.5, width: 0.25, height: 1))
    #expect(set.tuples[0].prompts(.implicit).count == 2 && set.tuples[0].images(.superficial).count == 1)
  }

  @Test func readsWhatTheSceneWriterWrites() throws {
    // A row of `scispool scenes write`, its pictures renamed.
    let scene = """
      {"category":"biology","difficulty":"simple","explicit_box":[0.5,0.6,0.4,0.5],"explicit_image":["right.png"],\
      "explicit_prompt":["a green apple"],"implicit_prompt":["an unripe apple"],"law":"ripeness","object":"apple",\
      "prototype_prompt":["an apple"],"seed":"18446744073709551615","subject":"apple",\
      "superficial_box":[0.5,0.6,0.4,0.5],"superficial_image":["wrong.png"],"superficial_prompt":["a red apple"]}
      """
    #expect(try dataset([scene]).tuples[0].superficialBox != nil)
  }

  @Test(
    arguments: [
      ("implicit_prompt", nil, "is missing"), ("superficial_image", nil, "is missing"),
      ("law", nil, "is missing"),
      ("explicit_prompt", "3", "found 3, expected a text in quotes or a list of them"),
      ("explicit_prompt", "[]", "is an empty list"), ("explicit_prompt", "\"\"", "is empty"),
      ("category", "null", "found null"), ("object", "7", "found 7"),
      ("explicit_box", "[1, 2]", "expected [cx, cy"),
      ("explicit_image", "\"missing.png\"", "does not exist"),
      ("explicit_image", "\"pictures\"", "is a folder"),
      ("explicit_image", "\"../../outside.png\"", "leads out of the dataset's folder"),
      ("explicit_image", "\"/etc/passwd\"", "leads out of the dataset's folder"),
    ] as [(String, String?, String)])
  func namesFileRowFieldAndReason(field: String, value: String?, reason: String) throws {
    let failure = try failure([row(), row([field: value])])
    #expect(failure.code == .badInput && failure.field == "dataset")
    let problem = try #require(failure.problems.first)
    #expect(failure.problems.count == 1 && problem.field == field && problem.line == 2)
    #expect(problem.message.hasPrefix("datasets/set/metadata.jsonl, row 2: "))
    #expect(problem.message.contains(reason), "\(problem)")
    #expect(failure.message.hasPrefix("1 of 2 rows cannot be used, the first being \(field): "))
  }

  @Test func pointsAtTheAlternativeAtFault() throws {
    let failure = try failure([row(["explicit_image": #"["right.png", "gone.png"]"#, "law": "[\"a\", 5]"])])
    #expect(failure.problems.map(\.field) == ["explicit_image[1]", "law[1]"])
  }

  @Test func namesTheColumnThatWasProbablyMeant() throws {
    let failure = try failure([row(["implicit_prompt": nil, "implicit_promt": "\"a\""])])
    #expect(failure.problems.first?.hint == "The row has \"implicit_promt\".")
  }

  @Test(arguments: ["nonsense", "{\"implicit_prompt\": ", "[1]", "{\"a\": NaN}"])
  func namesTheRowThatIsNoObject(line: String) throws {
    #expect(try failure([row(), "", line]).problems.map(\.line) == [3])
  }

  @Test func reportsTwentyRowsAndCountsTheRest() throws {
    let bad = row(["law": nil, "category": "1"])
    let failure = try failure(Array(repeating: bad, count: 23) + [row()])
    #expect(failure.problems.count == 40)
    #expect(Set(failure.problems.compactMap(\.line)) == Set(1...20))
    #expect(failure.message.hasPrefix("23 of 24 rows cannot be used"))
  }

  @Test(arguments: [[], ["", "  \r"]])
  func refusesADatasetWithoutRows(lines: [String]) throws {
    let failure = try failure(lines)
    #expect(failure.code == .empty && failure.field == "dataset")
  }

  @Test func refusesAFolderWithoutMetadata() throws {
    defer { try? FileManager.default.removeItem(at: root) }
    let failure = try #require(throws: JobFailure.self) {
      try TrainingDataset(folder: "datasets", field: "validation_dataset", resolver: resolver)
    }
    #expect(failure.code == .missingInput && failure.field == "validation_dataset")
  }

  @Test func asksWhetherEachImageIsGood() throws {
    try Data(row().utf8).write(to: root.appending(path: "datasets/set/metadata.jsonl"))
    defer { try? FileManager.default.removeItem(at: root) }
    let failure = try #require(throws: JobFailure.self) {
      try TrainingDataset(folder: "datasets/set", field: "dataset", resolver: resolver) {
        $0.hasSuffix("other.jpg") ? "it is no JPEG" : nil
      }
    }
    #expect(failure.problems.map(\.field) == ["explicit_image[1]"])
    #expect(failure.problems.first?.message.hasSuffix("\"pictures/other.jpg\": it is no JPEG") == true)
  }
}
