import Foundation

/// The JSON object that a model was asked for, wherever it stands in its answer.
enum AnswerObject {
  /// Bytes of an answer's end in which the object is looked for.
  private static let searched = 256 << 10
  /// Opening braces that are tried, and bytes that an object may have.
  private static let (tries, longest) = (256, 64 << 10)

  /// The last object in the text that has one of the members; models reason first and answer last.
  ///
  /// Prose, code fences and objects within objects do not hinder.
  static func last(in text: String, withAnyOf names: [String]) -> [String: Any]? {
    let bytes = [UInt8](text.utf8.suffix(searched))
    var left = tries
    for start in bytes.indices.reversed() where bytes[start] == UInt8(ascii: "{") {
      guard left > 0 else { break }
      left -= 1
      guard let end = end(of: bytes, from: start),
        let object = try? JSONSerialization.jsonObject(with: Data(bytes[start...end])) as? [String: Any],
        names.contains(where: { object[$0] != nil })
      else { continue }
      return object
    }
    return nil
  }

  /// Where the object that begins at `start` ends, braces in quotes not counted.
  private static func end(of bytes: [UInt8], from start: Int) -> Int? {
    var (depth, isQuoted, isEscaped) = (0, false, false)
    for place in start..<min(bytes.count, start + longest) {
      let byte = bytes[place]
      if isEscaped {
        isEscaped = false
      } else if isQuoted {
        if byte == UInt8(ascii: "\\") { isEscaped = true }
        if byte == UInt8(ascii: "\"") { isQuoted = false }
      } else if byte == UInt8(ascii: "\"") {
        isQuoted = true
      } else if byte == UInt8(ascii: "{") {
        depth += 1
      } else if byte == UInt8(ascii: "}") {
        depth -= 1
        if depth == 0 { return place }
      }
    }
    return nil
  }
}

/// Why an answer says nothing that can be scored.
package struct Unparsable: Error, Sendable, Equatable {
  package var reason: String

  static func without(_ form: String, in reply: ChatReply) -> Unparsable {
    if reply.content.isEmpty { return Unparsable(reason: "the answer is empty") }
    return Unparsable(
      reason: reply.finishReason == "length"
        ? "the answer was cut off at max_tokens" : "the answer has no JSON object with \(form)")
  }
}
