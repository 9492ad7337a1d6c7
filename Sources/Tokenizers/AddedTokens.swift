/// A token that is looked for in the text itself, before the model sees it (`<|endoftext|>`, `[MASK]`, …).
struct AddedToken: Equatable, Sendable {
  var content: String
  /// Swallow the white space before the token.
  var stripsLeft = false
  /// Swallow the white space after the token.
  var stripsRight = false
  /// Match only where no word character touches the token.
  var isSingleWord = false
  /// Look for it in the normalised text, not in the text as written.
  var isNormalized = false
}

/// Finds added tokens in a text: leftmost first, the longest of those that start at the same place.
///
/// tokenizers 0.23.3 `tokenizer/added_vocabulary.rs`, `find_matches`.
struct AddedTokenFinder: Sendable {
  /// A stretch of the text: ordinary text, or one added token.
  enum Stretch: Equatable {
    case text(String)
    case token(id: Int)
  }

  private var trie = Vocabulary()
  private var tokens: [(token: AddedToken, id: Int)] = []
  private var startsToken = [Bool](repeating: false, count: 256)

  init(_ added: [(token: AddedToken, id: Int)]) {
    for entry in added {
      guard let first = entry.token.content.utf8.first else { continue }
      trie.insert(entry.token.content, id: tokens.count)
      tokens.append(entry)
      startsToken[Int(first)] = true
    }
  }

  /// The text cut at added tokens; empty stretches are left out.
  func split(_ text: String) -> [Stretch] {
    let bytes = Array(text.utf8)
    var stretches: [Stretch] = []
    var done = 0
    var position = 0
    while position < bytes.count {
      guard startsToken[Int(bytes[position])], let match = longestMatch(in: bytes, at: position) else {
        position += 1
        continue
      }
      let (token, id) = tokens[match.index]
      if token.isSingleWord && touchesWord(bytes, position..<match.end) {
        position = match.end
        continue
      }
      let start = token.stripsLeft ? endOfText(in: bytes, done..<position) : position
      let end = token.stripsRight ? startOfText(in: bytes, match.end..<bytes.count) : match.end
      if done < start { stretches.append(.text(String(decoding: bytes[done..<start], as: UTF8.self))) }
      stretches.append(.token(id: id))
      done = end
      position = end
    }
    if done == 0 && !bytes.isEmpty { return [.text(text)] }
    if done < bytes.count { stretches.append(.text(String(decoding: bytes[done...], as: UTF8.self))) }
    return stretches
  }

  private func longestMatch(in bytes: [UInt8], at start: Int) -> (index: Int, end: Int)? {
    var node = Vocabulary.root
    var match: (index: Int, end: Int)?
    for position in start..<bytes.count {
      guard let next = trie.step(node, bytes[position]) else { break }
      node = next
      if let index = trie.id(at: node) { match = (index, position + 1) }
    }
    return match
  }

  private func touchesWord(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
    let before = lastScalar(bytes, before: range.lowerBound)
    let after = String(decoding: bytes[range.upperBound...].prefix(4), as: UTF8.self).unicodeScalars.first
    return (before?.isWord ?? false) || (after?.isWord ?? false)
  }

  /// The end of the text in `range` without its trailing white space.
  private func endOfText(in bytes: [UInt8], _ range: Range<Int>) -> Int {
    var end = range.upperBound
    while end > range.lowerBound, let scalar = lastScalar(bytes, before: end), scalar.isWhitespace {
      end -= UTF8.width(scalar)
    }
    return end
  }

  /// The start of the text in `range` without its leading white space.
  private func startOfText(in bytes: [UInt8], _ range: Range<Int>) -> Int {
    var start = range.lowerBound
    while start < range.upperBound,
      let scalar = String(decoding: bytes[start...].prefix(4), as: UTF8.self).unicodeScalars.first,
      scalar.isWhitespace
    {
      start += UTF8.width(scalar)
    }
    return start
  }

  private func lastScalar(_ bytes: [UInt8], before end: Int) -> Unicode.Scalar? {
    guard end > 0 else { return nil }
    var start = end - 1
    while start > 0 && bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return String(decoding: bytes[start..<end], as: UTF8.self).unicodeScalars.first
  }
}
