import Testing

@testable import Tokenizers

@Suite struct CLIPTokenizerTests {
  /// Bytes 0...255, the same with `</w>` 256...511, merges from 512 on, then the two special tokens.
  private static let rules = [("c", "a"), ("ca", "t</w>"), ("a", "t"), ("â", "ģ")]

  private static var pieces: [String] {
    let alphabet = (0..<256).map { ByteAlphabet.characters[$0] }
    return alphabet + alphabet.map { $0 + "</w>" } + rules.map { $0.0 + $0.1 } + [
      "<|startoftext|>", "<|endoftext|>",
    ]
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  private static var vocabJSON: String {
    "{" + pieces.enumerated().map { "\(quoted($0.element)): \($0.offset)" }.joined(separator: ",") + "}"
  }

  private static let specialTokensMap = """
    {"bos_token": {"content": "<|startoftext|>", "normalized": true}, "eos_token": {"content": "<|endoftext|>"},
     "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    """

  private static var classicFiles: [String: String] {
    [
      "vocab.json": vocabJSON,
      "merges.txt": "#version: 0.2\n" + rules.map { "\($0.0) \($0.1)\n" }.joined(),
      "tokenizer_config.json": #"{"model_max_length": 77}"#,
      "special_tokens_map.json": specialTokensMap,
    ]
  }

  private static var tokenizerJSON: String {
    let merges = rules.map { "[\(quoted($0.0)), \(quoted($0.1))]" }.joined(separator: ",")
    return """
      {"added_tokens": [{"id": 516, "content": "<|startoftext|>", "normalized": true},
                        {"id": 517, "content": "<|endoftext|>", "normalized": false}],
       "model": {"type": "BPE", "vocab": \(vocabJSON), "merges": [\(merges)]}}
      """
  }

  private func tokenizer(_ files: [String: String] = CLIPTokenizerTests.classicFiles) throws -> CLIPTokenizer
  {
    try withTemporaryFolder(files) { try CLIPTokenizer(folder: $0) }
  }

  /// The id of one byte inside a word, or at its end.
  private func id(_ character: Character, last: Bool = false) -> Int {
    Int(character.asciiValue ?? 0) + (last ? 256 : 0)
  }

  @Test func wrapsTheTextInStartAndEnd() throws {
    #expect(try tokenizer().encode("cat") == [516, 513, 517])
    #expect(try tokenizer().encode("") == [516, 517])
    #expect(try tokenizer().contentIDs(of: "") == [])
  }

  @Test func joinsBytesByRankAndMarksTheLastOfAWord() throws {
    // "c a" outranks "a t", so "cats" is ca + t + s</w>.
    #expect(try tokenizer().contentIDs(of: "cats") == [512, id("t"), id("s", last: true)])
    #expect(try tokenizer().contentIDs(of: "Cat  CAT\n") == [513, 513])
    #expect(try tokenizer().contentIDs(of: "7x") == [id("7", last: true), id("x", last: true)])
  }

  @Test func spellsOtherScriptsInBytes() throws {
    // U+2601 is E2 98 81; the rule for the letters that stand for E2 and 85 does not apply.
    #expect(try tokenizer().contentIDs(of: "\u{2601}") == [0xE2, 0x98, 0x81 + 256])
  }

  @Test func composesBeforeSpelling() throws {
    let composed = try tokenizer().contentIDs(of: "\u{e9}")
    #expect(composed == [0xC3, 0xA9 + 256])
    #expect(try tokenizer().contentIDs(of: "e\u{301}") == composed)
    // A syllable and its final consonant, which Swift's NFC alone leaves apart: U+AC0F is EA B0 8F.
    #expect(try tokenizer().contentIDs(of: "\u{ac00}\u{11b6}") == [0xEA, 0xB0, 0x8F + 256])
  }

  @Test func findsSpecialTokensInsideTheText() throws {
    #expect(try tokenizer().contentIDs(of: "cat<|endoftext|>cat") == [513, 517, 513])
    // The start token is looked for in lower-cased text, the end token in the text as written.
    #expect(try tokenizer().contentIDs(of: "<|STARTofTEXT|>") == [516])
    #expect(try tokenizer().contentIDs(of: "<|ENDOFTEXT|>").contains(517) == false)
  }

  @Test func cutsAndPadsTo77AsTheTextEncoderExpects() throws {
    let batch = try tokenizer().encode([String(repeating: "cat ", count: 100), "cat"], padding: .fixed(77))
    #expect(batch.ids[0] == [516] + Array(repeating: 513, count: 75) + [517])
    #expect(batch.ids[1] == [516, 513] + Array(repeating: 517, count: 75))
    #expect(batch.mask[0] == Array(repeating: 1, count: 77))
    #expect(batch.mask[1] == [1, 1, 1] + Array(repeating: 0, count: 74))
    #expect(try tokenizer().modelMaxLength == 77)
    #expect(try tokenizer().vocabularySize == 518)
  }

  @Test func readsTokenizerJSONWithTheSameResult() throws {
    let other = try tokenizer(["tokenizer.json": Self.tokenizerJSON])
    let classic = try tokenizer()
    for text in ["cat", "cats and <|endoftext|> dogs", "<|STARTOFTEXT|>", "né'll 42!"] {
      #expect(other.encode(text) == classic.encode(text))
    }
    #expect(other.modelMaxLength == nil)
  }

  @Test func anotherPaddingTokenIsAlsoASpecialToken() throws {
    // As in SDXL's second tokenizer: "!" pads, and is then found before the words are.
    var files = Self.classicFiles
    files["special_tokens_map.json"] = Self.specialTokensMap.replacing(
      "\"pad_token\": \"<|endoftext|>\"", with: "\"pad_token\": \"!\"")
    let tokenizer = try tokenizer(files)
    #expect(tokenizer.paddingID == 0x21)
    #expect(tokenizer.contentIDs(of: "cat!") == [513, 0x21])
    #expect(tokenizer.encode(["cat"], padding: .fixed(5)).ids == [[516, 513, 517, 0x21, 0x21]])
  }

  @Test func aRuleWithAnUnknownPieceNamesTheRule() throws {
    var files = Self.classicFiles
    files["merges.txt"] = "#version: 0.2\nc a\nzz y\n"
    let error = try #require(throws: TokenizerError.self) { try tokenizer(files) }
    #expect(
      error.description.contains(
        "merges.txt, merge rule 2: \"zz y\" names a piece that is not in the vocabulary"))
  }

  @Test(
    "Damaged files are errors that name file and place",
    arguments: [
      ("merges.txt", "#version: 0.2\nca\n", "merges.txt, line 2"), ("vocab.json", "[]", "vocab.json"),
      ("vocab.json", "{\"a\": \"b\"}", "vocab.json, a: a string, expected a token id"),
      ("vocab.json", "{\"a\": -1}", "expected a token id"),
      ("vocab.json", "{\"a\": -9223372036854775808}", "expected a token id"),
      ("vocab.json", "{\"a\": 2147483647}", "expected a token id in 0…16777215"),
      ("vocab.json", "{", "vocab.json, byte 1: not JSON"),
      ("tokenizer.json", "{}", "tokenizer.json, model: missing"),
      ("tokenizer.json", #"{"model": {"type": "Unigram"}}"#, "model.type: \"Unigram\", expected \"BPE\""),
      ("tokenizer_config.json", #"{"model_max_length": "long"}"#, "model_max_length: a string"),
      ("tokenizer_config.json", #"{"padding_side": "left"}"#, "padding_side: \"left\""),
    ])
  func damaged(file: String, content: String, message: String) throws {
    var files = Self.classicFiles
    files[file] = content
    let error = try #require(throws: TokenizerError.self) { try tokenizer(files) }
    #expect(error.description.contains(message))
  }

  @Test func missingFilesAreNamed() throws {
    let error = try #require(throws: TokenizerError.self) { try tokenizer(["vocab.json": Self.vocabJSON]) }
    #expect(error.description.contains("no tokenizer.json, and not both of vocab.json and merges.txt"))
    let folder = try #require(throws: TokenizerError.self) { try CLIPTokenizer(folder: "/nowhere/at/all") }
    #expect(folder.description.contains("/nowhere/at/all: there is no such folder"))
  }
}
