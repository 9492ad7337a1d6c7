import Testing

@testable import GroundingDINO

@Suite struct TextBlocksTests {
  /// `[CLS] a cat . dog ? [SEP]`, in numbers of bert-base-uncased.
  private let ids = [101, 1037, 4937, 1012, 3899, 1029, 102]

  @Test func phrasesSeeThemselvesAndTheStopThatClosesThem() {
    let blocks = TextBlocks(ids: ids)
    #expect(blocks.positions == [0, 0, 1, 2, 0, 1, 0])
    #expect((1...3).allSatisfy { query in (1...3).allSatisfy { blocks.sees(query, $0) } })
    #expect(blocks.sees(4, 5) && blocks.sees(5, 4))
    #expect(!blocks.sees(3, 4) && !blocks.sees(0, 1) && !blocks.sees(6, 5))
  }

  @Test func wordsWithoutAStopSeeThemselvesOnlyUnlessPaddingFollows() {
    let open = TextBlocks(ids: [101, 1037, 4937, 102])
    #expect(!open.sees(1, 2))
    #expect(open.positions == [0, 0, 0, 0])
    let padded = TextBlocks(ids: [101, 1037, 4937, 102, 0])
    #expect(padded.sees(1, 2) && padded.sees(3, 1))
    #expect(padded.positions == [0, 0, 1, 2, 0])
    #expect(!padded.sees(4, 3))
  }

  @Test func hidesWhatIsNotSeen() {
    let mask = TextBlocks(ids: ids).attentionMask(heads: 2)
    #expect(mask.bias?.shape == [2, 7, 7])
    #expect(mask.bias?.values[7 * 7 + 3 * 7 + 1] == 0)
    #expect(mask.bias?.values[7 * 7 + 3 * 7 + 4] == -Float.greatestFiniteMagnitude)
  }
}
