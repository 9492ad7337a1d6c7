import Foundation

/// A secret for an endpoint. It goes into the request's header and nowhere else: what is printed of it is a placeholder.
package struct APIKey: Sendable {
  private let value: String

  /// Shorter texts are no secrets, and could not be taken out of replies without harm to them.
  package static let shortest = 8
  package static let longest = 4096

  package enum Fault: String, Error {
    case tooShort = "has fewer than 8 characters"
    case tooLong = "has more than 4096 characters"
    case badCharacters = "has blanks, control characters or characters beyond ASCII"
  }

  /// - Parameter text: Blanks and line breaks around the key are left off.
  package init(_ text: String) throws(Fault) {
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard trimmed.utf8.count >= Self.shortest else { throw .tooShort }
    guard trimmed.utf8.count <= Self.longest else { throw .tooLong }
    guard trimmed.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .badCharacters }
    value = trimmed
  }

  var header: String { "Authorization: Bearer \(value)" }

  /// The bytes without the key, should a server have sent it back, also as JSON escapes it.
  func removed(from bytes: Data) -> Data {
    var bytes = bytes
    for form in Set([value, value.replacing("/", with: "\\/"), value.replacing("\"", with: "\\\"")]) {
      while let range = bytes.range(of: Data(form.utf8)) {
        bytes.replaceSubrange(range, with: Data(Self.placeholder.utf8))
      }
    }
    return bytes
  }

  func removed(from text: String) -> String { text.replacing(value, with: Self.placeholder) }

  private static let placeholder = "[key]"
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { Self.placeholder }
  package var debugDescription: String { Self.placeholder }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
