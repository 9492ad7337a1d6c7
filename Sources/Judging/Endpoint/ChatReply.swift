import Foundation

/// What counts of a chat completion.
package struct ChatReply: Sendable, Equatable {
  /// The first choice's text; empty when the model said nothing or declined.
  package var content: String
  /// `length` when the answer was cut off at `max_tokens`.
  package var finishReason: String?
  /// 0 when the server does not count.
  package var promptTokens: Int
  package var completionTokens: Int

  package struct Malformed: Error { package var problem: String }

  /// Reads the body of a reply.
  ///
  /// - Throws: ``Malformed`` when it is not JSON or has no `choices[0].message`.
  package init(_ body: Data) throws(Malformed) {
    guard let value = try? JSONSerialization.jsonObject(with: body) else {
      throw Malformed(problem: "it is not JSON")
    }
    guard let object = value as? [String: Any] else { throw Malformed(problem: "it is not an object") }
    guard let choice = (object["choices"] as? [Any])?.first as? [String: Any] else {
      throw Malformed(problem: "it has no choices")
    }
    guard let message = choice["message"] as? [String: Any] else {
      throw Malformed(problem: "its first choice has no message")
    }
    content = Self.text(message["content"])
    finishReason = choice["finish_reason"] as? String
    let usage = object["usage"] as? [String: Any]
    promptTokens = Self.count(usage?["prompt_tokens"])
    completionTokens = Self.count(usage?["completion_tokens"])
  }

  /// A text, or the texts of a list of parts.
  private static func text(_ content: Any?) -> String {
    if let text = content as? String { return text }
    let parts = (content as? [Any])?.compactMap { ($0 as? [String: Any])?["text"] as? String }
    return parts?.joined() ?? ""
  }

  private static func count(_ value: Any?) -> Int {
    guard let number = value as? NSNumber else { return 0 }
    let count = number.doubleValue
    return count >= 0 && count <= 1e12 ? Int(count) : 0
  }
}
