import Foundation
import Jobs
import Testing

@testable import JobRunners

extension ComputingTests {
  @Suite struct ReviewRunnerTests {
    private let templates: TemplateSpool
    private var spool: TemporarySpool { templates.spool }

    init() throws {
      templates = try TemplateSpool()
      _ = try templates.draw()
    }

    private func job(_ decisions: [String: String], of: String = "night & day") throws -> String {
      let fields: [String: Any] = [
        "kind": "dataset", "source": "review", "of": of, "output": "reviewed", "decisions": decisions,
      ]
      return String(decoding: try JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
    }

    private func publish(_ decisions: [String: String], output: String = "published") throws -> ReviewResult {
      guard case .dataset(.review(let result)) = try spool.run(try job(decisions), output: output).outcome
      else {
        throw JobFailure(.internalError, "not the result of a review job")
      }
      return result
    }

    @Test func acceptedPairsBecomeADataSetAndSwappedOnesChangePlaces() throws {
      let rows = try templates.rows()
      let decisions = [rows[0].pair: "accept", rows[2].pair: "swap", rows[3].pair: "reject"]
      let result = try publish(decisions)
      #expect(result.path == "datasets/reviewed" && result.accepted == 2 && result.swapped == 1)
      #expect(
        result.rejected == 1 && result.undecided == 3 && result.laws == ["ripeness": 2] && !result.existed)
      let published = try templates.rows("datasets/reviewed")
      #expect(
        published.map(\.pair) == [rows[0].pair, rows[2].pair] && published.map(\.swapped) == [false, true])
      #expect(
        published[1].explicitScore == rows[2].superficialScore
          && published[0].explicitScore == rows[0].explicitScore)
      func bytes(_ folder: String, _ name: String) throws -> Data { try spool.read("\(folder)/\(name)") }
      let drawn = "outbox/night & day/candidates"
      for (row, isSwapped) in [(rows[0], false), (rows[2], true)] {
        let names = [row.explicitImage[0], row.superficialImage[0]]
        for (name, original) in zip(names, isSwapped ? names.reversed() : names) {
          #expect(try bytes("datasets/reviewed", name) == bytes(drawn, original))
        }
      }
      let dataset = try TrainingDataset(
        folder: result.path, field: "dataset", resolver: spool.order("").folders.resolver)
      #expect(dataset.tuples.count == 2)
      #expect(try publish(decisions, output: "again").existed)
    }

    @Test func otherDecisionsDoNotReplaceADataSet() throws {
      let rows = try templates.rows()
      _ = try publish([rows[0].pair: "accept"])
      let failure = try #require(throws: JobFailure.self) {
        try publish([rows[1].pair: "accept"], output: "again")
      }
      #expect(failure.code == .conflict && failure.field == "output")
    }

    @Test func whatCannotBePublishedIsNamed() throws {
      let pair = try templates.rows()[0].pair
      #expect(try spool.failure(job([pair: "reject"])).code == .empty)
      let unknown = try spool.failure(job(["\(pair)x": "accept"]))
      #expect(unknown.code == .badInput && unknown.message.contains("did you mean \"\(pair)\"?"))
      let missing = try spool.failure(job([pair: "accept"], of: "nothing"))
      #expect(missing.code == .missingInput && missing.field == "of")
      try spool.write(Data("x".utf8), to: "outbox/night & day/candidates/\(pair)-explicit.png")
      let harmed = try spool.failure(job([pair: "accept"]))
      #expect(harmed.code == .badInput && harmed.message.contains("\(pair)-explicit.png"))
      #expect(!FileManager.default.fileExists(atPath: spool.path("datasets/reviewed")))
    }
  }
}
