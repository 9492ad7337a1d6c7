import Foundation

/// Where an OpenAI-compatible server answers chat completions.
package struct ChatEndpoint: Sendable {
  /// Of `chat/completions`.
  let url: String
  /// Host and port, for messages.
  package let host: String
  /// Nobody on the way can read what is sent: TLS, or a server on this machine.
  package let isPrivate: Bool

  /// - Parameter base: The base URL, which for most servers ends in `/v1`.
  /// - Returns: Nil unless it is an http or https URL with a host and without user, query or fragment.
  package init?(_ base: String) {
    guard let parts = URLComponents(string: base), let scheme = parts.scheme?.lowercased(),
      ["http", "https"].contains(scheme), let name = parts.host, !name.isEmpty, parts.user == nil,
      parts.password == nil, parts.query == nil, parts.fragment == nil,
      base.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
    var base = base
    while base.hasSuffix("/") { base.removeLast() }
    url = base + "/chat/completions"
    host = name + (parts.port.map { ":\($0)" } ?? "")
    isPrivate = scheme == "https" || ["localhost", "127.0.0.1", "::1", "[::1]"].contains(name)
  }
}
