import Foundation
import Jobs
import Spooling
import Testing

struct FolderNeedsTests {
  let spool: TemporaryFolders
  private var folders: SpoolFolders { spool.folders }

  init() throws { spool = try TemporaryFolders() }

  private func write(_ text: String, to path: String) throws {
    let file = folders.root.appending(path: path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  private func link(_ path: String, to target: String) throws {
    let link = folders.root.appending(path: path)
    try FileManager.default.createDirectory(
      at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: target)
  }

  private func need(_ name: String, _ area: StoredJob.Area = .outbox, id: String = "x") throws -> String? {
    try FolderNeeds(in: folders).need(
      of: StoredJob(area: area, name: name, id: id, endedAt: Date(), bytes: 0, isRead: true))
  }

  @Test func `a dropped job needs what it names in any field`() throws {
    defer { spool.remove() }
    for name in ["base", "first", "drawn", "other", "bas"] { try write("", to: "outbox/\(name)/result.json") }
    try write(
      #"{"kind": "x", "after": ["first"], "baseline": "outbox/base/", "items": [{"images": ["outbox\/drawn/a.png"]}]}"#,
      to: "inbox/next.json")
    for name in ["base", "first", "drawn"] { #expect(try need(name) == "next", "\(name)") }
    #expect(try need("other") == nil)
    // The beginning of a name is another name.
    #expect(try need("bas") == nil)
    #expect(try need("base", .failed) == nil)
    // What is not there yet is needed all the same.
    try FileManager.default.removeItem(at: folders.outbox.appending(path: "base"))
    #expect(try need("base") == "next")
  }

  @Test func `a claimed job needs what it names, by absolute paths and through links, too`() throws {
    defer { spool.remove() }
    for name in ["a", "b", "c", "d", "e"] { try write("", to: "outbox/\(name)/x.png") }
    try write("file,prompt\noutbox/c/x.png,p\n", to: "inbox/next.job/pictures.csv")
    try link("inbox/next.job/linked", to: folders.outbox.path + "/b")
    try write(
      "{\"path\": \"\(folders.outbox.path)/a\", \"prompts_file\": \"lists/p.jsonl\"}",
      to: "inbox/next.job/job.json")
    try write("{\"image\": \"outbox/d/x.png\"}\n{\"image\": \"y\"}\n", to: "lists/p.jsonl")
    let drop = try #require(try Drop.scan(folders.inbox).first)
    for isClaimed in [false, true] {
      if isClaimed { #expect(try spool.take(drop) != nil) }
      for name in ["a", "b", "c", "d"] { #expect(try need(name) == "next", "\(name) \(isClaimed)") }
      #expect(try need("e") == nil)
    }
    // Published, and not yet recorded.
    #expect(try need("e", id: "1") == "e")
  }

  @Test func `what models and data sets link to stays`() throws {
    defer { spool.remove() }
    for name in ["tuned", "drawn"] { try write("", to: "outbox/\(name)/x") }
    try link("models/mine", to: "../outbox/tuned/x")
    try link("datasets/mine", to: "../outbox/drawn")
    #expect(try need("tuned") == "models/mine")
    #expect(try need("drawn") == "datasets/mine")
  }

  @Test func `files that are no jobs need nothing, and hinder nothing`() throws {
    defer { spool.remove() }
    try write("{\"after\": [\"a\"", to: "inbox/half.json")
    try link("inbox/link.json", to: "/dev/zero")
    try write("x", to: "inbox/.hidden.json")
    #expect(try need("a") == nil)
    try write("{\"baseline\": \"outbox/a", to: "inbox/half.json")
    #expect(try need("a") == "half")
  }
}
