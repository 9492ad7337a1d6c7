import ChildProcesses
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
  static func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

  static func run(_ arguments: [String]) throws -> Outcome {
    // The complaints go to a file: two pipes read one after the other can block the writer.
    let complaints = FileManager.default.temporaryDirectory.appending(path: "errors-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: complaints) }
    let process = try ChildProcess(path, arguments, output: .pipe, errors: .file(complaints.path))
    let output = String(decoding: process.output?.readDataToEndOfFile() ?? Data(), as: UTF8.self)
    guard case .exited(let status) = process.wait() else { throw POSIXError(.ECHILD) }
    return Outcome(
      status: status, output: output, errors: try String(contentsOf: complaints, encoding: .utf8))
  }

  /// Starts a daemon on a spool; it writes its log to a file there.
  ///
  /// - Parameter environment: Added to this process's.
  static func serve(
    _ spool: URL, _ options: [String] = [], environment: [String: String] = [:]
  ) throws -> ChildProcess {
    try ChildProcess(
      path, ["serve", "--spool", spool.path] + options,
      environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
      errors: .file(spool.appending(path: "daemon.log").path))
  }

  /// The processes that a daemon has started.
  static func children(of daemon: ChildProcess) throws -> [pid_t] {
    // A child belongs to the thread that started it.
    let tasks = "/proc/\(daemon.processID)/task"
    return try FileManager.default.contentsOfDirectory(atPath: tasks).flatMap { task in
      ((try? String(contentsOfFile: "\(tasks)/\(task)/children", encoding: .utf8)) ?? "")
        .split(separator: " ").compactMap { pid_t($0) }
    }
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
