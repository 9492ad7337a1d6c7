import Evaluation
import Foundation
import Images
import Jobs
import Scenes
import Testing

@testable import JobRunners

extension ComputingTests {
  @Suite struct EvaluatorBenchmarkTests {
    private let spool: TemporarySpool
    private static let tuples = 32

    init() throws {
      spool = try TemporarySpool()
      try SceneDataset(count: Self.tuples, seed: 2002).write(to: URL(filePath: spool.path("datasets/test"))) {
        $0.pngData()
      }
    }

    private func job(_ fields: String = "") -> String {
      #"{"kind": "benchmark", "suite": "evaluator", "model": "clip-mini", "dataset": "datasets/test"\#(fields)}"#
    }

    private func result(_ fields: String = "") throws -> EvaluatorBenchmarkResult {
      guard case .benchmark(.evaluator(let result)) = try spool.run(job(fields)).outcome else {
        throw CocoaError(.featureUnsupported)
      }
      return result
    }

    private func rows() throws -> [EvaluatorBenchmarkResult.Row] {
      try spool.read("output/scores.jsonl").split(separator: UInt8(ascii: "\n")).map {
        try JobJSON.value(EvaluatorBenchmarkResult.Row.self, from: Data($0))
      }
    }

    @Test func agreesWithTheScoresOfAScoreJob() throws {
      let result = try result()
      let rows = try rows()
      let items = try spool.run(
        #"{"kind": "score", "model": "clip-mini", "folder": "datasets/test"}"#, output: "scored"
      ).items()
      #expect(rows.map(\.prompt) == items.map(\.prompt))
      #expect(rows.map(\.explicitScore) == items.map { $0.images[0].score })
      #expect(rows.map(\.superficialScore) == items.map { $0.images[1].score })
      #expect(rows.map(\.explicitImage) == items.map { $0.images[0].file })
      let right = items.count { $0.images[0].score > $0.images[1].score }
      #expect(result.overall.correct == right && result.overall.n == Self.tuples)
      let interval = Rate(successes: right, n: Self.tuples).wilsonInterval
      #expect(result.overall.low == interval.lowerBound && result.overall.high == interval.upperBound)
    }

    @Test func groupsAddUpAndMistakesComeWorstFirst() throws {
      let result = try result(#", "group_by": ["subject", "difficulty"]"#)
      #expect(Set(result.groups.keys) == ["subject", "difficulty"])
      let groupings = [result.categories, result.laws, result.orientations] + Array(result.groups.values)
      for groups in groupings {
        #expect(groups.values.reduce(0) { $0 + $1.n } == Self.tuples)
        #expect(groups.values.reduce(0) { $0 + $1.correct } == result.overall.correct)
      }
      #expect(result.laws.count == 16 && Set(result.orientations.keys) == ["subject", "condition"])
      #expect(result.orientations["subject"]?.n == 12)
      let wrong = result.overall.n - result.overall.correct
      #expect(wrong > 0 && result.mistakes.count == min(wrong, EvaluatorBenchmarkResult.mistakeLimit))
      #expect(result.mistakes.map(\.margin) == result.mistakes.map(\.margin).sorted())
      let page = String(decoding: try spool.read("output/report.html"), as: UTF8.self)
      #expect(page.contains("The worst mistakes") && page.contains("<svg"))
    }

    @Test func equalPicturesAreNoRightAnswer() throws {
      let picture = RGBImage(width: 8, height: 8, pixels: [UInt8](repeating: 90, count: 192)).pngData()
      try spool.write(picture, to: "datasets/even/a.png")
      let row = """
        {"implicit_prompt": "p", "explicit_prompt": "e", "superficial_prompt": "s", "explicit_image": "a.png", \
        "superficial_image": "a.png", "category": "magic", "law": "levitation"}
        """
      try spool.write(Data(row.utf8), to: "datasets/even/metadata.jsonl")
      let even = job().replacing("datasets/test", with: "datasets/even")
      guard case .benchmark(.evaluator(let result)) = try spool.run(even).outcome else { return }
      #expect(result.overall.correct == 0 && result.overall.n == 1 && result.mistakes.count == 1)
      #expect(result.orientations.isEmpty && result.laws["levitation"]?.n == 1)
    }

    @Test func namesTheRowsWithoutAColumn() throws {
      let failure = try spool.failure(job(#", "group_by": ["weather"]"#))
      #expect(failure.field == "dataset" && failure.message.contains("32 of 32 rows"), "\(failure)")
      #expect(failure.message.contains("metadata.jsonl, row 1") && failure.message.contains("weather"))
    }

    @Test func anEqualJobGivesEqualScores() throws {
      _ = try result()
      let first = try spool.read("output/scores.jsonl")
      _ = try spool.run(job(), output: "again")
      #expect(try spool.read("again/scores.jsonl") == first)
    }
  }
}
