import Foundation
import Testing

@testable import Jobs

/// The schemas and examples that ship in `Spool/` say what the reader says.
@Suite struct SchemaTests {
  private static let spool = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../Spool").standardized

  private func properties(_ object: Any?) throws -> Set<String> {
    let schema = try #require(object as? [String: Any])
    return Set(try #require(schema["properties"] as? [String: Any]).keys)
  }

  private func schema(_ kind: JobRequest.Kind) throws -> [String: Any] {
    let file = Self.spool.appending(path: "schema/\(kind.rawValue).schema.json")
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

  @Test func everyExampleIsAJob() throws {
    let folder = Self.spool.appending(path: "examples")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
      $0.hasSuffix(".json")
    }
    #expect(files.count >= 5)
    for file in files {
      #expect(throws: Never.self, "\(file)") {
        try JobRequest(reading: Data(contentsOf: folder.appending(path: file)))
      }
    }
  }

  @Test func theExamplePromptFileHasPrompts() throws {
    let file = Self.spool.appending(path: "examples/prompts.jsonl")
    let prompts = try PromptFile.prompts(in: Data(contentsOf: file), format: .jsonLines, name: file.path)
    #expect(prompts.count == 5 && prompts[3].seed == 40)
  }
}
