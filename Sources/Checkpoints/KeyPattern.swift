/// A tensor name in which `*` stands for any run of characters, dots included.
package struct KeyPattern: Sendable, ExpressibleByStringLiteral, Equatable {
  package let text: String
  private let pieces: [Substring]

  package init(_ text: String) {
    self.text = text
    pieces = text.split(separator: "*", omittingEmptySubsequences: false)
  }

  package init(stringLiteral text: String) { self.init(text) }

  package func matches(_ key: String) -> Bool {
    guard pieces.count > 1, let first = pieces.first, let last = pieces.last else { return key == text }
    guard key.hasPrefix(first), key.utf8.count >= first.utf8.count + last.utf8.count, key.hasSuffix(last)
    else {
      return false
    }
    // The pieces between the stars, each at the first place behind the one before: leftmost is always possible.
    var rest = key.dropFirst(first.count).dropLast(last.count)
    for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
      guard let place = rest.firstRange(of: piece) else { return false }
      rest = rest[place.upperBound...]
    }
    return true
  }
}
