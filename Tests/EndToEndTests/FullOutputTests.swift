import ChildProcesses
import Foundation
import Testing

/// Where standard output or error is a file on a full disk.
@Suite struct FullOutputTests {
  private static let full = ChildProcess.Stream.file("/dev/full")

  @Test(arguments: [
    ["status"], ["status", "--json"], ["logs", "missing"], ["show", "missing"], ["serve", "--once"],
  ])
  func `a command whose complaints cannot be written ends by itself`(arguments: [String]) throws {
    let spool = try Program.spool()
    defer { try? FileManager.default.removeItem(at: spool) }
    let process = try ChildProcess(
      Program.path, arguments + ["--spool", spool.path + "/nowhere/at/all"], output: .nothing,
      errors: Self.full)
    let end = process.wait()
    guard case .exited(let status) = end else {
      Issue.record("\(arguments): \(end)")
      return
    }
    #expect(status != 0, "\(arguments)")
  }

  @Test func `output that cannot be written is an error`() throws {
    let spool = try Program.spool()
    defer { try? FileManager.default.removeItem(at: spool) }
    let job = spool.appending(path: "outbox/done")
    try FileManager.default.createDirectory(at: job, withIntermediateDirectories: true)
    try Data("a line\n".utf8).write(to: job.appending(path: "log.txt"))
    try Data("{}".utf8).write(to: job.appending(path: "result.json"))
    for arguments in [["top", "--once"], ["logs", "done"]] {
      let process = try ChildProcess(
        Program.path, arguments + ["--spool", spool.path], output: Self.full, errors: .pipe)
      let complaint = String(decoding: process.errors?.readDataToEndOfFile() ?? Data(), as: UTF8.self)
      let end = process.wait()
      #expect(
        end != .exited(status: 0) && complaint.contains("standard output cannot be written"),
        "\(arguments): \(end), \(complaint)")
      guard case .exited = end else { throw POSIXError(.ECHILD) }
    }
  }
}
