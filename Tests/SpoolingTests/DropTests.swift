import Foundation
import Glibc
import Spooling
import Testing

struct DropTests {
  let spool: TemporaryFolders

  init() throws { spool = try TemporaryFolders() }

  @Test(arguments: [
    ".hidden.json", "_draft.json", "a.json~", "a.json.tmp", "a.json.part", "a.json.swp", "a.json.filepart",
    "a.txt",
    ".json", ".job", "notes",
  ])
  func `leaves alone what editors and copying programs write`(name: String) throws {
    defer { spool.remove() }
    try Data("{}".utf8).write(to: spool.folders.inbox.appending(path: name))
    #expect(try Drop.scan(spool.folders.inbox).isEmpty)
  }

  @Test(arguments: [
    ("a.json", "a"), ("-x.json", "-x"), ("a.b.json", "a.b"), ("a.json.job", "a.json"), ("é\n.json", "é\n"),
  ])
  func `names a job after its file's stem`(name: String, stem: String) throws {
    defer { spool.remove() }
    #expect(try spool.drop("{}", as: name).stem == stem)
  }

  @Test func `lists the oldest first, whatever their names`() throws {
    defer { spool.remove() }
    for (name, age) in [("b.json", 30.0), ("a.json", 20), ("c.json", 40)] {
      let file = spool.folders.inbox.appending(path: name)
      try Data("{}".utf8).write(to: file)
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: file.path)
    }
    #expect(try Drop.scan(spool.folders.inbox).map(\.fileName) == ["c.json", "b.json", "a.json"])
  }

  @Test func `takes a folder to be as young as its youngest file`() throws {
    defer { spool.remove() }
    let folder = spool.folders.inbox.appending(path: "a.job")
    try FileManager.default.createDirectory(
      at: folder.appending(path: "in"), withIntermediateDirectories: true)
    let young = Date(timeIntervalSinceNow: -5)
    for (path, date) in [("in/late.png", young), ("job.json", young.addingTimeInterval(-60))] {
      try Data("x".utf8).write(to: folder.appending(path: path))
      try FileManager.default.setAttributes(
        [.modificationDate: date], ofItemAtPath: folder.appending(path: path).path)
    }
    for path in ["in", ""] {
      try FileManager.default.setAttributes(
        [.modificationDate: young.addingTimeInterval(-60)], ofItemAtPath: folder.appending(path: path).path)
    }
    #expect(abs(try spool.only().modified.timeIntervalSince(young)) < 0.01)
  }

  @Test func `tells pipes, links and sockets from files without opening them`() throws {
    defer { spool.remove() }
    let path = spool.folders.inbox.path + "/a.json"
    #expect(mkfifo(path, 0o600) == 0)
    guard case .other(let what) = try spool.only().form else { throw Unexpected() }
    #expect(what.contains("pipe"))
    unlink(path)
    #expect(symlink("/etc/passwd", path) == 0)
    guard case .other(let link) = try spool.only().form else { throw Unexpected() }
    #expect(link.contains("link"))
  }

  private struct Unexpected: Error {}
}
