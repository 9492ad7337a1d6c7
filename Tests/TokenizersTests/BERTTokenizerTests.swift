import Testing

@testable import Tokenizers

@Suite struct BERTTokenizerTests {
  private static let pieces = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cat", "##s", "a", ".", "un", "##aff", "##able", "水", "don",
    "'", "t",
    "cafe", "##a",
  ]

  private func tokenizer(_ config: String = "{}", pieces: [String] = BERTTokenizerTests.pieces) throws
    -> BERTTokenizer
  {
    try withTemporaryFolder([
      "vocab.txt": pieces.joined(separator: "\n") + "\n", "tokenizer_config.json": config,
    ]) { try BERTTokenizer(folder: $0) }
  }

  @Test func wrapsTheTextInClassAndSeparator() throws {
    #expect(try tokenizer().encode("Cat.") == [2, 5, 8, 3])
    #expect(try tokenizer().encode("") == [2, 3])
  }

  @Test func takesTheLongestPieceFromTheLeftAllOrNothing() throws {
    #expect(try tokenizer().contentIDs(of: "unaffable") == [9, 10, 11])
    #expect(try tokenizer().contentIDs(of: "unaffx cats") == [1, 5, 6])
  }

  @Test func wordsAboveAHundredScalarsAreUnknown() throws {
    #expect(
      try tokenizer().contentIDs(of: String(repeating: "a", count: 100)) == [7]
        + Array(repeating: 17, count: 99))
    #expect(try tokenizer().contentIDs(of: String(repeating: "a", count: 101)) == [1])
  }

  @Test func punctuationAndIdeographsAreWordsOfTheirOwn() throws {
    #expect(try tokenizer().contentIDs(of: "don't") == [13, 14, 15])
    #expect(try tokenizer().contentIDs(of: "水水a") == [12, 12, 7])
    #expect(try tokenizer(#"{"tokenize_chinese_chars": false}"#).contentIDs(of: "水水") == [1])
  }

  @Test func accentsAndCaseAreDroppedUnlessToldOtherwise() throws {
    #expect(try tokenizer().contentIDs(of: "CAFÉ") == [16])
    #expect(try tokenizer(#"{"do_lower_case": false}"#).contentIDs(of: "CAFÉ cat") == [1, 5])
    #expect(try tokenizer(#"{"strip_accents": false}"#).contentIDs(of: "café") == [1])
  }

  @Test func invisibleScalarsVanish() throws {
    #expect(try tokenizer().contentIDs(of: "c\u{0}a\u{ad}t\u{200b}\u{fffd}\u{e000}") == [5])
    #expect(try tokenizer().contentIDs(of: "cat\u{a0}\ta") == [5, 7])
  }

  @Test func scalarsNewerThanTheReferencesTablesStay() throws {
    // U+13430 is a format character since Unicode 12; the reference knows Unicode 8.
    #expect(try tokenizer().contentIDs(of: "ca\u{13430}t") == [1])
  }

  @Test func specialTokensAreFoundInTheTextAsWritten() throws {
    #expect(try tokenizer().contentIDs(of: "cat[SEP]a [MASK]") == [5, 3, 7, 4])
    #expect(try tokenizer().contentIDs(of: "[sep]").contains(3) == false)
  }

  @Test func idsBecomePhrasesAgain() throws {
    let tokenizer = try tokenizer()
    #expect(tokenizer.decode(tokenizer.contentIDs(of: "Cats. unaffable 水")) == "cats. unaffable 水")
    #expect(tokenizer.decode([2, 5, 3, 999]) == "[CLS] cat [SEP]")
    #expect(tokenizer.decode([]) == "")
  }

  @Test func readsTokenizerJSONWithTheSameResult() throws {
    let vocab = Self.pieces.enumerated().map { "\"\($0.element)\": \($0.offset)" }.joined(separator: ",")
    let json = "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {\(vocab)}}}"
    let other = try withTemporaryFolder(["tokenizer.json": json]) { try BERTTokenizer(folder: $0) }
    for text in ["Cats.", "unaffable [MASK]", "don't"] {
      #expect(try other.encode(text) == tokenizer().encode(text))
    }
  }

  @Test func missingAndDamagedFilesAreNamed() throws {
    let none = try #require(throws: TokenizerError.self) {
      try withTemporaryFolder { try BERTTokenizer(folder: $0) }
    }
    #expect(none.description.contains("neither tokenizer.json nor vocab.txt"))
    let empty = try #require(throws: TokenizerError.self) {
      try withTemporaryFolder(["vocab.txt": ""]) { try BERTTokenizer(folder: $0) }
    }
    #expect(empty.description.contains("vocab.txt: the file is empty"))
    let config = try #require(throws: TokenizerError.self) { try tokenizer(#"{"do_lower_case": 1}"#) }
    #expect(
      config.description.contains("tokenizer_config.json, do_lower_case: a number, expected true or false"))
  }
}
