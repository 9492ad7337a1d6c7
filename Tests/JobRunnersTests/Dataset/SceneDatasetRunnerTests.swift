import Fingerprints
import Foundation
import Jobs
import Synchronization
import Testing

@testable import JobRunners
@testable import Scenes

extension ComputingTests {
  @Suite struct SceneDatasetRunnerTests {
    private let spool: TemporarySpool

    init() throws { spool = try TemporarySpool() }

    /// 200 + 2 × 70 tuples: several stretches of each split, the last ones short.
    private static func job(_ more: String = "", output: String = "scenes") -> String {
      #"""
      {"kind": "dataset", "source": "scenes", "output": "\#(output)", "num_tuples": 200, "num_test_tuples": 70, "size": 12,
       "seed": 11\#(more)}
      """#
    }

    private func scenes(_ result: JobResult) throws -> SceneDatasetResult {
      guard case .dataset(.scenes(let scenes)) = result.outcome else {
        throw JobFailure(.internalError, "not the result of a scenes job")
      }
      return scenes
    }

    private func sums(_ output: String = "scenes") throws -> String {
      String(decoding: try spool.read("datasets/\(output)/SHA256SUMS"), as: UTF8.self)
    }

    @Test func aDataSetIsReadAsTrainingData() throws {
      let result = try scenes(try spool.run(Self.job()))
      #expect(result.path == "datasets/scenes" && !result.existed && result.resumedTuples == 0)
      #expect(result.splits.map(\.name) == ["train", "test-known", "test-unseen"])
      #expect(result.splits.map(\.tuples) == [200, 70, 70])
      #expect(
        result.leaks == LeakCheck(testSubjects: 32, testWordings: result.leaks.testWordings, pictures: 680))
      #expect(result.leaks.testWordings > 200)
      let resolver = spool.order("").folders.resolver
      for split in result.splits {
        let read = try TrainingDataset(folder: split.path, field: "dataset", resolver: resolver)
        #expect(read.tuples.count == split.tuples)
        #expect(Dictionary(grouping: read.tuples, by: \.law).mapValues(\.count) == split.laws)
        #expect(split.laws.values.allSatisfy { abs($0 - split.tuples / 16) <= 1 })
        #expect(read.tuples.allSatisfy { $0.explicitBox != nil && $0.superficialBox != nil })
      }
      let unseen = try #require(result.splits.last)
      #expect(unseen.subjects == result.heldOutSubjects)
    }

    @Test func theSumsAreThoseOfEveryFile() throws {
      let result = try scenes(try spool.run(Self.job()))
      let root = URL(filePath: spool.path("datasets/scenes"))
      var listed: Set<String> = []
      for line in try sums().split(separator: "\n") {
        let file = String(line.dropFirst(66))
        listed.insert(file)
        #expect(try SHA256.hexDigest(ofFile: root.appending(path: file)) == line.prefix(64), "\(file)")
      }
      let files = try FileManager.default.subpathsOfDirectory(atPath: root.path)
      let isFile = { (name: String) in !["train", "test-known", "test-unseen", "SHA256SUMS"].contains(name) }
      #expect(listed == Set(files.filter(isFile)))
      #expect(listed.count == 2 * 340 + 3 + 1)
      #expect(result.sha256 == SHA256.hexDigest(of: Data(try sums().utf8)))
      let left = try FileManager.default.contentsOfDirectory(atPath: spool.path("output"))
      #expect(!left.contains { $0.hasPrefix(".dataset") })
    }

    @Test func killedAtAnyMomentItEndsWithTheSameBytesAndDrawsNothingTwice() throws {
      let moments = Mutex(0)
      let context = JobContext(progress: { [spool] _ in
        let number = moments.withLock {
          $0 += 1
          return $0
        }
        try? FileManager.default.copyItem(atPath: spool.path("whole"), toPath: spool.path("killed-\(number)"))
      })
      let whole = try scenes(try spool.run(Self.job(), output: "whole", context))
      let expected = try sums()
      let count = moments.withLock { $0 }
      #expect(count == 4 + 2 + 2)
      for number in 1...count {
        try FileManager.default.removeItem(atPath: spool.path("datasets/scenes"))
        let drawn = Mutex(0)
        let result = try scenes(
          try spool.run(
            Self.job(), output: "killed-\(number)", JobContext(progress: { _ in drawn.withLock { $0 += 1 } }))
        )
        #expect(try sums() == expected && result.sha256 == whole.sha256)
        #expect(drawn.withLock { $0 } == count - number)
        #expect(result.resumedTuples > 0 && result.splits == whole.splits)
      }
    }

    @Test func aStretchWithATornPictureIsDrawnAgain() throws {
      let steps = Mutex(0)
      let context = JobContext(
        progress: { progress in steps.withLock { $0 = progress.step } },
        isCancelled: { steps.withLock { $0 } >= 128 })
      let failure = #expect(throws: JobFailure.self) { try spool.run(Self.job(), output: "torn", context) }
      #expect(failure?.code == .cancelled)
      let names = try FileManager.default.contentsOfDirectory(atPath: spool.path("torn"))
      let building = try #require(names.first { $0.hasPrefix(".dataset") && !$0.hasSuffix("records") })
      try spool.write(Data("half".utf8), to: "torn/\(building)/train/000070-explicit.png")
      let result = try scenes(try spool.run(Self.job(), output: "torn"))
      #expect(result.resumedTuples == 64)
      let expected = try sums()
      try FileManager.default.removeItem(atPath: spool.path("datasets/scenes"))
      _ = try spool.run(Self.job(), output: "again")
      #expect(try sums() == expected)
    }

    @Test func theSameJobAgainFindsItsDataSet() throws {
      let first = try scenes(try spool.run(Self.job()))
      let drawn = Mutex(0)
      let again = try scenes(
        try spool.run(Self.job(), output: "again", JobContext(progress: { _ in drawn.withLock { $0 += 1 } })))
      #expect(again.existed && drawn.withLock { $0 } == 0)
      #expect(again.sha256 == first.sha256 && again.splits == first.splits && again.leaks == first.leaks)
    }

    @Test func anotherDataSetOfTheNameIsLeftAlone() throws {
      _ = try spool.run(Self.job())
      let before = try sums()
      let failure = try spool.failure(Self.job(#", "held_out_subjects": 1"#))
      #expect(failure.code == .conflict && failure.field == "output")
      #expect(failure.message == "datasets/scenes exists and is not what this job makes")
      #expect(try sums() == before)
      try spool.write(Data("notes".utf8), to: "datasets/mine/notes.txt")
      #expect(try spool.failure(Self.job(output: "mine")).code == .conflict)
      #expect(try spool.read("datasets/mine/notes.txt") == Data("notes".utf8))
    }

    @Test func aHarmedDataSetIsNotTakenForItsOwn() throws {
      _ = try spool.run(Self.job())
      try spool.write(Data("x".utf8), to: "datasets/scenes/test-known/000003-explicit.png")
      let failure = try spool.failure(Self.job())
      #expect(failure.code == .badInput && failure.field == "output")
      #expect(failure.message.hasSuffix("test-known/000003-explicit.png is not what was written"))
    }

    @Test func theReportShowsEachSplitWithPictures() throws {
      _ = try spool.run(Self.job())
      let page = String(decoding: try spool.read("output/report.html"), as: UTF8.self)
      #expect(page.components(separatedBy: "<img").count == 1 + 3 * 16 * 2)
      #expect(!page.contains("class=\"missing\""))
      #expect(page.contains("held-out wordings with the prompts of train"))
      for split in ["train: 200 tuples", "test-known: 70 tuples", "test-unseen: 70 tuples"] {
        #expect(page.contains(split))
      }
    }
  }
}

@Suite struct LeakCheckTests {
  private let splits = SceneSplits(
    trainTuples: 64, testTuples: 32, heldOutSubjects: 1, heldOutWordings: 2, seed: 3, size: 8)

  private func rows(_ split: SceneSplits.Split, pictures: String? = nil) -> [SplitRow] {
    (0..<splits.count(of: split)).map { index in
      let row = splits.tuple(of: split, at: index).row(explicitFile: "e", superficialFile: "s")
      let own = ["e", "s"].map { "\(split.rawValue) \(index) \($0)" }
      return SplitRow(row: row, pictures: pictures.map { [$0] } ?? own)
    }
  }

  private func found(_ splits: [SceneSplits.Split: [SplitRow]], wordings: Bool = true) -> String? {
    do throws(JobFailure) {
      _ = try LeakCheck(splits, holdsOutWordings: wordings)
      return nil
    } catch { return error.message }
  }

  @Test func soundSplitsPass() {
    let all = Dictionary(uniqueKeysWithValues: SceneSplits.Split.allCases.map { ($0, rows($0)) })
    #expect(found(all) == nil)
  }

  @Test func anUnseenSubjectInTrainIsFound() {
    let (train, unseen) = (rows(.train), rows(.testUnseen))
    // Without the wordings, which would be found as well.
    let message = found([.train: train + [unseen[0]], .testUnseen: Array(unseen[0...0])], wordings: false)
    #expect(message?.contains("1 subjects of test-unseen in train, such as \"gravity/") == true)
  }

  @Test func aHeldOutWordingInTrainIsFound() {
    let (train, known) = (rows(.train), rows(.testKnown))
    let stray = SplitRow(row: known[5].row, pictures: ["stray"])
    let message = found([.train: train + [stray], .testKnown: known])
    #expect(message?.contains("2 held-out wordings in train, such as ") == true)
    #expect(found([.train: train + [stray], .testKnown: known], wordings: false) == nil)
  }

  @Test func equalPicturesInTwoSplitsAreFound() {
    let message = found([
      .train: rows(.train), .testKnown: rows(.testKnown, pictures: "train 7 s"),
      .testUnseen: rows(.testUnseen),
    ])
    #expect(message == "the splits leak: 1 pictures of equal bytes in two splits, such as \"train 7 s\"")
  }
}
