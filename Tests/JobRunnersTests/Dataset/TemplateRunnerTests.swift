import Foundation
import Images
import Jobs
import Synchronization
import Testing

@testable import JobRunners

extension ComputingTests {
  @Suite struct TemplateRunnerTests {
    private let templates: TemplateSpool
    private var spool: TemporarySpool { templates.spool }

    init() throws { templates = try TemplateSpool() }

    @Test func theBestPairsOfEachSubjectComeToReview() throws {
      let result = try templates.draw()
      #expect(result.drawn == 3 * 2 * 3 && result.pairs.count == 6 && result.belowMargin == 0)
      #expect(result.laws == ["ripeness": 4, "rust": 2] && result.decisionsFile == "night & day.review.json")
      let rows = try templates.rows()
      #expect(rows.map(\.pair) == result.pairs.map(\.name))
      for subject in ["apple", "banana", "iron gear"] {
        let margins = rows.filter { $0.subject == subject }.compactMap(\.margin)
        #expect(margins.count == 2 && margins[0] >= margins[1])
      }
      #expect(
        rows[0].implicitPrompt == ["an apple long before it is ripe"]
          && rows[0].explicitPrompt == ["a green apple"])
      #expect(rows[4].object == "gear" && rows[4].source == "A book, 2014")
      // The candidates are a data set of their own.
      let dataset = try TrainingDataset(
        folder: spool.path("outbox/night & day/candidates"), field: "dataset",
        resolver: spool.order("").folders.resolver)
      #expect(dataset.tuples.count == 6)
      #expect(DatasetLibrary.harmedFile(in: spool.path("outbox/night & day/candidates")) == nil)
    }

    /// Scores are those of a `score` job on the same pictures under the implicit prompt.
    @Test func marginsAreMeasuredUnderTheImplicitPrompt() throws {
      _ = try templates.draw()
      let row = try #require(try templates.rows().first)
      let images = [row.explicitImage[0], row.superficialImage[0]].map {
        "\"outbox/night & day/candidates/\($0)\""
      }
      let scored = try spool.run(
        """
        {"kind": "score", "model": "clip-mini", "items": [{"prompt": "\(row.implicitPrompt[0])", "images": [\(images.joined(separator: ", "))]}]}
        """, output: "scored"
      ).items()[0].images.map(\.score)
      #expect(
        abs(scored[0] - (row.explicitScore ?? 0)) < 1e-4
          && abs(scored[1] - (row.superficialScore ?? 0)) < 1e-4)
    }

    @Test func pairsBelowTheMarginDoNotComeToReview() throws {
      let all = try templates.draw(output: "outbox/all")
      let margins = all.pairs.compactMap(\.margin).sorted()
      let limit = (margins[2] + margins[3]) / 2
      let some = try templates.draw(["min_margin": limit], output: "outbox/some")
      #expect(some.pairs.allSatisfy { ($0.margin ?? 0) >= limit })
      #expect(some.pairs.map(\.name) == all.pairs.filter { ($0.margin ?? 0) >= limit }.map(\.name))
      #expect(some.belowMargin >= 3 && some.belowMargin + some.pairs.count <= 9)
    }

    @Test func withoutARewardTheFirstPairsComeToReview() throws {
      let result = try templates.draw(["reward": NSNull()])
      #expect(result.pairs.map(\.name).prefix(2) == ["ripeness-apple-0", "ripeness-apple-1"])
      #expect(result.pairs.allSatisfy { $0.margin == nil } && result.rewardModel == nil)
    }

    @Test func killedAtAnyMomentItEndsWithTheSameCandidates() throws {
      let moments = Mutex(0)
      let progress = Mutex<[JobProgress]>([])
      let context = JobContext(progress: { [spool] step in
        progress.withLock { $0.append(step) }
        let number = moments.withLock {
          $0 += 1
          return $0
        }
        guard number % 4 == 0 else { return }
        try? FileManager.default.copyItem(atPath: spool.path("whole"), toPath: spool.path("killed-\(number)"))
      })
      _ = try templates.draw(output: "whole", context)
      let steps = progress.withLock { $0 }
      #expect(steps.map(\.step) == Array(1...steps.count) && steps.allSatisfy { $0.total == steps.count })
      let sums = try spool.read("whole/candidates/SHA256SUMS")
      let page = try spool.read("whole/review.html")
      for number in stride(from: 4, through: steps.count, by: 4) {
        let done = Mutex<[JobProgress]>([])
        _ = try templates.draw(
          output: "killed-\(number)", JobContext(progress: { step in done.withLock { $0.append(step) } }))
        #expect(try spool.read("killed-\(number)/candidates/SHA256SUMS") == sums, "moment \(number)")
        #expect(try spool.read("killed-\(number)/review.html") == page, "moment \(number)")
        // An image is three steps, the last of them told of before it is recorded; no recorded one is drawn again.
        let drawn = done.withLock { $0 }.count { $0.stage == "write" }
        #expect(drawn == max(0, 18 - (number - 1) / 3), "moment \(number)")
        let left = try FileManager.default.contentsOfDirectory(atPath: spool.path("killed-\(number)"))
        #expect(!left.contains { $0.hasPrefix(".") }, "\(left)")
      }
    }

    @Test(arguments: [
      ("laws", "laws[0]", "did you mean \"ripeness\"?"), ("templates", "templates", "does not exist"),
      ("reward", "reward.model", "did you mean \"clip-mini\"?"),
      ("model", "model", "did you mean \"flux-mini\"?"),
    ])
    func namesTheFieldAtFault(name: String, field: String, said: String) throws {
      let wrong: [String: Any] = [
        "laws": ["ripenes"], "templates": "tabel.json", "reward": ["model": "clip-mino"],
        "model": "flux-mino",
      ]
      let failure = try spool.failure(TemplateSpool.job([name: try #require(wrong[name])]))
      #expect(failure.field == field && failure.message.contains(said), "\(failure)")
    }
  }
}
