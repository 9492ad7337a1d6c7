import Foundation
import Testing

@testable import Jobs

/// The schemas and examples that ship in `Spool/` say what the reader says.
@Suite struct SchemaTests {
  static let spool = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../Spool").standardized

  private func properties(_ object: Any?) throws -> Set<String> {
    let schema = try #require(object as? [String: Any])
    return Set(try #require(schema["properties"] as? [String: Any]).keys)
  }

  private func schema(_ kind: JobRequest.Kind) throws -> [String: Any] { try Self.schema(kind) }

  static func schema(_ kind: JobRequest.Kind) throws -> [String: Any] {
    let file = spool.appending(path: "schema/\(kind.rawValue).schema.json")
    return try #require(JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
  }

  private func names<Field: FieldNames>(_ fields: Field.Type) -> Set<String> {
    Set(fields.allCases.map(\.rawValue))
  }

  @Test func theGenerateSchemaHasTheFieldsOfTheReader() throws {
    let schema = try schema(.generate)
    #expect(
      try properties(schema) == names(GenerateRequest.Field.self).union(names(JobOptions.Field.self)))
    let parts = try #require(schema["properties"] as? [String: Any])
    #expect(try properties(parts["adapter"]) == names(AdapterRequest.Field.self))
    #expect(try properties(parts["sampler"]) == names(SamplerRequest.Field.self))
    #expect(try properties(parts["score"]) == names(ScoringRequest.Field.self))
    let prompts = try #require((parts["prompts"] as? [String: Any])?["items"] as? [String: Any])
    #expect(try properties((prompts["anyOf"] as? [Any])?.last) == names(PromptRequest.Field.self))
  }

  @Test func theScoreSchemaHasTheFieldsOfTheReader() throws {
    let schema = try schema(.score)
    #expect(try properties(schema) == names(ScoreRequest.Field.self).union(names(JobOptions.Field.self)))
    let items = (schema["properties"] as? [String: Any])?["items"] as? [String: Any]
    #expect(try properties(items?["items"]) == names(ScoreItem.Field.self))
  }

  @Test func theTrainingSchemasHaveTheFieldsOfTheReaders() throws {
    let common = names(JobOptions.Field.self)
    let reward = names(RewardRequest.Field.self).union(RewardRequest.sharedFields)
    #expect(try properties(schema(.reward)) == reward.union(common))
    let sft = names(SFTRequest.Field.self).union(SFTRequest.sharedFields)
    #expect(try properties(schema(.sft)) == sft.union(common))
    let oft = names(OFTRequest.Field.self).union(OFTRequest.sharedFields)
    #expect(try properties(schema(.oft)) == oft.union(common))
  }

  @Test func theBenchmarkSchemaHasTheFieldsOfTheReader() throws {
    let own = names(BenchmarkRequest.Field.self)
    #expect(try properties(schema(.benchmark)) == own.union(names(JobOptions.Field.self)))
  }

  @Test func theDatasetSchemaHasTheFieldsOfTheReader() throws {
    let own = names(DatasetRequest.Field.self).union(DatasetRequest.sharedFields)
    #expect(try properties(schema(.dataset)) == own.union(names(JobOptions.Field.self)))
  }

  @Test(arguments: [JobRequest.Kind.sft, .oft])
  func thePartsOfAnAdapterTrainingHaveTheFieldsOfTheReaders(kind: JobRequest.Kind) throws {
    let parts = try #require(try schema(kind)["properties"] as? [String: Any])
    #expect(try properties(parts["init_adapter"]) == names(InitialAdapterRequest.Field.self))
    #expect(try properties(parts["promote_if"]) == names(PromotionRequest.Field.self))
    #expect(try properties(parts["reward"]) == names(ScoringRequest.Field.self))
    let prompts = try #require((parts["validation_prompts"] as? [String: Any])?["items"] as? [String: Any])
    // Negative prompts are read to be refused.
    let known = names(PromptRequest.Field.self).subtracting(["negative_prompt"])
    #expect(try properties((prompts["anyOf"] as? [Any])?.last) == known)
  }

  @Test func thePartsOfTheOFTSchemaHaveTheFieldsOfTheReader() throws {
    let parts = try #require(try schema(.oft)["properties"] as? [String: Any])
    let detector = (parts["detector"] as? [String: Any])?["anyOf"] as? [Any]
    #expect(try properties(detector?.first) == names(OFTRequest.Detector.Field.self))
    #expect(try properties(parts["detector_quirks"]) == names(OFTRequest.DetectorQuirks.Field.self))
    #expect(try properties(parts["guard"]) == names(OFTRequest.GuardLimits.Field.self))
    let prompts = (parts["prompts"] as? [String: Any])?["items"] as? [String: Any]
    #expect(try properties((prompts?["anyOf"] as? [Any])?.last) == names(EntityPrompt.Field.self))
  }

  @Test func everyExampleIsAJob() throws {
    let folder = Self.spool.appending(path: "examples")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
      $0.hasSuffix(".json")
    }
    #expect(files.count >= 8)
    for file in files {
      #expect(throws: Never.self, "\(file)") {
        try DroppedJob(reading: Data(contentsOf: folder.appending(path: file)))
      }
    }
  }

  @Test func theExamplePromptFileHasPrompts() throws {
    let file = Self.spool.appending(path: "examples/prompts.jsonl")
    let prompts = try PromptFile.prompts(in: Data(contentsOf: file), format: .jsonLines, name: file.path)
    #expect(prompts.count == 5 && prompts[3].seed == 40)
  }
}
