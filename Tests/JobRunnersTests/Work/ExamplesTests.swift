import Foundation
import Jobs
import Testing

@testable import JobRunners

extension ComputingTests {
  /// The job files that ship with the project do what they say, on the models that ship with it.
  @Suite struct ExamplesTests {
    private let spool: TemporarySpool
    private let shelf = ModelShelf(budget: 1 << 30)
    private static let files = URL(filePath: TemporarySpool.models).deletingLastPathComponent()

    init() throws {
      spool = try TemporarySpool()
      for folder in ["examples", "datasets"] {
        try FileManager.default.copyItem(
          atPath: Self.files.appending(path: folder).path, toPath: spool.path(folder))
      }
    }

    private func run(_ example: String) throws -> JobResult {
      let job = String(decoding: try spool.read("examples/\(example).json"), as: UTF8.self)
      return try spool.run(job, output: "outbox/\(example)", shelf: shelf)
    }

    @Test func theIllusionJobDrawsAndScoresEveryPromptTwice() throws {
      let images = try run("illusion").images()
      #expect(images.count == 16 && Set(images.map(\.prompt)).count == 8)
      #expect(images.allSatisfy { $0.score != nil && $0.height == 64 && $0.width == 64 })
    }

    @Test func promptsComeFromTheFileBesideTheExamples() throws {
      let images = try run("generate-from-file").images()
      #expect(images.count == 20 && images.allSatisfy { $0.score != nil })
    }

    @Test func oneJobScoresTheImagesOfAnother() throws {
      let drawn = try run("generate").images()
      #expect(drawn.count == 4)
      let items = try run("score").items()
      #expect(items.count == 1 && items[0].images.count == 2)
    }

    @Test func aReviewPublishesWhatTheTemplateJobDrew() throws {
      _ = try run("dataset-template")
      guard case .dataset(.review(let review)) = try run("dataset-review").outcome else {
        Issue.record("not the result of a review")
        return
      }
      #expect(review.accepted == 2 && review.rejected == 1 && review.undecided == 47)
    }

    @Test func publishedPromptsBecomeTuplesThatABenchmarkDraws() throws {
      guard case .dataset(.imported(let list)) = try run("dataset-import").outcome else {
        Issue.record("not the result of an import")
        return
      }
      #expect(list.entries == 2 && list.tuples == 4 && list.path == "datasets/commonsense")
      let job =
        #"{"kind": "benchmark", "suite": "generator", "model": "flux-mini", "dataset": "datasets/commonsense", "reward": {"model": "clip-mini"}, "num_inference_steps": 2, "num_images_per_prompt": 1}"#
      guard
        case .benchmark(.generator(let result)) = try spool.run(job, output: "outbox/drawn", shelf: shelf)
          .outcome
      else {
        Issue.record("not the result of a benchmark")
        return
      }
      #expect(result.setup.tuples == 4 && result.tiers.count == 3 && result.normalisedDifference != nil)
    }

    @Test func aPromptListIsKept() throws {
      guard case .dataset(.prompts(let list)) = try run("dataset-prompts").outcome else {
        Issue.record("not the result of a prompt list")
        return
      }
      #expect(list.rows == 3 && list.kept == 3)
    }

    @Test func theReviewFolderIsScored() throws {
      let items = try run("score-folder").items()
      #expect(items.map(\.prompt) == ["an unripe apple", "a television without power"])
      #expect(items.allSatisfy { $0.images.count == 2 })
    }
  }
}
