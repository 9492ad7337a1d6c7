import Foundation
import Testing

/// `read` and `clean`, as people use them.
@Suite(.timeLimit(.minutes(20)))
struct CleanTests {
  @Test func `removes what was read, and tells what it would`() throws {
    let spool = FileManager.default.temporaryDirectory.appending(path: "scispool-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: spool) }
    let inbox = spool.appending(path: "inbox")
    try FileManager.default.createDirectory(at: inbox, withIntermediateDirectories: true)
    for name in ["a", "b"] { try Data("[]".utf8).write(to: inbox.appending(path: "\(name).json")) }
    func run(_ arguments: String...) throws -> Program.Outcome {
      try Program.run(arguments + ["--spool", spool.path])
    }
    func failed() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: spool.path + "/failed").sorted()
    }
    #expect(try run("serve", "--drain").status == 0)
    #expect(try failed() == ["a", "b"])

    #expect(try run("clean").status == 64)
    #expect(try run("clean", "--keep-bytes", "1X").status == 64)
    let unread = try run("clean", "--keep-jobs", "0")
    #expect(unread.status == 0 && unread.output.contains("freed 0 B in 0 folders"), "\(unread.errors)")
    #expect(unread.output.contains("kept 2 unread"), "\(unread.output)")

    #expect(try run("read", "a", "../failed/a").status == 66)
    let rehearsal = try run("clean", "--keep-days", "0", "--dry-run")
    #expect(rehearsal.output.contains("would remove failed/a, "), "\(rehearsal.output)")
    #expect(try run("clean", "--keep-jobs", "0", "--only", "outbox").output.contains("in 0 folders"))
    #expect(try run("read", "--undo", "a").status == 0)
    #expect(try run("clean", "--keep-jobs", "0").output.contains("in 0 folders"))
    #expect(try run("read", "a").status == 0)
    #expect(try failed() == ["a", "b"])

    let cleaned = try run("clean", "--keep-bytes", "0K")
    #expect(cleaned.output.contains("removed failed/a, ") && cleaned.output.contains("in 1 folder\n"))
    #expect(try failed() == ["b"])
    let shown = try run("show", "a")
    #expect(shown.status == 0 && shown.output.contains("a: failed, cleaned away 20"), "\(shown.output)")
    let exported = try run("ledger", "export", "--format", "csv", "--table", "jobs")
    #expect(exported.status == 0 && exported.output.hasPrefix("id,name,"), "\(exported.errors)")
    #expect(exported.output.split(separator: "\n").count == 3)
    #expect(try run("ledger", "export", "--format", "xml").status == 64)
    #expect(try run("clean", "--keep-jobs", "0", "--include-unread").status == 0)
    #expect(try failed().isEmpty)
  }
}
