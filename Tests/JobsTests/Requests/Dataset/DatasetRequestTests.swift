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
    for name in DatasetRequest.fields(of: .scenes) where name != "output" {
      let expected = try #require(properties[name]?["default"] as? NSObject, "\(name)")
      #expect((job[name] as? NSObject)?.isEqual(expected) == true, "\(name)")
    }
  }

  @Test(arguments: [
    (#""output": "o""#, "missing_field source"), (#""source": "scenes""#, "missing_field output"),
    (#""source": "scene", "output": "o""#, "out_of_range source"),
    (#""source": "scenes", "output": "../o""#, "out_of_range output"),
    (#""source": "scenes", "output": "o", "held_out_subjects": 6"#, "out_of_range held_out_subjects"),
    (#""source": "scenes", "output": "o", "num_tuple": 6"#, "unknown_field num_tuple"),
    (#""source": "scenes", "output": "o", "difficulty": "hard""#, "out_of_range difficulty"),
  ])
  func namesFieldAndFault(fields: String, fault: String) {
    let found = problems(in: "{\"kind\": \"dataset\", \(fields)}").map {
      "\($0.code.rawValue) \($0.field ?? "")"
    }
    #expect(found.contains(fault), "\(found)")
  }
}
