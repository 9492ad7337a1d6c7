import Testing

@testable import Tokenizers

@Suite struct T5TokenizerTests {
  private static let pieces: [(text: String, score: Float, type: Int)] = [
    ("<pad>", 0, 3), ("</s>", 0, 3), ("<unk>", 0, 2), ("\u{2581}", -2, 1), ("\u{2581}a", -3, 1), ("b", -3, 1),
    ("\u{2581}ab", -4, 1),
  ]

  private static var model: [UInt8] {
    pieces.flatMap { ProtobufWriter.piece($0.text, $0.score, type: $0.type) }
  }

  private func classic(config: String = #"{"extra_ids": 2, "model_max_length": 8}"#) throws -> T5Tokenizer {
    try withTemporaryFolder(["tokenizer_config.json": config], data: ["spiece.model": Self.model]) {
      try T5Tokenizer(folder: $0)
    }
  }

  private func modern(_ extra: String = "") throws -> T5Tokenizer {
    let vocab =
      Self.pieces.map { "[\"\($0.text)\", \($0.score)]" } + [
        "[\"<extra_id_1>\", 0]", "[\"<extra_id_0>\", 0]",
      ]
    let added = [(0, "<pad>"), (1, "</s>"), (2, "<unk>"), (7, "<extra_id_1>"), (8, "<extra_id_0>")]
      .map { "{\"id\": \($0.0), \"content\": \"\($0.1)\"}" }
    return try withTemporaryFolder([
      "tokenizer.json": """
      {"added_tokens": [\(added.joined(separator: ","))], \(extra)
       "model": {"type": "Unigram", "unk_id": 2, "vocab": [\(vocab.joined(separator: ","))]}}
      """
    ]) { try T5Tokenizer(folder: $0) }
  }

  @Test func marksWordsAndAppendsTheEnd() throws {
    #expect(try classic().encode("ab a") == [6, 4, 1])
    #expect(try classic().encode("") == [1])
    #expect(try classic().encode(" \n") == [1])
  }

  @Test func unknownStretchesAreOneId() throws {
    #expect(try classic().encode("xyb") == [3, 2, 5, 1])
  }

  @Test func aMarkInsideAWordBeginsAnewPiece() throws {
    #expect(try classic().contentIDs(of: "a\u{2581}ab\u{2581}") == [4, 6, 3])
    #expect(try classic().contentIDs(of: "\u{2581}a") == [4])
  }

  @Test func sentinelsFollowTheModelHighestNumberFirst() throws {
    #expect(try classic().contentIDs(of: "a<extra_id_0>b <extra_id_1>") == [4, 8, 3, 5, 7])
    #expect(try classic().vocabularySize == 9)
    #expect(try classic(config: "{}").contentIDs(of: "<extra_id_0>") == [106])
  }

  @Test func specialTokensAreFoundInTheText() throws {
    #expect(try classic().contentIDs(of: "a</s>a<pad>") == [4, 1, 4, 0])
  }

  @Test func cutsBeforeTheEndTokenAndPadsWithZero() throws {
    let batch = try classic().encode(["a a a a a a a", "ab"], padding: .fixed(4))
    #expect(batch.ids == [[4, 4, 4, 1], [6, 1, 0, 0]])
    #expect(batch.mask == [[1, 1, 1, 1], [1, 1, 0, 0]])
    #expect(try classic().modelMaxLength == 8)
    #expect(
      try classic().encode(["a", "a a a"], padding: .longest(limit: nil)).ids == [
        [4, 1, 0, 0], [4, 4, 4, 1],
      ])
    #expect(try classic().encode("a", maxLength: 1) == [1])
  }

  @Test func readsTokenizerJSONWithTheSameResult() throws {
    for text in ["ab a", "xyb</s>", "a<extra_id_0>", "水 b"] {
      #expect(try modern().encode(text) == classic().encode(text))
    }
  }

  @Test func sentinelsMaySwallowTheSpaceAroundThem() throws {
    // As the published T5 configurations declare them.
    let tokenizer = try classic(
      config: """
        {"extra_ids": 1, "added_tokens_decoder": {"7": {"content": "<extra_id_0>", "lstrip": true, "rstrip": true}}}
        """)
    #expect(tokenizer.contentIDs(of: "a <extra_id_0> \u{2581}") == [4, 7, 3])
  }

  @Test(
    "Damaged files are errors that name file and place",
    arguments: [
      (
        #""normalizer": {"type": "Precompiled", "precompiled_charsmap": "%%"},"#,
        "precompiled_charsmap: not base64"
      ),
      (#""normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"},"#, "whose sizes do not fit"),
    ])
  func damaged(extra: String, message: String) throws {
    let error = try #require(throws: TokenizerError.self) { try modern(extra) }
    #expect(error.description.contains("tokenizer.json"))
    #expect(error.description.contains(message))
  }

  @Test(
    "a number of sentinels that no model has is refused before they are made",
    arguments: ["-1", "2147483647", "true"])
  func sentinelsWithoutEnd(count: String) throws {
    let error = try #require(throws: TokenizerError.self) { try classic(config: "{\"extra_ids\": \(count)}") }
    #expect(error.description.contains("tokenizer_config.json, extra_ids: not a whole number in 0…10000"))
  }

  @Test func damagedModelFilesAreNamed() throws {
    func load(_ bytes: [UInt8]) throws {
      _ = try withTemporaryFolder(data: ["spiece.model": bytes]) { try T5Tokenizer(folder: $0) }
    }
    let truncated = try #require(throws: TokenizerError.self) { try load(Self.model.dropLast(3)) }
    #expect(truncated.description.contains("spiece.model, byte"))
    let bytePair = ProtobufWriter.bytes(2, ProtobufWriter.number(3, 2))
    let wrongKind = try #require(throws: TokenizerError.self) { try load(Self.model + bytePair) }
    #expect(wrongKind.description.contains("trainer_spec.model_type: 2, expected 1 (unigram)"))
    let empty = try #require(throws: TokenizerError.self) {
      try withTemporaryFolder { try T5Tokenizer(folder: $0) }
    }
    #expect(empty.description.contains("neither tokenizer.json nor spiece.model"))
  }
}
