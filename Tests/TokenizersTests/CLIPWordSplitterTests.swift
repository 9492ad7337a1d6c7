import Testing

@testable import Tokenizers

@Suite struct CLIPWordSplitterTests {
  private func words(_ text: String) -> [String] {
    var splitter = CLIPWordSplitter(text)
    var words: [String] = []
    while let word = splitter.next() { words.append(String(word)) }
    return words
  }

  @Test func lettersDigitsAndTheRestAreWordsOfTheirOwn() {
    #expect(words("ab12 x9!?,z") == ["ab", "1", "2", "x", "9", "!?,", "z"])
  }

  @Test func contractionsAreCutOffWhereAWordMayBegin() {
    #expect(
      words("it's we'll they've i'd you're i'm don't") == [
        "it", "'s", "we", "'ll", "they", "'ve", "i", "'d", "you", "'re", "i", "'m", "don", "'t",
      ])
    #expect(words("!'s") == ["!'", "s"])
    #expect(words("'x 'sx") == ["'", "x", "'s", "x"])
  }

  @Test func everyDigitOfEveryScriptIsAWord() {
    #expect(words("½१Ⅳ") == ["½", "१", "Ⅳ"])
  }

  @Test func combiningMarksAreNoLetters() {
    #expect(words("e\u{301}x").map { Array($0.unicodeScalars) } == [["e"], ["\u{301}"], ["x"]])
  }

  @Test func lookAlikesOfSpecialTokensAreCutInThree() {
    #expect(words("a<|endoftext|>!") == ["a", "<|", "endoftext", "|>", "!"])
    #expect(words("!<|endoftext|>!") == ["!<|", "endoftext", "|>!"])
  }

  @Test func blankTextHasNoWords() {
    #expect(words("") == [])
    #expect(words(" \t\u{3000}") == [])
  }
}
