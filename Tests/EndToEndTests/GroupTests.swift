import ChildProcesses
import Foundation
import Glibc
import Testing

/// A daemon of a user of its own, and people who are in its group only: what the Debian package sets up.
@Suite(.enabled(if: geteuid() == 0, "other users need root"), .timeLimit(.minutes(20)))
struct GroupTests {
  private static let (daemonUser, member, stranger, group) = (4711, 4712, 4713, 4711)
  private let spool: URL
  private let job: String

  init() throws {
    spool = try Program.spool()
    // As Systemd/scispool.tmpfiles says; links to models are not followed out of the spool, but may be read.
    for (folder, mode) in [
      ("inbox", 0o3770), ("control", 0o3770), ("outbox", 0o2750), ("failed", 0o2750), ("active", 0o750),
    ] {
      let path = spool.appending(path: folder).path
      try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      chmod(path, mode_t(mode))
      chown(path, uid_t(Self.daemonUser), gid_t(Self.group))
    }
    chown(spool.path, uid_t(Self.daemonUser), gid_t(Self.group))
    chmod(spool.path, 0o2750)
    job = spool.path + "-draw.json"
    try Data(
      #"{"kind": "generate", "model": "flux-mini", "prompts": ["an apple"], "height": 64, "width": 64, "num_inference_steps": 1}"#
        .utf8
    ).write(to: URL(filePath: job))
    chmod(job, 0o644)
  }

  private func remove() {
    try? FileManager.default.removeItem(at: spool)
    unlink(job)
  }

  private func start(as user: Int, in group: Int = group, _ arguments: [String], log: String) throws
    -> ChildProcess
  {
    try ChildProcess(
      "/usr/bin/setpriv",
      [
        "--reuid=\(user)", "--regid=\(group)", "--clear-groups", "/bin/sh", "-c",
        "umask 027; exec \"$@\"", "sh",
        Program.path,
      ] + arguments + ["--spool", spool.path],
      environment: ProcessInfo.processInfo.environment.merging(["HOME": "/nonexistent"]) { $1 },
      output: .file(log), errors: .file(log))
  }

  private func run(_ arguments: String...) throws -> (end: ChildProcess.End, said: String) {
    let log = FileManager.default.temporaryDirectory.appending(path: "said-\(UUID().uuidString)").path
    defer { unlink(log) }
    let end = try start(as: Self.member, arguments, log: log).wait()
    return (end, try String(contentsOfFile: log, encoding: .utf8))
  }

  @Test func `who is in the group can do all that concerns jobs, and the daemon needs no rights`() throws {
    defer { remove() }
    let log = spool.path + "-daemon.log"
    defer { unlink(log) }
    let daemon = try start(as: Self.daemonUser, ["serve"], log: log)
    defer { daemon.send(signal: SIGKILL) }
    try Program.wait("the daemon") {
      (try? String(contentsOfFile: log, encoding: .utf8))?.contains("serving") == true
    }
    let submitted = try run("submit", job, "--wait")
    #expect(submitted.end == .exited(status: 0), "\(submitted.said)")
    let name = URL(filePath: job).deletingPathExtension().lastPathComponent
    for arguments in [
      ["wait", name], ["status"], ["show", name], ["logs", name], ["top", "--once"], ["test", name],
    ] {
      let outcome = try start(as: Self.member, arguments, log: log + ".said").wait()
      #expect(outcome == .exited(status: 0), "\(arguments)")
    }
    defer { unlink(log + ".said") }
    #expect(try run("status").said.contains(": served"))
    let read = try run("read", name)
    #expect(read.end == .exited(status: 0), "\(read.said)")
    let mark = spool.appending(path: "outbox/\(name)/.read").path
    #expect(access(mark, F_OK) == 0)
    #expect(try run("read", "--undo", name).end == .exited(status: 0))
    #expect(access(mark, F_OK) != 0)
    let missing = try run("read", "nobody")
    #expect(missing.end == .exited(status: 66), "\(missing.said)")
    for arguments in [["status"], ["submit", job], ["wait", name], ["cancel", name]] {
      let said = log + ".stranger"
      defer { unlink(said) }
      let end = try start(as: Self.stranger, in: Self.stranger, arguments, log: said).wait()
      let complaint = try String(contentsOfFile: said, encoding: .utf8)
      #expect(
        end == .exited(status: 66) && complaint.contains("cannot enter the spool"),
        "\(arguments): \(complaint)")
    }
    daemon.send(signal: SIGTERM)
    #expect(daemon.wait() == .exited(status: 0))
    let said = try String(contentsOfFile: log, encoding: .utf8)
    // The libraries have nothing to complain of either.
    #expect(said.split(separator: "\n").allSatisfy { $0.contains(" info scispool: ") }, "\(said)")
  }
}
