import Foundation
import Glibc
import Jobs
import Spooling
import Testing

struct FileSystemTests {
  let spool: TemporaryFolders

  init() throws { spool = try TemporaryFolders() }

  @Test func `renames only to names that are free`() throws {
    defer { spool.remove() }
    let (a, b) = (spool.folders.root.appending(path: "a"), spool.folders.root.appending(path: "b"))
    try Data("a".utf8).write(to: a)
    try Data("b".utf8).write(to: b)
    #expect(try !FileSystem.system.rename(a, to: b))
    #expect(try Data(contentsOf: b) == Data("b".utf8))
    unlink(b.path)
    #expect(try FileSystem.system.rename(a, to: b))
    #expect(try Data(contentsOf: b) == Data("a".utf8))
  }

  @Test func `names the path and the system's reason when it cannot write`() throws {
    defer { spool.remove() }
    let path = spool.folders.root.appending(path: "nowhere/file")
    let failure = #expect(throws: JobFailure.self) { try FileSystem.system.write(Data(), to: path) }
    #expect(failure?.code == .cannotWrite)
    #expect(failure?.message.contains(path.path) == true && failure?.message.contains("No such file") == true)
  }

  @Test func `removes links, not what they lead to`() throws {
    defer { spool.remove() }
    let (kept, link) = (
      spool.folders.root.appending(path: "kept"), spool.folders.root.appending(path: "link")
    )
    try Data("kept".utf8).write(to: kept)
    #expect(symlink(kept.path, link.path) == 0)
    try FileSystem.system.remove(link)
    #expect(try Data(contentsOf: kept) == Data("kept".utf8))
    #expect(access(link.path, F_OK) != 0)
  }

  @Test func `gives a second name, or makes a copy where the name is taken`() throws {
    defer { spool.remove() }
    let (file, name) = (
      spool.folders.root.appending(path: "file"), spool.folders.root.appending(path: "name")
    )
    try Data("a".utf8).write(to: file)
    try FileSystem.system.link(file, as: name)
    var (one, two) = (stat(), stat())
    #expect(stat(file.path, &one) == 0 && stat(name.path, &two) == 0 && one.st_ino == two.st_ino)
    try FileSystem.system.put(Data("b".utf8), to: file)
    try FileSystem.system.link(file, as: name)
    #expect(try Data(contentsOf: name) == Data("b".utf8))
  }
}
