import Foundation
import Images
import Jobs
import Testing

@testable import JobRunners

extension ComputingTests {
  @Suite struct DrawingsRunnerTests {
    private let spool: TemporarySpool

    init() throws {
      spool = try TemporarySpool()
      _ = try spool.run(
        #"{"kind": "dataset", "source": "scenes", "output": "scenes", "num_tuples": 16, "num_test_tuples": 0, "seed": 3}"#
      )
      try FileManager.default.removeItem(atPath: spool.path("output"))
    }

    private static let job = #"""
      {"kind": "dataset", "source": "drawings", "dataset": "datasets/scenes/train", "output": "drawn", "model": "flux-mini",
       "contrasts": [{"tier": "superficial"}, {"tier": "implicit"}], "num_tuples": 10, "height": 32, "width": 32,
       "num_inference_steps": 1, "seed": 5}
      """#

    private func drawings(_ result: JobResult) throws -> DrawingsResult {
      guard case .dataset(.drawings(let drawings)) = result.outcome else {
        throw JobFailure(.internalError, "not the result of a drawings job")
      }
      return drawings
    }

    private func sums() throws -> Data { try spool.read("datasets/drawn/SHA256SUMS") }

    @Test func originalsComeFirstThenEachContrast() throws {
      let result = try drawings(try spool.run(Self.job))
      #expect(result.originalTuples == 16 && result.drawnTuples == [10, 10] && !result.existed)
      let resolver = spool.order("").folders.resolver
      let read = try TrainingDataset(folder: "datasets/drawn", field: "dataset", resolver: resolver)
      let source = try TrainingDataset(folder: "datasets/scenes/train", field: "dataset", resolver: resolver)
      #expect(read.tuples.count == 36)
      for (drawn, original) in zip(read.tuples, source.tuples) {
        #expect(
          drawn.implicitPrompts == original.implicitPrompts && drawn.explicitBox == original.explicitBox)
        #expect(
          try Data(contentsOf: URL(filePath: drawn.explicitImages[0]))
            == Data(contentsOf: URL(filePath: original.explicitImages[0])))
      }
      // The second contrast goes on where the first ended.
      #expect(read.tuples[26].implicitPrompts == source.tuples[10].implicitPrompts)
      for tuple in read.tuples.suffix(20) {
        let pictures = try (tuple.explicitImages + tuple.superficialImages).map {
          try RGBImage(contentsOf: $0)
        }
        #expect(pictures.count == 2 && pictures.allSatisfy { $0.width == 32 && $0.height == 32 })
        #expect(pictures[0].pixels != pictures[1].pixels && tuple.explicitBox == nil)
      }
    }

    @Test func brokenOffItGoesOnAndEndsWithTheSameBytes() throws {
      _ = try spool.run(Self.job)
      let whole = try sums()
      for folder in ["output", "datasets/drawn"] {
        try FileManager.default.removeItem(atPath: spool.path(folder))
      }
      var seen = 0
      let context = JobContext(progress: { _ in seen += 1 }, isCancelled: { seen == 2 })
      #expect(throws: JobFailure.self) { _ = try spool.run(Self.job, context) }
      let result = try drawings(try spool.run(Self.job))
      #expect(result.resumedTuples > 0 && result.resumedTuples < 20)
      #expect(try sums() == whole)
    }

    @Test func anEqualJobTakesWhatIsThereAndAnotherIsRefused() throws {
      let first = try drawings(try spool.run(Self.job))
      let second = try drawings(try spool.run(Self.job))
      #expect(second.existed && second.sha256 == first.sha256)
      let failure = #expect(throws: JobFailure.self) {
        try spool.run(Self.job.replacing(#""seed": 5"#, with: #""seed": 6"#))
      }
      #expect(failure?.code == .conflict && failure?.field == "output")
    }

    @Test func anAdapterThatIsMissingIsNamedBeforeAnythingIsDrawn() throws {
      let job = Self.job.replacing(
        #"{"tier": "implicit"}"#, with: #"{"tier": "implicit", "adapter": {"name": "nobody"}}"#)
      let failure = #expect(throws: JobFailure.self) { try spool.run(job) }
      #expect(failure?.code == .missingInput && failure?.field?.hasPrefix("contrasts[1].adapter") == true)
    }
  }
}
