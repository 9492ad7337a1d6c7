/// CLIP's byte-level byte-pair tokenizer.
///
/// A text is cut at special tokens, put in NFC, its white space collapsed, lower-cased scalar by scalar, cut into
/// words (``CLIPWordSplitter``), and every word is spelled in bytes, the last one marked `</w>`, which are
/// joined by rank. Ids are those of transformers 5.23.0 `models/clip/tokenization_clip.py`: no ftfy clean-up,
/// and the pipeline is the class's own, whatever normaliser `tokenizer.json` describes.
package struct CLIPTokenizer: Tokenizer {
  package let leadingIDs: [Int]
  package let trailingIDs: [Int]
  package let paddingID: Int
  package let modelMaxLength: Int?
  package let vocabularySize: Int

  private let rawTokens: AddedTokenFinder
  private let normalizedTokens: AddedTokenFinder
  private let merges: BytePairMerges
  /// Id of each byte inside a word, and at its end.
  private let idOfByte: [Int]
  private let idOfLastByte: [Int]

  /// The id of the end token, where the text encoder reads its pooled state.
  package var endID: Int { trailingIDs[0] }

  /// Loads `tokenizer.json`, or `vocab.json` and `merges.txt` where that file is absent.
  ///
  /// - Throws: ``TokenizerError`` naming the file and the key, line or token that is missing or wrong.
  package init(folder: String) throws(TokenizerError) {
    let files = try TokenizerFolder(path: folder)
    var (vocabulary, pairs, source) = try Self.model(in: files)
    let special = try files.specialTokens(defaults: [
      "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>",
      "pad_token": "<|endoftext|>",
    ])
    let pieces = vocabulary
    let added = try files.addedTokens(special: special, vocabulary: &vocabulary)
    func id(_ name: String) -> Int { special[name].flatMap { vocabulary.id(of: $0.content) } ?? 0 }

    leadingIDs = [id("bos_token")]
    trailingIDs = [id("eos_token")]
    paddingID = id("pad_token")
    modelMaxLength = try files.modelMaxLength()
    vocabularySize = vocabulary.size
    rawTokens = AddedTokenFinder(added.filter { !$0.token.isNormalized })
    normalizedTokens = AddedTokenFinder(
      added.filter { $0.token.isNormalized }.map { entry in
        var token = entry.token
        token.content = Self.normalized(token.content)
        return (token, entry.id)
      })
    let unknown = id("unk_token")
    idOfByte = ByteAlphabet.characters.map { pieces.id(of: $0) ?? unknown }
    idOfLastByte = ByteAlphabet.characters.map { pieces.id(of: $0 + "</w>") ?? unknown }
    merges = try Self.rules(pairs, vocabulary: pieces, source: source)
  }

  package func contentIDs(of text: String) -> [Int] {
    var ids: [Int] = []
    for stretch in rawTokens.split(text) {
      switch stretch {
      case .token(let id): ids.append(id)
      case .text(let raw):
        for inner in normalizedTokens.split(Self.normalized(raw)) {
          switch inner {
          case .token(let id): ids.append(id)
          case .text(let words): appendIDs(ofWords: words, to: &ids)
          }
        }
      }
    }
    return ids
  }

  private func appendIDs(ofWords text: String, to ids: inout [Int]) {
    var splitter = CLIPWordSplitter(text)
    while let word = splitter.next() {
      var symbols = word.utf8.map { idOfByte[Int($0)] }
      if let last = word.utf8.last { symbols[symbols.count - 1] = idOfLastByte[Int(last)] }
      ids.append(contentsOf: merges.merged(symbols))
    }
  }

  /// NFC, every run of white space one space, lower case.
  private static func normalized(_ text: String) -> String {
    let composed = text.precomposedByUnicode9
    var collapsed = String.UnicodeScalarView()
    var inSpace = false
    for scalar in composed.unicodeScalars {
      let isSpace = scalar.isWhitespace
      if !isSpace { collapsed.append(scalar) } else if !inSpace { collapsed.append(" ") }
      inSpace = isSpace
    }
    return String(collapsed).lowercasedByScalar
  }
}

// Reading the model from its files.
extension CLIPTokenizer {
  /// A merge rule as it is written, with the place it is written at.
  private typealias Pair = (left: String, right: String)

  /// The vocabulary, the merge rules by rank, and the name of the file the rules come from.
  private static func model(
    in files: TokenizerFolder
  ) throws(TokenizerError) -> (Vocabulary, [Pair], String) {
    if let json = files.tokenizerJSON {
      guard let model = json["model"], model.members != nil else {
        throw files.damaged("tokenizer.json", place: "model", problem: "missing or not an object")
      }
      if let type = model["type"]?.string, type != "BPE" {
        throw files.damaged("tokenizer.json", place: "model.type", problem: "\"\(type)\", expected \"BPE\"")
      }
      let vocabulary = try vocabulary(model["vocab"], in: files, file: "tokenizer.json", place: "model.vocab")
      return (vocabulary, try pairs(model["merges"], in: files), files.path(of: "tokenizer.json"))
    }
    guard let vocab = try files.json("vocab.json"), let merges = try files.text(of: "merges.txt") else {
      throw TokenizerError(
        path: files.path, problem: "no tokenizer.json, and not both of vocab.json and merges.txt",
        hint: "Copy the tokenizer's files from the model's repository into this folder")
    }
    let vocabulary = try vocabulary(vocab, in: files, file: "vocab.json", place: "")
    return (vocabulary, try pairs(text: merges, in: files), files.path(of: "merges.txt"))
  }

  private static func vocabulary(
    _ value: OrderedJSON?, in files: TokenizerFolder, file: String, place: String
  ) throws(TokenizerError) -> Vocabulary {
    guard let members = value?.members, !members.isEmpty else {
      throw files.damaged(file, place: place, problem: "no vocabulary, expected an object of pieces and ids")
    }
    var vocabulary = Vocabulary()
    vocabulary.reserve(members.count)
    for (piece, value) in members {
      guard let id = value.tokenID else {
        throw files.damaged(
          file, place: place.isEmpty ? piece : "\(place).\(piece)",
          problem: "\(value.kind), expected a token id in 0…16777215")
      }
      vocabulary.insert(piece, id: id)
    }
    return vocabulary
  }

  private static func pairs(_ value: OrderedJSON?, in files: TokenizerFolder) throws(TokenizerError) -> [Pair]
  {
    guard let listed = value?.array else {
      throw files.damaged("tokenizer.json", place: "model.merges", problem: "missing or not an array")
    }
    var pairs: [Pair] = []
    pairs.reserveCapacity(listed.count)
    for (rank, rule) in listed.enumerated() {
      let parts = rule.string?.utf8Fields ?? rule.array?.compactMap(\.string) ?? []
      guard parts.count == 2 else {
        throw files.damaged("tokenizer.json", place: "model.merges[\(rank)]", problem: "not a pair of pieces")
      }
      pairs.append((parts[0], parts[1]))
    }
    return pairs
  }

  private static func pairs(text: String, in files: TokenizerFolder) throws(TokenizerError) -> [Pair] {
    var pairs: [Pair] = []
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for (index, line) in lines.enumerated() {
      let line = String(Substring(line.last == UInt8(ascii: "\r") ? line.dropLast() : line))
      if line.hasPrefix("#version") { continue }
      let parts = line.utf8Fields
      guard parts.count == 2 else {
        throw files.damaged(
          "merges.txt", place: "line \(index + 1)", problem: "not two pieces and a space between")
      }
      pairs.append((parts[0], parts[1]))
    }
    return pairs
  }

  private static func rules(
    _ pairs: [Pair], vocabulary: Vocabulary, source: String
  ) throws(TokenizerError) -> BytePairMerges {
    var merges = BytePairMerges(reserving: pairs.count)
    for (rank, pair) in pairs.enumerated() {
      guard let leftNode = vocabulary.walk(pair.left.utf8), let left = vocabulary.id(at: leftNode),
        let right = vocabulary.id(of: pair.right),
        let merged = vocabulary.walk(pair.right.utf8, from: leftNode).flatMap(vocabulary.id(at:))
      else {
        throw TokenizerError(
          path: source, place: "merge rule \(rank + 1)",
          problem: "\"\(pair.left) \(pair.right)\" names a piece that is not in the vocabulary",
          hint:
            "The vocabulary and the merges belong to different tokenizers: copy both from the same repository"
        )
      }
      merges.insert(left: left, right: right, merged: merged, rank: rank)
    }
    return merges
  }
}

extension String {
  /// The parts between single spaces, cut on bytes so that no combining mark can hide a space.
  fileprivate var utf8Fields: [String] {
    utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map { String(Substring($0)) }
  }
}

/// GPT-2's printable stand-ins for the 256 byte values, as vocabularies spell them.
enum ByteAlphabet {
  /// `characters[b]` stands for byte `b`: itself if printable, else the next free scalar from U+0100 on.
  static let characters: [String] = {
    var free: UInt32 = 0x100
    return (UInt32(0)..<256).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF:
        return String(UnicodeScalar(byte).map(Character.init) ?? " ")
      default:
        defer { free += 1 }
        return String(UnicodeScalar(free).map(Character.init) ?? " ")
      }
    }
  }()
}
