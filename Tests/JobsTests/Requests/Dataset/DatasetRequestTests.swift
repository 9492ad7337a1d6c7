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
    guard case .scenes(let scenes) = try request(text) else { return }
    #expect(scenes.output == "night_2" && scenes.tuples == 40 && scenes.testTuples == 0)
    #expect(scenes.heldOutSubjects == 1 && scenes.heldOutWordings == 5 && scenes.seed == .max)
    #expect(scenes.size == 128 && scenes.difficulty == .complex)
  }

  @Test func theResolvedJobSpellsOutTheDefaultsOfTheSchemaAndIsAJobAgain() throws {
    let read = try request(#"{"kind": "dataset", "source": "scenes", "output": "o"}"#)
    let file = try JobJSON.file(ResolvedJob(options: JobOptions(), work: .dataset(read)))
    #expect(try request(String(decoding: file, as: UTF8.self)) == read)
    let job = try #require(JSONSerialization.jsonObject(with: file) as? [String: Any])
    let properties = try #require(try SchemaTests.schema(.dataset)["properties"] as? [String: [String: Any]])
    for name in DatasetRequest.fields(of: .scenes) where name != "output" && name != "num_tuples" {
      let expected = try #require(properties[name]?["default"] as? NSObject, "\(name)")
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
  ])
  func namesFieldAndFault(fields: String, fault: String) {
    let found = problems(in: "{\"kind\": \"dataset\", \(fields)}").map {
      "\($0.code.rawValue) \($0.field ?? "")"
    }
    #expect(found.contains(fault), "\(found)")
  }
}
