import Foundation
import Synchronization

/// An HTTP server on 127.0.0.1 that answers, or fails to, as a test says.
package final class LocalServer: Sendable {
  package struct Request: Sendable {
    /// From 0, in the order of arrival.
    package var number: Int
    package var path: String
    /// Names in lower case.
    package var headers: [String: String]
    package var body: Data
  }

  package enum Behaviour: Sendable {
    case reply(status: Int = 200, headers: [String: String] = [:], body: Data)
    /// Says nothing for so long and then closes.
    case silence(seconds: Double)
    /// Closes without a word.
    case drop
    /// Promises more than it sends.
    case dropAfter(body: Data, promised: Int)
    /// Sends a byte ten times a second, for ever.
    case drip
    /// Sends bytes as they are, HTTP or not.
    case raw(Data)
  }

  private let listener: Int32
  package let port: Int
  private let requests = Mutex<[Request]>([])
  private let isStopped = Atomic<Bool>(false)
  private let behaviour: @Sendable (Request) -> Behaviour

  package var base: String { "http://127.0.0.1:\(port)/v1" }
  package var received: [Request] { requests.withLock { $0 } }

  package init(_ behaviour: @escaping @Sendable (Request) -> Behaviour) throws {
    self.behaviour = behaviour
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var yes: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 128) == 0
          && getsockname(listener, $0, &length) == 0
      }
    }
    guard isBound else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    port = Int(UInt16(bigEndian: address.sin_port))
    let thread = Thread { [self] in accept() }
    thread.start()
  }

  package func stop() {
    isStopped.store(true, ordering: .relaxed)
    shutdown(listener, Int32(SHUT_RDWR))
  }

  private func accept() {
    while !isStopped.load(ordering: .relaxed) {
      let connection = Glibc.accept(listener, nil, nil)
      if connection < 0 { break }
      let thread = Thread { [self] in
        serve(connection)
        close(connection)
      }
      thread.start()
    }
    close(listener)
  }

  private func serve(_ connection: Int32) {
    guard let request = read(connection) else { return }
    switch behaviour(request) {
    case .reply(let status, let headers, let body):
      var head = "HTTP/1.1 \(status) As told\r\nContent-Length: \(body.count)\r\nConnection: close\r\n"
      for (name, value) in headers { head += "\(name): \(value)\r\n" }
      send(connection, Data((head + "\r\n").utf8) + body)
    case .silence(let seconds): pause(seconds)
    case .drop: break
    case .dropAfter(let body, let promised):
      send(connection, Data("HTTP/1.1 200 As told\r\nContent-Length: \(promised)\r\n\r\n".utf8) + body)
    case .drip:
      guard send(connection, Data("HTTP/1.1 200 As told\r\nContent-Length: 100000\r\n\r\n".utf8)) else {
        return
      }
      while !isStopped.load(ordering: .relaxed), send(connection, Data(" ".utf8)) { pause(0.1) }
    case .raw(let bytes): send(connection, bytes)
    }
    shutdown(connection, Int32(SHUT_WR))
  }

  private func pause(_ seconds: Double) {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end, !isStopped.load(ordering: .relaxed) {
      Thread.sleep(forTimeInterval: 0.02)
    }
  }

  private func read(_ connection: Int32) -> Request? {
    var bytes = Data()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    func more() -> Bool {
      let count = recv(connection, &buffer, buffer.count, 0)
      if count > 0 { bytes += buffer[..<count] }
      return count > 0
    }
    guard more() else { return nil }
    // A client that begins TLS is told off in plain text, as web servers do.
    if bytes.first == 0x16 {
      send(connection, Data("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
      return nil
    }
    let blank = Data("\r\n\r\n".utf8)
    while bytes.range(of: blank) == nil { if !more() { return nil } }
    guard let end = bytes.range(of: blank) else { return nil }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
        in: .whitespaces)
    }
    let length = Int(headers["content-length"] ?? "") ?? 0
    while bytes.count < end.upperBound + length { if !more() { return nil } }
    let path = lines[0].split(separator: " ").dropFirst().first.map(String.init) ?? ""
    let body = Data(bytes[end.upperBound...])
    return requests.withLock { all in
      let request = Request(number: all.count, path: path, headers: headers, body: body)
      all.append(request)
      return request
    }
  }

  @discardableResult private func send(_ connection: Int32, _ bytes: Data) -> Bool {
    bytes.withUnsafeBytes { bytes in
      var sent = 0
      while sent < bytes.count {
        let count = Glibc.send(
          connection, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
        guard count > 0 else { return false }
        sent += count
      }
      return true
    }
  }
}

extension LocalServer.Behaviour {
  /// A chat completion with this text.
  package static func says(
    _ text: String, finishReason: String = "stop", promptTokens: Int = 100, completionTokens: Int = 10
  ) -> Self {
    let body: [String: Any] = [
      "id": "chatcmpl-1", "object": "chat.completion", "model": "test",
      "choices": [
        ["index": 0, "finish_reason": finishReason, "message": ["role": "assistant", "content": text]]
      ],
      "usage": ["prompt_tokens": promptTokens, "completion_tokens": completionTokens],
    ]
    let bytes = (try? JSONSerialization.data(withJSONObject: body, options: .sortedKeys)) ?? Data()
    return .reply(headers: ["Content-Type": "application/json"], body: bytes)
  }

  package static func status(_ status: Int, headers: [String: String] = [:], message: String = "as told")
    -> Self
  {
    .reply(status: status, headers: headers, body: Data(#"{"error": {"message": "\#(message)"}}"#.utf8))
  }
}
