/// Why a question has no answer, in words that never hold the key.
package struct ChatFault: Error, Sendable, Equatable {
  package enum Kind: String, Sendable {
    /// Nothing that is sent to this endpoint in this way will be answered: key, address, certificate.
    case refused
    /// The server was away, overloaded or broken, also after the last retry.
    case unavailable
    /// This question, or the reply to it, is at fault.
    case question
    case cancelled
  }

  package var kind: Kind
  /// Of the last reply; nil without one.
  package var status: Int?
  /// Names the endpoint's host.
  package var message: String
  package var hint: String?
  /// The beginning of what the server sent.
  package var reply: String?

  package init(_ kind: Kind, status: Int? = nil, _ message: String, hint: String? = nil, reply: String? = nil)
  {
    (self.kind, self.status, self.message) = (kind, status, message)
    (self.hint, self.reply) = (hint, reply)
  }
}
