import Testing

@testable import Tokenizers

@Suite struct UnigramModelTests {
  private func ids(_ word: String, _ pieces: [(String, Double)]) -> [Int] {
    UnigramModel(vocabulary: Vocabulary(pieces: pieces.map(\.0)), scores: pieces.map(\.1), unknownID: 0)
      .ids(of: Array(word.utf8))
  }

  @Test func takesTheLikeliestCutNotTheLongestPiece() {
    let pieces = [("<unk>", 0.0), ("a", -1), ("b", -1), ("ab", -3), ("abc", -4), ("c", -1)]
    #expect(ids("ab", pieces) == [1, 2])
    #expect(ids("abc", pieces) == [1, 2, 5])
    #expect(ids("abc", [("<unk>", 0.0), ("a", -2), ("b", -2), ("abc", -4), ("c", -2)]) == [3])
  }

  @Test func equalScoresKeepTheCutFoundFirst() {
    // "ab" as one piece arrives at the end before "a"+"b" does.
    #expect(ids("ab", [("<unk>", 0.0), ("a", -1), ("b", -1), ("ab", -2)]) == [3])
  }

  @Test func neighbouringUnknownScalarsAreOneUnknown() {
    #expect(ids("xyaz", [("<unk>", 0.0), ("a", -1)]) == [0, 1, 0])
    #expect(ids("水水", [("<unk>", 0.0), ("a", -1)]) == [0])
  }

  @Test func anUnknownCostsTenBelowTheWorstScore() {
    // Passing x unknown (-1-10) and a (-1) beats the piece "xa" (-30) but not one at -11.
    #expect(ids("xa", [("<unk>", 0.0), ("a", -1), ("b", -1), ("xa", -11)]) == [3])
    #expect(ids("xa", [("<unk>", 0.0), ("a", -1), ("xa", -3.0)]) == [2])
  }

  @Test("A megabyte in one word is linear", .timeLimit(.minutes(20)))
  func longWord() {
    let word = String(repeating: "a", count: 1_000_000)
    #expect(ids(word, [("<unk>", 0.0), ("a", -1), ("aa", -1.5)]).count == 500_000)
  }
}
