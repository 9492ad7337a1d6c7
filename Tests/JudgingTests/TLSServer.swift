import ChildProcesses
import Foundation
import Testing

/// `openssl s_server` with a certificate that nobody trusts.
final class TLSServer {
  private static let program = "/usr/bin/openssl"
  static var isPossible: Bool { FileManager.default.isExecutableFile(atPath: program) }

  let port: Int
  private let folder: URL
  private let server: ChildProcess
  private let log: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let (key, certificate) = (folder.appending(path: "key.pem"), folder.appending(path: "cert.pem"))
    log = folder.appending(path: "log")
    let maker = try ChildProcess(
      Self.program,
      [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key.path, "-out", certificate.path,
        "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
      ], errors: .nothing)
    try #require(maker.wait() == .exited(status: 0))
    // Its input stays open: at the end of it the server would leave.
    server = try ChildProcess(
      Self.program,
      ["s_server", "-accept", "127.0.0.1:0", "-key", key.path, "-cert", certificate.path],
      input: .pipe, output: .file(log.path), errors: .nothing)
    var found: Int?
    for _ in 0..<500 where found == nil {
      Thread.sleep(forTimeInterval: 0.02)
      let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
      found = text.firstMatch(of: /ACCEPT .*:(\d+)\n/).flatMap { Int($0.1) }
    }
    port = try #require(found)
  }

  /// What the server received, in the clear.
  var output: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

  func stop() {
    server.send(signal: SIGKILL)
    server.wait()
    try? FileManager.default.removeItem(at: folder)
  }
}
