import Foundation
import Testing

@testable import Jobs

@Suite struct DatasetRequestTests {
  private func request(_ text: String) throws -> DatasetRequest {
    guard case .dataset(let request) = try JobRequest(reading: Data(text.utf8)).work else {
      throw CocoaError(.featureUnsupported)
    }
    return request
  }

  @Test func readsEveryFieldOfScenes() throws {
    let text = """
      {"kind": "dataset", "source": "scenes", "output": "night_2", "num_tuples": 40, "num_test_tuples": 0,
       "held_out_subjects": 1, "held_out_wordings": 5, "seed": 9223372036854775807, "size": 128, "difficulty": "complex"}
      """
    guard case .scenes(let scenes) = try request(text) else {
      Issue.record("not scenes")
      return
    }
    #expect(scenes.output == "night_2" && scenes.tuples == 40 && scenes.testTuples == 0)
    #expect(scenes.heldOutSubjects == 1 && scenes.heldOutWordings == 5 && scenes.seed == .max)
    #expect(scenes.size == 128 && scenes.difficulty == .complex)
  }

  @Test func readsEveryFieldOfFolderAndPrompts() throws {
    let folder = try request(
      #"{"kind": "dataset", "source": "folder", "folder": "d", "splits": ["a", "b"], "near_duplicate_bits": 0, "strict": true}"#
    )
    guard case .folder(let folder) = folder else {
      Issue.record("not a folder")
      return
    }
    #expect(
      folder.folder == "d" && folder.splits == ["a", "b"] && folder.nearDuplicateBits == 0 && folder.strict)
    let list = try request(
      #"{"kind": "dataset", "source": "prompts", "file": "l.json", "output": "o", "drop_duplicates": false}"#)
    guard case .prompts(let list) = list else {
      Issue.record("not prompts")
      return
    }
    #expect(list.file == "l.json" && list.output == "o" && !list.dropDuplicates)
  }

  @Test func readsEveryFieldOfImport() throws {
    let text =
      #"{"kind": "dataset", "source": "import", "format": "phybench", "file": "heat.json", "output": "o", "category": "c"}"#
    guard case .imported(let list) = try request(text) else {
      Issue.record("not an import")
      return
    }
    #expect(
      list.format == .phybench && list.file == "heat.json" && list.output == "o" && list.category == "c")
  }

  @Test func readsEveryFieldOfTemplateAndReview() throws {
    let template = try request(
      """
      {"kind": "dataset", "source": "template", "templates": "t.json", "model": "m", "output": "o", "laws": ["rust"],
       "num_candidates": 3, "num_kept": 1, "min_margin": -0.5, "height": 32, "width": 48, "num_inference_steps": 4,
       "guidance_scale": 0, "seed": 9, "reward": {"model": "r"}}
      """)
    guard case .template(let template) = template else {
      Issue.record("not a template")
      return
    }
    #expect(template.templates == "t.json" && template.model == "m" && template.output == "o")
    #expect(template.laws == ["rust"] && template.candidates == 3 && template.kept == 1)
    #expect(template.minMargin == -0.5 && template.height == 32 && template.width == 48)
    #expect(template.inferenceSteps == 4 && template.guidanceScale == 0 && template.seed == 9)
    #expect(template.reward?.model == "r")
    let review = try request(
      #"{"kind": "dataset", "source": "review", "of": "t", "output": "o", "decisions": {"a-0": "swap", "b-1": "reject"}}"#
    )
    guard case .review(let review) = review else {
      Issue.record("not a review")
      return
    }
    #expect(review.of == "t" && review.decisions == ["a-0": .swap, "b-1": .reject])
  }

  /// A job of a source that says no more than it must.
  static let least: [DatasetRequest.Source: String] = [
    .scenes: #""output": "o""#, .folder: #""folder": "d""#,
    .drawings: #""dataset": "d", "model": "m", "output": "o""#,
    .prompts: #""file": "l.json", "output": "o""#,
    .imported: #""format": "phybench", "file": "l.json", "output": "o""#,
    .template: #""templates": "t.json", "model": "m", "output": "o""#,
    .review: #""of": "t", "output": "o", "decisions": {}"#,
  ]

  @Test(arguments: DatasetRequest.Source.allCases)
  func theResolvedJobSpellsOutTheDefaultsOfTheSchemaAndIsAJobAgain(source: DatasetRequest.Source) throws {
    let text =
      "{\"kind\": \"dataset\", \"source\": \"\(source.rawValue)\", \(try #require(Self.least[source]))}"
    let read = try request(text)
    #expect(read.source == source)
    let file = try JobJSON.file(ResolvedJob(options: JobOptions(), work: .dataset(read)))
    #expect(try request(String(decoding: file, as: UTF8.self)) == read)
    let job = try #require(JSONSerialization.jsonObject(with: file) as? [String: Any])
    let properties = try #require(try SchemaTests.schema(.dataset)["properties"] as? [String: [String: Any]])
    for name in DatasetRequest.fields(of: source) {
      guard let expected = properties[name]?["default"] as? NSObject else { continue }
      #expect((job[name] as? NSObject)?.isEqual(expected) == true, "\(name)")
    }
  }

  @Test func readsEveryFieldOfDrawings() throws {
    let text = """
      {"kind": "dataset", "source": "drawings", "dataset": "datasets/a", "output": "b", "model": "m",
       "contrasts": [{"tier": "implicit", "adapter": {"name": "sft", "scale": 0.5}}, {"tier": "superficial"}],
       "num_tuples": 7, "include_originals": false, "height": 64, "width": 32, "num_inference_steps": 8,
       "guidance_scale": 1, "sampler": {"kind": "sde", "s_churn": 0.5}, "seed": 3}
      """
    let read = try request(text)
    guard case .drawings(let drawings) = read else { return }
    #expect(drawings.contrasts.map(\.tier) == [.implicit, .superficial])
    #expect(
      drawings.contrasts[0].adapter?.source == .name("sft") && drawings.contrasts[0].adapter?.scale == 0.5)
    #expect(
      drawings.tuples == 7 && !drawings.includesOriginals && drawings.height == 64 && drawings.width == 32)
    #expect(drawings.sampler == .sde(churn: 0.5, drift: .theory) && drawings.seed == 3)
    let file = try JobJSON.file(ResolvedJob(options: JobOptions(), work: .dataset(read)))
    #expect(try request(String(decoding: file, as: UTF8.self)) == read)
  }

  @Test func theSchemaKnowsWhichFieldsASourceHasAndNeeds() throws {
    // Of a file without a matrix, which may have what is needed in it.
    let single = try #require(try SchemaTests.schema(.dataset)["then"] as? [String: Any])
    let rules = try #require(single["allOf"] as? [[String: Any]])
    #expect(rules.count == DatasetRequest.Source.allCases.count)
    for (rule, source) in zip(rules, DatasetRequest.Source.allCases) {
      let condition = (rule["if"] as? [String: Any])?["properties"] as? [String: [String: String]]
      #expect(condition?["source"]?["const"] == source.rawValue)
      let then = try #require(rule["then"] as? [String: Any])
      let others = Set(DatasetRequest.sharedFields).subtracting(DatasetRequest.fields(of: source))
      #expect(Set(try #require(then["properties"] as? [String: Bool]).keys) == others)
      let needed = problems(in: "{\"kind\": \"dataset\", \"source\": \"\(source.rawValue)\"}")
      #expect(Set(needed.map { $0.field ?? "" }) == Set(try #require(then["required"] as? [String])))
      #expect(needed.allSatisfy { $0.code == .missingField })
    }
  }

  @Test(arguments: [
    (#""output": "o""#, "missing_field source"), (#""source": "scenes""#, "missing_field output"),
    (#""source": "scene", "output": "o""#, "out_of_range source"),
    (#""source": "scenes", "output": "../o""#, "out_of_range output"),
    (#""source": "scenes", "output": "o", "held_out_subjects": 6"#, "out_of_range held_out_subjects"),
    (#""source": "scenes", "output": "o", "num_tuple": 6"#, "unknown_field num_tuple"),
    (#""source": "scenes", "output": "o", "difficulty": "hard""#, "out_of_range difficulty"),
    (#""source": "scenes", "output": "o", "model": "flux-mini""#, "conflict model"),
    (#""source": "drawings", "output": "o", "model": "m""#, "missing_field dataset"),
    (#""source": "drawings", "output": "o", "model": "m", "dataset": "d", "size": 64"#, "conflict size"),
    (
      #""source": "drawings", "output": "o", "model": "m", "dataset": "d", "contrasts": [{"tier": "explicit"}]"#,
      "out_of_range contrasts[0].tier"
    ),
    (#""source": "scenes", "output": "o", "folder": "d""#, "conflict folder"),
    (#""source": "folder", "folder": "d", "output": "o""#, "conflict output"),
    (#""source": "folder", "folder": "d", "splits": ["../x"]"#, "out_of_range splits"),
    (
      #""source": "template", "templates": "t", "model": "m", "output": "o", "min_margin": 1"#,
      "conflict min_margin"
    ),
    (#""source": "review", "of": "../t", "output": "o", "decisions": {}"#, "out_of_range of"),
    (#""source": "review", "of": "t", "output": "o", "decisions": {"a": "keep"}"#, "out_of_range decisions"),
  ])
  func namesFieldAndFault(fields: String, fault: String) {
    let found = problems(in: "{\"kind\": \"dataset\", \(fields)}").map {
      "\($0.code.rawValue) \($0.field ?? "")"
    }
    #expect(found == [fault] || found.contains(fault) && fault.hasPrefix("missing"), "\(found)")
  }
}
