import Foundation
import Glibc
import Testing

/// The built `scispool`, run as people run it.
struct Program {
  /// Beside the test bundle, where the build puts both; or what `SCISPOOL_BINARY` names.
  static var path: String {
    ProcessInfo.processInfo.environment["SCISPOOL_BINARY"]
      ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "scispool").path
  }

  struct Outcome {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Runs it to its end.
  static func run(_ arguments: String...) throws -> Outcome {
    let (process, output, errors) = (Process(), Pipe(), Pipe())
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    (process.standardOutput, process.standardError) = (output, errors)
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaints = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Outcome(status: process.terminationStatus, output: text, errors: complaints)
  }

  /// Starts a daemon on a spool; it writes its log to a file there.
  ///
  /// - Parameter environment: Added to this process's.
  static func serve(_ spool: URL, environment: [String: String] = [:]) throws -> Process {
    let log = spool.appending(path: "daemon.log")
    _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = ["serve", "--spool", spool.path]
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardError = try FileHandle(forWritingTo: log)
    try process.run()
    return process
  }

  /// A spool with the miniature models of the repository.
  static func spool() throws -> URL {
    let root = FileManager.default.temporaryDirectory.appending(path: "scispool-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: root.appending(path: "inbox"), withIntermediateDirectories: true)
    let models = URL(filePath: #filePath).appending(path: "../../../Spool/models").standardizedFileURL
    try FileManager.default.copyItem(at: models, to: root.appending(path: "models"))
    return root
  }

  /// Waits for a condition; half a minute is far more than any here takes on a busy machine.
  static func wait(_ what: String, until condition: () -> Bool) throws {
    let deadline = Date(timeIntervalSinceNow: 30)
    while !condition() {
      guard Date() < deadline else {
        Issue.record("waited in vain for \(what)")
        return
      }
      usleep(20_000)
    }
  }
}
