import Foundation

/// Which of two pictures a model chose.
package enum PairChoice: String, Sendable, Codable {
  case first = "image-1"
  case second = "image-2"

  private static let key = "choice"

  /// - Throws: ``Unparsable`` when the answer names neither.
  package init(_ reply: ChatReply) throws(Unparsable) {
    guard let object = AnswerObject.last(in: reply.content, withAnyOf: [Self.key]) else {
      throw .without("\"\(Self.key)\"", in: reply)
    }
    let said = (object[Self.key] as? String) ?? (object[Self.key] as? NSNumber)?.stringValue ?? ""
    switch said.lowercased().filter({ $0.isLetter || $0.isNumber }) {
    case "image1", "1": self = .first
    case "image2", "2": self = .second
    default: throw Unparsable(reason: "the choice \"\(said.prefix(60))\" is neither image-1 nor image-2")
    }
  }
}
