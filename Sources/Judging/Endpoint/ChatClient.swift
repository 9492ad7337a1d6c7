import Foundation

/// Asks an OpenAI-compatible endpoint, with retries; threads may share one.
package final class ChatClient: Sendable {
  package struct Settings: Sendable {
    /// Seconds for one request.
    package var timeout = 120.0
    package var maxRetries = 5
    /// Nil for no limit.
    package var requestsPerMinute: Double?
    /// Seconds before the first retry; each further one waits twice as long, ``longestBackoff`` at most.
    package var firstBackoff = 1.0

    package init() {}
  }

  package struct Answer: Sendable {
    /// As the server sent it, except for the key.
    package var body: Data
    package var reply: ChatReply
    package var retries: Int
  }

  package static let longestBackoff = 60.0
  /// A server that asks for a longer pause is not waited for.
  package static let longestPause = 600.0
  /// Bytes of a reply.
  package static let replyLimit = 4 << 20

  private let endpoint: ChatEndpoint
  private let key: APIKey?
  private let settings: Settings
  private let pace: RequestPace

  package init(_ endpoint: ChatEndpoint, key: APIKey?, settings: Settings) {
    (self.endpoint, self.key, self.settings) = (endpoint, key, settings)
    pace = RequestPace(requestsPerMinute: settings.requestsPerMinute)
  }

  /// Sends the body of a chat completions request; blocks the calling thread.
  ///
  /// Asked again after 408, 409, 425, 429 and 5xx, time-outs, broken connections and replies that are no chat completions.
  /// Retry-After is obeyed, after 429 and 503 by all threads.
  ///
  /// - Throws: ``ChatFault``.
  package func ask(_ body: Data, isCancelled: () -> Bool) throws(ChatFault) -> Answer {
    var retries = 0
    while true {
      guard pace.waitForTurn(isCancelled: isCancelled) else { throw cancelled }
      let failure: Failure
      do throws(Failure) { return try attempt(body, retries, isCancelled) } catch { failure = error }
      var fault = failure.fault
      guard failure.mayRetry, retries < settings.maxRetries else {
        if retries > 0 { fault.message += ", after \(retries) \(retries == 1 ? "retry" : "retries")" }
        throw fault
      }
      let pause = failure.pause ?? min(settings.firstBackoff * pow(2, Double(retries)), Self.longestBackoff)
      guard pause <= Self.longestPause else {
        fault.message += ", asking for a pause of \(Int(pause)) s"
        throw fault
      }
      if failure.concernsAll { pace.pause(seconds: pause) }
      guard RequestPace.wait(seconds: pause, isCancelled: isCancelled) else { throw cancelled }
      retries += 1
    }
  }

  private var cancelled: ChatFault { ChatFault(.cancelled, "the question was cancelled") }

  private struct Failure: Error {
    var fault: ChatFault
    var mayRetry: Bool
    /// Seconds that the server asks for.
    var pause: Double?
    var concernsAll = false
  }

  private func attempt(
    _ body: Data, _ retries: Int, _ isCancelled: () -> Bool
  ) throws(Failure) -> Answer {
    // libcurl would wait a second for a "100 Continue" before it sends large bodies.
    var headers = [
      "Content-Type: application/json", "Accept: application/json", "Expect:", "User-Agent: scispool",
    ]
    if let key { headers.append(key.header) }
    let post = HTTPPost(
      url: endpoint.url, headers: headers, timeout: settings.timeout, replyLimit: Self.replyLimit)
    var reply: HTTPPost.Reply
    do throws(HTTPPost.Fault) { reply = try post.send(body, isCancelled: isCancelled) } catch {
      throw failure(of: error)
    }
    if let key { reply.body = key.removed(from: reply.body) }
    guard (200...299).contains(reply.status) else { throw failure(of: reply) }
    do throws(ChatReply.Malformed) {
      return Answer(body: reply.body, reply: try ChatReply(reply.body), retries: retries)
    } catch {
      let fault = ChatFault(
        .question, status: reply.status,
        "\(endpoint.host) answered with status \(reply.status), but what came is no chat completion: \(error.problem)",
        hint: "Is endpoint the base URL of an OpenAI-compatible server? It usually ends in /v1.",
        reply: Self.beginning(of: reply.body))
      throw Failure(fault: fault, mayRetry: true)
    }
  }

  private func failure(of fault: HTTPPost.Fault) -> Failure {
    let words = key?.removed(from: fault.message) ?? fault.message
    let host = endpoint.host
    func made(_ kind: ChatFault.Kind, _ message: String, _ hint: String? = nil, retry: Bool) -> Failure {
      Failure(fault: ChatFault(kind, message, hint: hint), mayRetry: retry)
    }
    switch fault.kind {
    case .cancelled: return Failure(fault: cancelled, mayRetry: false)
    case .timedOut:
      return made(
        .unavailable, "\(host) did not answer within \(settings.timeout) s",
        "Raise timeout_seconds, or lower max_concurrency.", retry: true)
    case .tooLarge:
      return made(
        .question, "the reply of \(host) exceeds \(Self.replyLimit) bytes", "Lower max_tokens.", retry: false)
    case .unknownHost:
      return made(
        .unavailable, "\(host) is not known: \(words)", "Check endpoint and the network.", retry: true)
    case .notConnected:
      return made(
        .unavailable, "\(host) takes no connection: \(words)", "Is the server running?", retry: true)
    case .tls:
      return made(
        .refused, "no trusted connection to \(host): \(words)",
        "Use http:// for a server without TLS; else its certificate must be trusted by this machine.",
        retry: false)
    case .broken: return made(.unavailable, "\(host) broke the connection: \(words)", retry: true)
    case .failed: return made(.unavailable, "cannot ask \(host): \(words)", retry: true)
    }
  }

  private func failure(of reply: HTTPPost.Reply) -> Failure {
    let text = Self.beginning(of: reply.body)
    let words = Self.serversWords(reply.body).map { ": \($0)" } ?? ""
    var fault = ChatFault(
      .question, status: reply.status, "\(endpoint.host) answered with status \(reply.status)\(words)",
      reply: text)
    let pause = Self.seconds(retryAfter: reply.retryAfter)
    switch reply.status {
    case 401, 403:
      fault.kind = .refused
      fault.hint =
        key == nil
        ? "Give the key by api_key_env or credential." : "Check the key that api_key_env or credential names."
    case 404, 405, 300...399:
      fault.kind = .refused
      fault.hint = "Check endpoint, the base URL (it usually ends in /v1), and the model's name."
    case 429 where text.contains("insufficient_quota"):
      fault.kind = .refused
      fault.hint = "The account has no credit left."
    case 408, 409, 425, 429, 500...599:
      fault.kind = .unavailable
      fault.hint =
        reply.status == 429 ? "Lower max_concurrency or requests_per_minute." : "See the server's log."
      return Failure(
        fault: fault, mayRetry: true, pause: pause, concernsAll: [429, 503].contains(reply.status))
    default: fault.hint = "See the server's words and log: it does not take this request."
    }
    return Failure(fault: fault, mayRetry: false)
  }

  /// `error.message` of the usual error object.
  private static func serversWords(_ body: Data) -> String? {
    let object = (try? JSONSerialization.jsonObject(with: body)) as? [String: Any]
    let message = (object?["error"] as? [String: Any])?["message"] ?? object?["error"] ?? object?["message"]
    guard let text = message as? String, !text.isEmpty else { return nil }
    return String(text.prefix(300))
  }

  private static func beginning(of body: Data) -> String {
    String(decoding: body.prefix(16 << 10), as: UTF8.self)
  }

  /// Seconds of a Retry-After, which is a number or a date.
  static func seconds(retryAfter: String, now: Date = Date()) -> Double? {
    if let seconds = Double(retryAfter), seconds.isFinite { return max(0, seconds) }
    let format = DateFormatter()
    (format.locale, format.timeZone) = (Locale(identifier: "en_US_POSIX"), TimeZone(identifier: "GMT"))
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    return format.date(from: retryAfter).map { max(0, $0.timeIntervalSince(now)) }
  }
}
