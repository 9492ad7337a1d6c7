import ChildProcesses
import Foundation
import Glibc
import Testing

/// Takes the inbox of the real daemon away in the ways that mounts and permissions do.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct FitnessTests {
  let spool: URL

  init() throws {
    spool = URL(filePath: "/tmp/scispool-\(UUID().uuidString)")
    for folder in ["", "inbox"] {
      try FileManager.default.createDirectory(
        at: spool.appending(path: folder), withIntermediateDirectories: true)
    }
  }

  private func remove() { try? FileManager.default.removeItem(at: spool) }
  private var log: String {
    (try? String(contentsOf: spool.appending(path: "daemon.log"), encoding: .utf8)) ?? ""
  }
  private func count(_ text: String) -> Int { log.components(separatedBy: text).count - 1 }

  /// Starts the daemon through a program that changes what it may do, in the same process.
  private func serve(through prefix: [String]) throws -> ChildProcess {
    let file = spool.appending(path: "daemon.log")
    return try ChildProcess(
      prefix[0], Array(prefix.dropFirst()) + [Program.path, "serve", "--spool", spool.path],
      errors: .file(file.path))
  }

  @discardableResult private func run(_ command: String...) throws -> Bool {
    try ChildProcess(command[0], Array(command.dropFirst())).wait() == .exited(status: 0)
  }

  private func dropBad(_ name: String) throws {
    try Data("{}".utf8).write(to: spool.appending(path: ".\(name)"))
    #expect(rename(spool.path + "/.\(name)", spool.path + "/inbox/\(name).json") == 0)
  }

  private func hasFailed(_ name: String) -> Bool { access(spool.path + "/failed/\(name)", F_OK) == 0 }

  @Test func `an inbox replaced by a rename is watched anew`() throws {
    defer { remove() }
    let daemon = try Program.serve(spool)
    defer { daemon.send(signal: SIGKILL) }
    try Program.wait("the daemon") { log.contains("serving") }
    for round in 1...2 {
      #expect(rename(spool.path + "/inbox", spool.path + "/old\(round)") == 0)
      try Program.wait("degraded") { count("degraded: inbox/") == round }
      let status = try Program.run("status", "--spool", spool.path)
      #expect(status.output.contains("degraded since"), "\(status.output)")
      #expect(mkdir(spool.path + "/inbox", 0o755) == 0)
      try Program.wait("the watch") { count("watched again") == round }
      try dropBad("bad\(round)")
      try Program.wait("the job") { hasFailed("bad\(round)") }
      #expect(count("no longer degraded") == round)
    }
    daemon.send(signal: SIGTERM)
    #expect(daemon.wait() == .exited(status: 0))
  }

  @Test(.enabled(if: geteuid() == 0, "mounts need root"))
  func `a file system mounted over the inbox, and the whole spool unmounted`() throws {
    defer { remove() }
    let source = spool.path + ".source"
    try FileManager.default.createDirectory(atPath: source, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: source) }
    let daemon = try serve(
      through: [
        "/usr/bin/unshare", "-m", "/bin/sh", "-c",
        "mount --make-rprivate / && mount --bind \(source) \(spool.path) && exec \"$0\" \"$@\"",
      ])
    defer { daemon.send(signal: SIGKILL) }
    try Program.wait("the daemon") { log.contains("serving") }
    let enter = ["/usr/bin/nsenter", "-t", "\(daemon.processID)", "-m"]
    func inside(_ command: String...) throws {
      let words = enter + command
      #expect(try ChildProcess(words[0], Array(words.dropFirst())).wait() == .exited(status: 0), "\(words)")
    }
    try inside("mount", "-t", "tmpfs", "none", spool.path + "/inbox")
    try Program.wait("degraded") { count("degraded: inbox/ lies on another file system") == 1 }
    try inside("umount", spool.path + "/inbox")
    try Program.wait("recovery") { count("no longer degraded") == 1 }
    try inside("umount", "-l", spool.path)
    try Program.wait("away") { count("degraded: another folder lies at") == 1 }
    // Nothing is made at the bare mount point; the page may have been written before the daemon looked.
    let bare = try FileManager.default.contentsOfDirectory(atPath: spool.path)
    #expect(Set(bare).subtracting(["status.html"]) == ["daemon.log", "inbox"])
    try inside("mount", "--bind", source, spool.path)
    try Program.wait("recovery") { count("the spool is back") == 1 }
    try Data("{}".utf8).write(to: URL(filePath: source + "/inbox/bad.json"))
    try Program.wait("the job") { access(source + "/failed/bad", F_OK) == 0 }
    daemon.send(signal: SIGTERM)
    #expect(daemon.wait() == .exited(status: 0))
  }

  @Test(.enabled(if: geteuid() == 0, "another user's daemon needs root"))
  func `permissions that are taken away and given back`() throws {
    defer { remove() }
    try run("/bin/chown", "-R", "65534:65534", spool.path)
    let daemon = try serve(
      through: ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    defer { daemon.send(signal: SIGKILL) }
    try Program.wait("the daemon") { log.contains("serving") }
    #expect(chmod(spool.path + "/inbox", 0) == 0)
    try Program.wait("degraded") { count("degraded: inbox/ cannot be read and written") == 1 }
    #expect(chmod(spool.path + "/inbox", 0o777) == 0)
    try Program.wait("recovery") { count("no longer degraded") == 1 }
    try dropBad("bad")
    try Program.wait("the job") { hasFailed("bad") }
    daemon.send(signal: SIGTERM)
    #expect(daemon.wait() == .exited(status: 0))
  }
}
