/// Cuts normalised text into the words that byte-pair encoding spells one by one.
///
/// Does by hand what two regular expressions do in the reference: CLIP's
/// `<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`, whose gaps are
/// dropped, and on each match GPT-2's pattern. The second one changes something only for the first
/// two alternatives (a lower-cased look-alike of a special token), which it cuts in three.
struct CLIPWordSplitter {
  private let text: String.UnicodeScalarView
  private var position: String.Index
  /// The rest of a look-alike of a special token.
  private var pending: [Substring] = []

  init(_ text: String) {
    self.text = text.unicodeScalars
    position = text.startIndex
  }

  /// The next word; nil at the end of the text.
  mutating func next() -> Substring? {
    if !pending.isEmpty { return pending.removeFirst() }
    while position < text.endIndex, text[position].isWhitespace { text.formIndex(after: &position) }
    guard position < text.endIndex else { return nil }
    let start = position
    let first = text[start]
    if first == "<", let end = lookAlike(at: start) {
      position = end
      return cutInThree(start..<end)
    }
    if first == "'", let end = contraction(at: start) {
      position = end
    } else if first.isNumber {
      position = text.index(after: start)
    } else if first.isLetter {
      position = endOfRun(from: start) { $0.isLetter }
    } else {
      position = endOfRun(from: start) { !$0.isWhitespace && !$0.isLetter && !$0.isNumber }
    }
    return Substring(text[start..<position])
  }

  private func endOfRun(from start: String.Index, while belongs: (Unicode.Scalar) -> Bool) -> String.Index {
    text[start...].firstIndex { !belongs($0) } ?? text.endIndex
  }

  private func end(of literal: String, at start: String.Index) -> String.Index? {
    var position = start
    for scalar in literal.unicodeScalars {
      guard position < text.endIndex, text[position] == scalar else { return nil }
      text.formIndex(after: &position)
    }
    return position
  }

  private func contraction(at start: String.Index) -> String.Index? {
    for literal in ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"] {
      if let end = end(of: literal, at: start) { return end }
    }
    return nil
  }

  private func lookAlike(at start: String.Index) -> String.Index? {
    end(of: "<|startoftext|>", at: start) ?? end(of: "<|endoftext|>", at: start)
  }

  /// `<|endoftext|>` as `<|`, `endoftext` and `|>`.
  private mutating func cutInThree(_ range: Range<String.Index>) -> Substring {
    let word = Substring(text[range])
    pending = [word.dropFirst(2).dropLast(2), word.suffix(2)]
    return word.prefix(2)
  }
}
