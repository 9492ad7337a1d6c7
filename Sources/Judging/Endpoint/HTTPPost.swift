import CCurl
import Foundation

/// One POST to a URL, on the thread that calls it.
struct HTTPPost {
  var url: String
  /// Lines `Name: value`.
  var headers: [String]
  /// Seconds for the whole exchange.
  var timeout: Double
  /// Bytes of the reply's body.
  var replyLimit: Int

  struct Reply {
    var status: Int
    var retryAfter: String
    var body: Data
  }

  /// Why there is no reply.
  struct Fault: Error {
    enum Kind { case cancelled, timedOut, tooLarge, unknownHost, notConnected, tls, broken, failed }
    var kind: Kind
    /// libcurl's words.
    var message: String
  }

  /// - Parameter isCancelled: Asked about once a second.
  /// - Throws: ``Fault``; a status that tells of an error is a reply.
  func send(_ body: Data, isCancelled: () -> Bool) throws(Fault) -> Reply {
    let (outcome, reply) = withoutActuallyEscaping(isCancelled) { perform(body, Question(isYes: $0)) }
    defer {
      var reply = reply
      ccurl_free(&reply)
    }
    guard outcome == CCURL_DONE else {
      throw Fault(kind: Self.kind(outcome), message: Self.text(reply.message))
    }
    let bytes = reply.body.map { Data(bytes: $0, count: reply.body_count) } ?? Data()
    return Reply(status: reply.status, retryAfter: Self.text(reply.retry_after), body: bytes)
  }

  private final class Question {
    let isYes: () -> Bool
    init(isYes: @escaping () -> Bool) { self.isYes = isYes }
  }

  private func perform(_ body: Data, _ question: Question) -> (ccurl_outcome, ccurl_reply) {
    var (request, reply) = (ccurl_request(), ccurl_reply())
    let url = strdup(url)
    let lines = headers.map { UnsafePointer(strdup($0)) }
    defer {
      free(url)
      for line in lines { free(UnsafeMutableRawPointer(mutating: line)) }
    }
    request.url = UnsafePointer(url)
    request.timeout_milliseconds = max(1, Int(timeout * 1000))
    request.connect_milliseconds = max(1, Int(min(timeout, Self.connectTimeout) * 1000))
    request.reply_limit = replyLimit
    request.context = Unmanaged.passUnretained(question).toOpaque()
    request.is_cancelled = { context in
      guard let context else { return 0 }
      return Unmanaged<Question>.fromOpaque(context).takeUnretainedValue().isYes() ? 1 : 0
    }
    let outcome = withExtendedLifetime(question) {
      lines.withUnsafeBufferPointer { lines in
        body.withUnsafeBytes { bytes in
          (request.headers, request.header_count) = (lines.baseAddress, lines.count)
          request.body = bytes.bindMemory(to: UInt8.self).baseAddress
          request.body_count = bytes.count
          return ccurl_post(&request, &reply)
        }
      }
    }
    return (outcome, reply)
  }

  private static let connectTimeout = 30.0

  private static func kind(_ outcome: ccurl_outcome) -> Fault.Kind {
    switch outcome {
    case CCURL_CANCELLED: .cancelled
    case CCURL_TIMED_OUT: .timedOut
    case CCURL_TOO_LARGE: .tooLarge
    case CCURL_UNKNOWN_HOST: .unknownHost
    case CCURL_NOT_CONNECTED: .notConnected
    case CCURL_TLS: .tls
    case CCURL_BROKEN: .broken
    default: .failed
    }
  }

  /// The text in a C array of characters.
  private static func text<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
