import Foundation
import LocalServer
import Synchronization
import Testing

@testable import Judging

/// The client against a server that misbehaves.
@Suite struct ChatClientTests {
  private static let secret = "sk-test/secret-0123456789"

  private func client(
    _ base: String, key: String? = nil, _ change: (inout ChatClient.Settings) -> Void = { _ in }
  ) throws -> ChatClient {
    var settings = ChatClient.Settings()
    (settings.timeout, settings.maxRetries, settings.firstBackoff) = (20, 2, 0.01)
    change(&settings)
    return ChatClient(
      try #require(ChatEndpoint(base)), key: try key.map { try APIKey($0) }, settings: settings)
  }

  private func fault(
    _ base: String, key: String? = nil, _ change: (inout ChatClient.Settings) -> Void = { _ in }
  ) throws -> ChatFault {
    let client = try client(base, key: key, change)
    return try #require(throws: ChatFault.self) { try client.ask(Data("{}".utf8)) { false } }
  }

  @Test func sendsBodyAndKeyAndReadsTheAnswer() throws {
    let server = try LocalServer { _ in .says("hello", promptTokens: 7, completionTokens: 3) }
    defer { server.stop() }
    // Larger than a megabyte: no waiting for "100 Continue".
    let body = Data(repeating: UInt8(ascii: "x"), count: 3 << 20)
    let answer = try client(server.base + "/", key: Self.secret + "\n").ask(body) { false }
    #expect(answer.reply.content == "hello" && answer.retries == 0)
    #expect(answer.reply.promptTokens == 7 && answer.reply.completionTokens == 3)
    let request = try #require(server.received.first)
    #expect(request.path == "/v1/chat/completions" && request.body == body)
    #expect(request.headers["authorization"] == "Bearer \(Self.secret)")
    #expect(request.headers["content-type"] == "application/json" && request.headers["expect"] == nil)
  }

  @Test(arguments: [500, 502, 503, 529, 429, 408])
  func asksAgainAfter(status: Int) throws {
    let server = try LocalServer { $0.number < 2 ? .status(status) : .says("at last") }
    defer { server.stop() }
    let answer = try client(server.base).ask(Data("{}".utf8)) { false }
    #expect(answer.reply.content == "at last" && answer.retries == 2 && server.received.count == 3)
  }

  @Test(arguments: [
    LocalServer.Behaviour.drop, .dropAfter(body: Data("{\"choices\"".utf8), promised: 1000),
    .reply(body: Data(#"{"choices": [{"message": {"content": "cut"#.utf8)), .reply(body: Data("<html>".utf8)),
    .reply(body: Data(#"{"answer": "wrong schema"}"#.utf8)), .raw(Data("SSH-2.0-OpenSSH\r\n".utf8)),
  ])
  func asksAgainAfterABrokenReply(behaviour: LocalServer.Behaviour) throws {
    let server = try LocalServer { $0.number == 0 ? behaviour : .says("whole") }
    defer { server.stop() }
    let answer = try client(server.base).ask(Data("{}".utf8)) { false }
    #expect(answer.reply.content == "whole" && answer.retries == 1)
  }

  @Test func givesUpAfterTheLastRetryAndNamesHostAndStatus() throws {
    let server = try LocalServer { _ in .status(500, message: "out of slots") }
    defer { server.stop() }
    let fault = try fault(server.base)
    #expect(fault.kind == .unavailable && fault.status == 500 && server.received.count == 3)
    #expect(fault.message.contains("127.0.0.1:\(server.port)") && fault.message.contains("500"), "\(fault)")
    #expect(fault.message.contains("out of slots") && fault.message.contains("2 retries"), "\(fault)")
  }

  @Test func obeysRetryAfterOnAllThreads() throws {
    let server = try LocalServer {
      $0.number == 0 ? .status(429, headers: ["Retry-After": "1"]) : .says("ok")
    }
    defer { server.stop() }
    let client = try client(server.base)
    let start = ContinuousClock.now
    #expect(try client.ask(Data("{}".utf8)) { false }.retries == 1)
    // A lower bound that the protocol promises, not a speed.
    #expect(ContinuousClock.now - start >= .seconds(1))
  }

  @Test func doesNotWaitForHours() throws {
    let server = try LocalServer { _ in .status(429, headers: ["Retry-After": "7200"]) }
    defer { server.stop() }
    let fault = try fault(server.base)
    #expect(fault.kind == .unavailable && fault.message.contains("7200 s") && server.received.count == 1)
  }

  @Test func readsRetryAfterAsDate() throws {
    let now = Date(timeIntervalSince1970: 1_700_000_000)
    #expect(ChatClient.seconds(retryAfter: "Tue, 14 Nov 2023 22:13:50 GMT", now: now) == 30)
    #expect(ChatClient.seconds(retryAfter: "Tue, 14 Nov 2023 22:13:10 GMT", now: now) == 0)
    #expect(ChatClient.seconds(retryAfter: "2.5") == 2.5 && ChatClient.seconds(retryAfter: "-3") == 0)
    #expect(ChatClient.seconds(retryAfter: "soon") == nil && ChatClient.seconds(retryAfter: "") == nil)
  }

  @Test(arguments: [
    (401, ChatFault.Kind.refused), (403, .refused), (404, .refused), (307, .refused), (400, .question),
    (413, .question),
  ])
  func doesNotAskAgainAfter(status: Int, kind: ChatFault.Kind) throws {
    let server = try LocalServer { _ in .status(status, headers: ["Location": "http://127.0.0.1:1/elsewhere"])
    }
    defer { server.stop() }
    let fault = try fault(server.base)
    #expect(fault.kind == kind && fault.status == status && server.received.count == 1)
    #expect(fault.hint?.isEmpty == false)
  }

  @Test func anEmptyAccountIsNotAskedAgain() throws {
    let server = try LocalServer { _ in
      .reply(status: 429, body: Data(#"{"error": {"message": "quota", "code": "insufficient_quota"}}"#.utf8))
    }
    defer { server.stop() }
    let fault = try fault(server.base)
    #expect(fault.kind == .refused && server.received.count == 1)
  }

  @Test func theReplyIsBounded() throws {
    let server = try LocalServer { _ in .says(String(repeating: "x", count: 10 << 20)) }
    defer { server.stop() }
    let fault = try fault(server.base)
    #expect(fault.kind == .question && fault.message.contains("exceeds \(ChatClient.replyLimit) bytes"))
    #expect(server.received.count == 1)
  }

  @Test(arguments: [LocalServer.Behaviour.silence(seconds: 60), .drip])
  func aSlowServerTimesOut(behaviour: LocalServer.Behaviour) throws {
    let server = try LocalServer { _ in behaviour }
    defer { server.stop() }
    let fault = try fault(server.base) { ($0.timeout, $0.maxRetries) = (0.5, 1) }
    #expect(fault.kind == .unavailable && fault.message.contains("0.5 s") && server.received.count == 2)
  }

  @Test func nobodyListens() throws {
    let server = try LocalServer { _ in .drop }
    server.stop()
    let gone = try LocalServer { _ in .drop }
    let port = gone.port
    gone.stop()
    // The port is free once the listener's thread has closed it.
    Thread.sleep(forTimeInterval: 0.2)
    let fault = try fault("http://127.0.0.1:\(port)/v1")
    #expect(fault.kind == .unavailable && fault.hint == "Is the server running?", "\(fault)")
    #expect(try self.fault("http://no-such-host.invalid/v1").message.contains("no-such-host.invalid"))
  }

  @Test func plainTextWhereTLSIsExpectedIsRefused() throws {
    let server = try LocalServer { _ in .says("plain") }
    defer { server.stop() }
    let fault = try fault("https://127.0.0.1:\(server.port)/v1")
    #expect(fault.kind == .refused && fault.hint?.contains("http://") == true, "\(fault)")
  }

  @Test(.enabled(if: TLSServer.isPossible))
  func anUntrustedCertificateIsRefused() throws {
    let server = try TLSServer()
    defer { server.stop() }
    let fault = try fault("https://127.0.0.1:\(server.port)/v1", key: Self.secret)
    #expect(fault.kind == .refused && fault.message.contains("certificate"), "\(fault)")
    #expect(!server.output.contains("POST"))
  }

  @Test(arguments: [
    LocalServer.Behaviour.silence(seconds: 60), .drip, .status(429, headers: ["Retry-After": "60"]),
  ])
  func aCancellationEndsWhatRuns(behaviour: LocalServer.Behaviour) throws {
    let server = try LocalServer { _ in behaviour }
    defer { server.stop() }
    let client = try client(server.base) { $0.timeout = 60 }
    let end = ContinuousClock.now + .milliseconds(300)
    let fault = try #require(throws: ChatFault.self) {
      try client.ask(Data("{}".utf8)) { ContinuousClock.now > end }
    }
    #expect(fault.kind == .cancelled)
    // Far below the 60 s that each of these would take.
    #expect(ContinuousClock.now - end < .seconds(20))
  }

  @Test func theKeyIsInNothingThatComesBack() throws {
    let echo = Self.secret.replacing("/", with: "\\/")
    let server = try LocalServer { request in
      request.number == 0
        ? .says("your header was \(request.headers["authorization"] ?? "")")
        : .status(401, message: "Incorrect API key: \(request.number == 1 ? Self.secret : echo)")
    }
    defer { server.stop() }
    let client = try client(server.base, key: Self.secret)
    let answer = try client.ask(Data("{}".utf8)) { false }
    #expect(answer.reply.content == "your header was Bearer [key]")
    for _ in 0..<2 {
      let fault = try #require(throws: ChatFault.self) { try client.ask(Data("{}".utf8)) { false } }
      #expect(fault.message.contains("[key]"), "\(fault)")
      #expect(!"\(fault)".contains("secret"))
    }
    let key = try APIKey(Self.secret)
    #expect("\(key)" == "[key]" && String(reflecting: key) == "[key]")
    #expect(!"\([key])\(String(describing: Optional(key)))".contains("secret"))
  }

  @Test func refusesTextsThatAreNoKeys() {
    #expect(throws: APIKey.Fault.tooShort) { try APIKey("EMPTY") }
    #expect(throws: APIKey.Fault.badCharacters) { try APIKey("0123456789\r\nHost: evil") }
    #expect(throws: APIKey.Fault.badCharacters) { try APIKey("schlüssel-0123") }
    #expect(throws: APIKey.Fault.tooLong) { try APIKey(String(repeating: "k", count: 5000)) }
  }

  @Test func keepsTheRate() throws {
    let server = try LocalServer { _ in .says("ok") }
    defer { server.stop() }
    // Ten a second: the last of four begins 0.3 s after the first.
    let client = try client(server.base) { $0.requestsPerMinute = 600 }
    let start = ContinuousClock.now
    for _ in 0..<4 { _ = try client.ask(Data("{}".utf8)) { false } }
    #expect(ContinuousClock.now - start >= .milliseconds(300))
  }

  @Test(arguments: [
    ("ftp://host/v1", false), ("https://user:pass@host/v1", false), ("https://host/v1?key=1", false),
    ("host/v1", false),
    ("https://", false), ("http://a b/", false), ("https://api.openai.com/v1", true),
    ("http://127.0.0.1:8080/v1/", true),
  ])
  func readsBaseURLs(base: String, isGood: Bool) { #expect((ChatEndpoint(base) != nil) == isGood) }

  @Test func knowsWhereAKeyMayGoInTheClear() throws {
    #expect(try #require(ChatEndpoint("http://localhost:8080/v1")).isPrivate)
    #expect(try #require(ChatEndpoint("https://example.org")).isPrivate)
    #expect(try #require(ChatEndpoint("http://gpu-box:8000/v1")).isPrivate == false)
    #expect(try #require(ChatEndpoint("http://gpu-box:8000/v1")).host == "gpu-box:8000")
  }
}
