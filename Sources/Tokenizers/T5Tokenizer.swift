import Foundation

/// T5's unigram tokenizer.
///
/// Special tokens are found in the text as written; the stretches between them are normalised by the compiled
/// character map, cut at white space, every word gets a leading `▁` and is cut into the likeliest pieces.
/// Ids are those of transformers 5.23.0 `models/t5/tokenization_t5.py`, which on a few strings are not those of Google's
/// SentencePiece (special tokens inside a text, U+0085, stacked combining marks, conjoining jamo).
package struct T5Tokenizer: Tokenizer {
  package let leadingIDs: [Int] = []
  package let trailingIDs: [Int]
  package let paddingID: Int
  package let modelMaxLength: Int?
  package let vocabularySize: Int

  private let specialTokens: AddedTokenFinder
  private let charsmap: PrecompiledCharsmap?
  private let model: UnigramModel

  /// The class fixes the place of the unknown piece, whatever the file says.
  private static let unknownID = 2

  /// Loads `tokenizer.json`, or `spiece.model` where that file is absent.
  ///
  /// - Throws: ``TokenizerError`` naming the file and the key or byte at which it is damaged.
  package init(folder: String) throws(TokenizerError) {
    let files = try TokenizerFolder(path: folder)
    let source = try Self.source(in: files)
    guard source.scores.count > Self.unknownID else {
      throw files.damaged(
        source.file, problem: "\(source.scores.count) pieces, expected at least <pad>, </s> and <unk>")
    }
    var vocabulary = Vocabulary(pieces: source.pieces)
    let pieces = vocabulary
    let special = try files.specialTokens(defaults: [
      "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>",
    ])
    let added = try files.addedTokens(special: special, model: source.special, vocabulary: &vocabulary)
    func id(_ name: String) -> Int { special[name].flatMap { vocabulary.id(of: $0.content) } ?? 0 }

    trailingIDs = [id("eos_token")]
    paddingID = id("pad_token")
    modelMaxLength = try files.modelMaxLength()
    vocabularySize = vocabulary.size
    specialTokens = AddedTokenFinder(added)
    charsmap = source.charsmap
    model = UnigramModel(vocabulary: pieces, scores: source.scores, unknownID: Self.unknownID)
  }

  package func contentIDs(of text: String) -> [Int] {
    var ids: [Int] = []
    for stretch in specialTokens.split(text) {
      switch stretch {
      case .token(let id): ids.append(id)
      case .text(let raw):
        let normalized = charsmap?.normalized(raw) ?? raw
        for word in normalized.unicodeScalars.split(whereSeparator: \.isWhitespace) {
          for part in Self.marked(Substring(word)) { ids.append(contentsOf: model.ids(of: part)) }
        }
      }
    }
    return ids
  }

  /// The word with a leading `▁`, cut before every further `▁` (tokenizers' Metaspace, `prepend_scheme` always).
  private static func marked(_ word: Substring) -> [[UInt8]] {
    let mark: Unicode.Scalar = "\u{2581}"
    var parts: [[UInt8]] = []
    for scalar in word.unicodeScalars {
      if scalar == mark || parts.isEmpty { parts.append(Array("\u{2581}".utf8)) }
      if scalar != mark { parts[parts.count - 1].append(contentsOf: UTF8.encode(scalar) ?? .init()) }
    }
    return parts
  }
}

// Reading the model from its files.
extension T5Tokenizer {
  private struct Source {
    let file: String
    let pieces: [String]
    let scores: [Double]
    var special: [AddedToken] = []
    let charsmap: PrecompiledCharsmap?
  }

  private static func source(in files: TokenizerFolder) throws(TokenizerError) -> Source {
    if let json = files.tokenizerJSON { return try source(json, in: files) }
    guard let bytes = try files.bytes(of: "spiece.model") else {
      throw TokenizerError(
        path: files.path, problem: "neither tokenizer.json nor spiece.model",
        hint: "Copy the tokenizer's files from the model's repository into this folder")
    }
    let file: SentencePieceFile
    do {
      file = try SentencePieceFile(bytes)
    } catch {
      throw files.damaged(
        "spiece.model", place: "byte \(error.offset)", problem: "not a SentencePiece model: \(error.problem)")
    }
    guard file.modelType == 1 else {
      throw files.damaged(
        "spiece.model", place: "trainer_spec.model_type", problem: "\(file.modelType), expected 1 (unigram)")
    }
    // The sentinels are no pieces of the file: they follow it, the highest number first.
    let count = files.config["extra_ids"].map { $0.isNull ? 100 : $0.tokenID ?? -1 } ?? 100
    guard 0...10_000 ~= count else {
      throw files.damaged(
        "tokenizer_config.json", place: "extra_ids", problem: "not a whole number in 0…10000")
    }
    let sentinels = (0..<count).reversed().map { "<extra_id_\($0)>" }
    return Source(
      file: "spiece.model", pieces: file.pieces.map(\.text) + sentinels,
      scores: file.pieces.map { Double($0.score) } + sentinels.map { _ in 0 },
      special: file.pieces.filter { $0.type == 3 || $0.type == 4 }.map { AddedToken(content: $0.text) }
        + sentinels.map { AddedToken(content: $0) },
      charsmap: try file.charsmap.isEmpty
        ? nil : charsmap(file.charsmap, in: files, file: "spiece.model", place: "normalizer_spec"))
  }

  private static func source(_ json: OrderedJSON, in files: TokenizerFolder) throws(TokenizerError) -> Source
  {
    if let type = json["model"]?["type"]?.string, type != "Unigram" {
      throw files.damaged("tokenizer.json", place: "model.type", problem: "\"\(type)\", expected \"Unigram\"")
    }
    guard let listed = json["model"]?["vocab"]?.array else {
      throw files.damaged("tokenizer.json", place: "model.vocab", problem: "missing or not an array")
    }
    var pieces: [String] = []
    var scores: [Double] = []
    for (id, entry) in listed.enumerated() {
      guard let pair = entry.array, pair.count == 2, let piece = pair[0].string, let score = pair[1].number
      else {
        throw files.damaged(
          "tokenizer.json", place: "model.vocab[\(id)]", problem: "\(entry.kind), expected [piece, score]")
      }
      pieces.append(piece)
      scores.append(score)
    }
    return Source(
      file: "tokenizer.json", pieces: pieces, scores: scores, charsmap: try charsmap(of: json, in: files))
  }

  /// The first compiled character map among the file's normalisers.
  private static func charsmap(
    of json: OrderedJSON, in files: TokenizerFolder
  ) throws(TokenizerError) -> PrecompiledCharsmap? {
    guard let normalizer = json["normalizer"], !normalizer.isNull else { return nil }
    let candidates = normalizer["normalizers"]?.array ?? [normalizer]
    let place = "normalizer.precompiled_charsmap"
    for case .string(let text)? in candidates.filter({ $0["type"]?.string == "Precompiled" })
      .map({ $0["precompiled_charsmap"] })
    {
      guard let data = Data(base64Encoded: text) else {
        throw files.damaged("tokenizer.json", place: place, problem: "not base64")
      }
      return try charsmap([UInt8](data), in: files, file: "tokenizer.json", place: place)
    }
    return nil
  }

  private static func charsmap(
    _ bytes: [UInt8], in files: TokenizerFolder, file: String, place: String
  ) throws(TokenizerError) -> PrecompiledCharsmap {
    guard let map = PrecompiledCharsmap(bytes) else {
      throw files.damaged(file, place: place, problem: "a compiled character map whose sizes do not fit")
    }
    return map
  }
}
