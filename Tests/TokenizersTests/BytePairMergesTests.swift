import Testing

@testable import Tokenizers

@Suite struct BytePairMergesTests {
  /// Symbols: 0 a, 1 b, 2 c; 3 ab, 4 bc, 5 abc, 6 aa.
  private func merges(_ rules: [(Int, Int, Int)]) -> BytePairMerges {
    var merges = BytePairMerges()
    for (rank, rule) in rules.enumerated() {
      merges.insert(left: rule.0, right: rule.1, merged: rule.2, rank: rank)
    }
    return merges
  }

  @Test func lowestRankGoesFirst() {
    #expect(merges([(1, 2, 4), (0, 1, 3)]).merged([0, 1, 2]) == [0, 4])
    #expect(merges([(0, 1, 3), (1, 2, 4)]).merged([0, 1, 2]) == [3, 2])
  }

  @Test func mergedPairsMergeAgain() {
    #expect(merges([(0, 1, 3), (3, 2, 5)]).merged([0, 1, 2, 0, 1, 2]) == [5, 5])
  }

  @Test func equalPairsMergeFromTheLeft() {
    #expect(merges([(0, 0, 6)]).merged([0, 0, 0, 0, 0]) == [6, 6, 0])
  }

  @Test func aRepeatedRuleTakesItsLaterRank() {
    #expect(merges([(0, 1, 3), (1, 2, 4), (0, 1, 3)]).merged([0, 1, 2]) == [0, 4])
  }

  @Test func wordsWithoutRulesStayAsTheyAre() {
    #expect(merges([]).merged([0, 1, 2]) == [0, 1, 2])
    #expect(merges([(0, 1, 3)]).merged([]) == [])
    #expect(merges([(0, 1, 3)]).merged([2]) == [2])
  }

  @Test("A megabyte in one word takes n log n, not n squared", .timeLimit(.minutes(20)))
  func longWord() {
    let word = Array(repeating: 0, count: 1_000_000)
    #expect(merges([(0, 0, 6)]).merged(word).count == 500_000)
  }
}
