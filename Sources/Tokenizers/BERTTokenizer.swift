/// BERT's WordPiece tokenizer.
///
/// Special tokens are found in the text as written; the rest is cleaned, lower-cased, stripped of accents, cut into words
/// and punctuation marks, and each word into the longest pieces from its beginning on. Ids are those of
/// transformers 5.23.0 `models/bert/tokenization_bert.py`.
package struct BERTTokenizer: Tokenizer {
  package let leadingIDs: [Int]
  package let trailingIDs: [Int]
  package let paddingID: Int
  package let modelMaxLength: Int?
  package let vocabularySize: Int

  private let rawTokens: AddedTokenFinder
  private let normalizedTokens: AddedTokenFinder
  private let normalizer: BERTNormalizer
  private let pieces: Vocabulary
  private let names: [Int: String]
  private let unknownID: Int
  private let unknownPiece: String
  private let cleansUpSpaces: Bool

  /// Longer words are unknown as a whole.
  private static let longestWord = 100

  /// Loads `tokenizer.json`, or `vocab.txt` where that file is absent.
  ///
  /// - Throws: ``TokenizerError`` naming the file and the key that is missing or wrong.
  package init(folder: String) throws(TokenizerError) {
    let files = try TokenizerFolder(path: folder)
    var vocabulary = try Self.vocabulary(in: files)
    pieces = vocabulary
    let special = try files.specialTokens(defaults: [
      "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]",
      "mask_token": "[MASK]",
    ])
    let added = try files.addedTokens(special: special, vocabulary: &vocabulary)
    func id(_ name: String) -> Int { special[name].flatMap { vocabulary.id(of: $0.content) } ?? 0 }

    let isLowercasing = try files.flag("do_lower_case") ?? true
    let normalizer = BERTNormalizer(
      lowercases: isLowercasing, stripsAccents: try files.flag("strip_accents") ?? isLowercasing,
      separatesChinese: try files.flag("tokenize_chinese_chars") ?? true)
    self.normalizer = normalizer
    leadingIDs = [id("cls_token")]
    trailingIDs = [id("sep_token")]
    paddingID = id("pad_token")
    unknownID = id("unk_token")
    unknownPiece = special["unk_token"]?.content ?? "[UNK]"
    modelMaxLength = try files.modelMaxLength()
    cleansUpSpaces = try files.flag("clean_up_tokenization_spaces") ?? false
    vocabularySize = vocabulary.size
    names = vocabulary.pieces
    rawTokens = AddedTokenFinder(added.filter { !$0.token.isNormalized })
    normalizedTokens = AddedTokenFinder(
      added.filter { $0.token.isNormalized }.map { entry in
        var token = entry.token
        token.content = normalizer.normalized(token.content)
        return (token, entry.id)
      })
  }

  package func contentIDs(of text: String) -> [Int] {
    var ids: [Int] = []
    for stretch in rawTokens.split(text) {
      switch stretch {
      case .token(let id): ids.append(id)
      case .text(let raw):
        for inner in normalizedTokens.split(normalizer.normalized(raw)) {
          switch inner {
          case .token(let id): ids.append(id)
          case .text(let clean):
            for word in normalizer.words(of: clean) { appendPieces(of: word, to: &ids) }
          }
        }
      }
    }
    return ids
  }

  /// WordPiece: the longest piece at the beginning, then the longest `##` piece, and so on; all or nothing.
  private func appendPieces(of word: Substring.UnicodeScalarView, to ids: inout [Int]) {
    let count = ids.count
    let bytes = Array(Substring(word).utf8)
    var start = 0
    while start < bytes.count, word.count <= Self.longestWord {
      guard let longest = longestPiece(in: bytes, at: start) else { break }
      ids.append(longest.id)
      start = longest.end
    }
    if start < bytes.count {
      ids.removeSubrange(count...)
      ids.append(unknownID)
    }
  }

  private func longestPiece(in bytes: [UInt8], at start: Int) -> (id: Int, end: Int)? {
    guard var node = start == 0 ? Vocabulary.root : pieces.walk("##".utf8) else { return nil }
    var longest: (id: Int, end: Int)?
    for position in start..<bytes.count {
      guard let next = pieces.step(node, bytes[position]) else { break }
      node = next
      if let id = pieces.id(at: node) { longest = (id, position + 1) }
    }
    return longest
  }
}

// Back to text.
extension BERTTokenizer {
  /// The text of the ids: pieces joined, with spaces before words but not before closing punctuation.
  ///
  /// As transformers' `decode` without `skip_special_tokens`. Ids outside the vocabulary are left out.
  package func decode(_ ids: [Int]) -> String {
    var text = ""
    for (index, piece) in ids.compactMap({ names[$0] }).enumerated() {
      guard index > 0 else {
        text += Self.withoutOddSpaces(piece)
        continue
      }
      text += Self.withoutOddSpaces(piece.hasPrefix("##") ? String(piece.dropFirst(2)) : " " + piece)
    }
    return cleansUpSpaces ? Self.withoutOddSpaces(text) : text
  }

  /// tokenizers 0.23.3 `decoders/wordpiece.rs`, `cleanup`.
  private static func withoutOddSpaces(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: " ")) else { return text }
    return [
      (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
      (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ].reduce(text) { $0.replacing($1.0, with: $1.1) }
  }
}

// Reading the model from its files.
extension BERTTokenizer {
  private static func vocabulary(in files: TokenizerFolder) throws(TokenizerError) -> Vocabulary {
    if let json = files.tokenizerJSON {
      if let type = json["model"]?["type"]?.string, type != "WordPiece" {
        throw files.damaged(
          "tokenizer.json", place: "model.type", problem: "\"\(type)\", expected \"WordPiece\"")
      }
      guard let members = json["model"]?["vocab"]?.members, !members.isEmpty else {
        throw files.damaged("tokenizer.json", place: "model.vocab", problem: "missing or not an object")
      }
      var vocabulary = Vocabulary()
      vocabulary.reserve(members.count)
      for (piece, value) in members {
        guard let id = value.tokenID else {
          throw files.damaged(
            "tokenizer.json", place: "model.vocab.\(piece)",
            problem: "\(value.kind), expected a token id in 0…16777215")
        }
        vocabulary.insert(piece, id: id)
      }
      return vocabulary
    }
    guard let text = try files.text(of: "vocab.txt") else {
      throw TokenizerError(
        path: files.path, problem: "neither tokenizer.json nor vocab.txt",
        hint: "Copy the tokenizer's files from the model's repository into this folder")
    }
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    guard !lines.isEmpty else { throw files.damaged("vocab.txt", problem: "the file is empty") }
    return Vocabulary(pieces: lines.map { String(Substring($0).trimmingTrailingSpace) })
  }
}

extension Substring {
  fileprivate var trimmingTrailingSpace: Substring {
    let end = unicodeScalars.lastIndex { !$0.isWhitespace }.map(unicodeScalars.index(after:))
    return self[..<(end ?? startIndex)]
  }
}
