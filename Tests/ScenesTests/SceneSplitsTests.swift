import Images
import Testing

@testable import Scenes

@Suite struct SceneSplitsTests {
  private func splits(
    train: Int = 320, test: Int = 64, subjects: Int = 2, wordings: Int = 2, seed: UInt64 = 1001,
    difficulty: Difficulty? = nil
  ) -> SceneSplits {
    SceneSplits(
      trainTuples: train, testTuples: test, heldOutSubjects: subjects, heldOutWordings: wordings, seed: seed,
      size: 8, difficulty: difficulty)
  }

  private func tuples(_ splits: SceneSplits, _ split: SceneSplits.Split) -> [SceneTuple] {
    (0..<splits.count(of: split)).map { splits.tuple(of: split, at: $0) }
  }

  @Test func everyTaskLeavesSomethingToTrainOn() {
    for task in Task.allCases {
      let scene = SceneGenerator.scene(for: task)
      #expect(scene.subjects.count > SceneSplits.heldOutLimit, "\(task)")
      for subject in scene.subjects.indices {
        #expect(scene.wording(subject: subject).implicit.count > SceneSplits.heldOutLimit, "\(task)")
      }
    }
  }

  @Test(arguments: [UInt64(0), 1001, .max])
  func testSplitsShowOnlyWhatIsHeldOut(seed: UInt64) {
    let splits = splits(seed: seed)
    let train = tuples(splits, .train)
    let known = tuples(splits, .testKnown)
    let unseen = tuples(splits, .testUnseen)
    func subjects(_ tuples: [SceneTuple]) -> Set<String> { Set(tuples.map { "\($0.task)/\($0.subject)" }) }
    #expect(subjects(train).isDisjoint(with: subjects(unseen)))
    #expect(subjects(known).isSubset(of: subjects(train)))
    #expect(subjects(unseen).count == 2 * Task.allCases.count)
    let said = Set(train.flatMap { $0.wording.implicit })
    for tuple in known + unseen {
      #expect(tuple.wording.implicit.count == 2 && said.isDisjoint(with: tuple.wording.implicit))
      #expect(tuple.wording.explicit.count >= 3 && tuple.wording.superficial.count >= 3)
    }
    #expect(train.allSatisfy { $0.wording.implicit.count == 4 })
    let pictures = (train + known + unseen).flatMap { [$0.explicitImage.pixels, $0.superficialImage.pixels] }
    #expect(Set(pictures).count == pictures.count)
  }

  @Test func tasksDifficultiesAndSubjectsAreBalanced() {
    // Eight subjects at most remain, in two difficulties: after 16 rounds each has been there in both.
    for split in SceneSplits.Split.allCases {
      let all = tuples(splits(train: 16 * 16, test: 16 * 16), split)
      for task in Task.allCases {
        let own = all.filter { $0.task == task }
        #expect(own.count == 16 && own.count { $0.difficulty == .complex } == 8)
        let turns = Dictionary(grouping: own, by: { "\($0.subject) \($0.difficulty)" }).mapValues(\.count)
        let (least, most) = (turns.values.min() ?? 0, turns.values.max() ?? 0)
        #expect(most - least <= 1, "\(split) \(task) \(turns)")
        #expect(
          Set(own.map(\.subject)).count
            == (split == .testUnseen ? 2 : SceneGenerator.subjects(of: task).count - 2))
      }
    }
  }

  @Test func theSeedDecidesWhatIsHeldOut() {
    let sets = (0..<20).map { seed in Task.allCases.map { splits(seed: seed).heldOutSubjects(of: $0) } }
    #expect(Set(sets).count == 20)
    // Every subject of a task is held out by some seed.
    let apart = (0..<200).flatMap { splits(seed: $0).heldOutSubjects(of: .ripeness) }
    #expect(Set(apart) == Set(SceneGenerator.subjects(of: .ripeness)))
    #expect(splits(seed: 1001).heldOutSubjects(of: .rust) == splits(seed: 1001).heldOutSubjects(of: .rust))
  }

  @Test func nothingHeldOutMeansNoUnseenSplitAndAllWordings() {
    let splits = splits(subjects: 0, wordings: 0, difficulty: .complex)
    #expect(splits.splits == [.train, .testKnown] && splits.count(of: .testUnseen) == 0)
    for tuple in tuples(splits, .train) + tuples(splits, .testKnown) {
      #expect(tuple.wording.implicit.count == 6 && tuple.difficulty == .complex)
    }
  }
}
