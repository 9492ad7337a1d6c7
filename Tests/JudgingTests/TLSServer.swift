import Foundation
import Testing

/// `openssl s_server` with a certificate that nobody trusts.
final class TLSServer {
  private static let program = "/usr/bin/openssl"
  static var isPossible: Bool { FileManager.default.isExecutableFile(atPath: program) }

  let port: Int
  private let folder: URL
  private let server = Process()
  private let log: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let (key, certificate) = (folder.appending(path: "key.pem"), folder.appending(path: "cert.pem"))
    log = folder.appending(path: "log")
    let maker = Process()
    maker.executableURL = URL(filePath: Self.program)
    maker.arguments = [
      "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key.path, "-out", certificate.path, "-days",
      "2",
      "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
    ]
    maker.standardError = FileHandle.nullDevice
    try maker.run()
    maker.waitUntilExit()
    try #require(maker.terminationStatus == 0)
    try Data().write(to: log)
    server.executableURL = URL(filePath: Self.program)
    server.arguments = ["s_server", "-accept", "127.0.0.1:0", "-key", key.path, "-cert", certificate.path]
    server.standardOutput = try FileHandle(forWritingTo: log)
    server.standardError = FileHandle.nullDevice
    server.standardInput = Pipe()
    try server.run()
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
    server.terminate()
    try? FileManager.default.removeItem(at: folder)
  }
}
