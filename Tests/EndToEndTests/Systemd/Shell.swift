import ChildProcesses
import Foundation

/// Programs that tests run beside `scispool`.
enum Shell {
  static let repository = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL

  /// The path of a program; nil where it is not installed.
  static func find(_ program: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(program)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Runs a command by `sh`, in a folder, to its end.
  static func run(
    _ command: String, in folder: URL, environment: [String: String] = [:]
  ) throws -> Program.Outcome {
    let complaints = FileManager.default.temporaryDirectory.appending(path: "errors-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: complaints) }
    let process = try ChildProcess(
      "/bin/sh", ["-c", "cd \"$1\" && shift && eval \"$1\"", "sh", folder.path, command],
      environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }, output: .pipe,
      errors: .file(complaints.path))
    let output = String(decoding: process.output?.readDataToEndOfFile() ?? Data(), as: UTF8.self)
    guard case .exited(let status) = process.wait() else { throw POSIXError(.ECHILD) }
    return Program.Outcome(
      status: status, output: output, errors: try String(contentsOf: complaints, encoding: .utf8))
  }

  static func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: "scispool-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }
}
