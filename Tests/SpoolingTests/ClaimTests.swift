import Foundation
import Glibc
import Jobs
import Spooling
import Testing

struct ClaimTests {
  let spool: TemporaryFolders

  init() throws { spool = try TemporaryFolders() }

  @Test func `takes a drop whole out of the inbox`() throws {
    defer { spool.remove() }
    let claim = try #require(try spool.take(try spool.drop("{\"a\": 1}", as: "night.json")))
    #expect(try spool.names(in: spool.folders.inbox).isEmpty)
    #expect(try Data(contentsOf: Claim.Place(claim.id, in: spool.folders).job) == Data("{\"a\": 1}".utf8))
    #expect(try Claim.all(in: spool.folders) == [claim])
    #expect(claim.name == "night" && claim.fileName == "night.json" && !claim.isFolder)
  }

  @Test func `leaves nothing behind when the drop's owner took it back`() throws {
    defer { spool.remove() }
    let drop = try spool.drop("{}", as: "a.json")
    unlink(spool.folders.inbox.path + "/a.json")
    #expect(try spool.take(drop) == nil)
    #expect(try spool.names(in: spool.folders.active).isEmpty)
  }

  @Test func `leaves a drop that it may not move where it is`() throws {
    defer { spool.remove() }
    let drop = try spool.drop("{}", as: "a.json")
    let files = FileSystem.system.observed { (operation, _, isOver) throws(JobFailure) in
      if operation == "rename", !isOver { throw JobFailure(.cannotWrite, "operation not permitted") }
    }
    #expect(throws: JobFailure.self) { try spool.take(drop, files: files) }
    #expect(try spool.names(in: spool.folders.inbox) == ["a.json"])
    #expect(try spool.names(in: spool.folders.active).isEmpty)
  }

  @Test func `keeps a drop that was moved though its folder could not be synced`() throws {
    defer { spool.remove() }
    let drop = try spool.drop("{}", as: "a.json")
    let files = FileSystem.system.observed { (operation, _, isOver) throws(JobFailure) in
      if operation == "rename", isOver { throw JobFailure(.cannotWrite, "input/output error") }
    }
    #expect(throws: JobFailure.self) { try spool.take(drop, files: files) }
    #expect(try Claim.all(in: spool.folders).map(\.name) == ["a"])
  }

  @Test func `is dropped or claimed after a stop at any moment, never both and never neither`() throws {
    defer { self.spool.remove() }
    for moment in 1... {
      let spool = try TemporaryFolders()
      defer { spool.remove() }
      let drop = try spool.drop("{}", as: "a.json")
      let count = Counter()
      let files = FileSystem.system.observed { (_, _, _) throws(JobFailure) in
        if count.next() >= moment { throw JobFailure(.cannotWrite, "stopped") }
      }
      let claim = try? spool.take(drop, files: files)
      let dropped = try Drop.scan(spool.folders.inbox).count
      let claimed = try Claim.all(in: spool.folders).count
      #expect(dropped + claimed == 1, "moment \(moment)")
      #expect(try spool.names(in: spool.folders.active).count == claimed, "moment \(moment)")
      if claim != nil { break }
    }
  }

  @Test func `takes those of many that it can`() throws {
    defer { spool.remove() }
    for name in ["a.json", "gone.json", "mine.json", "z.json"] { _ = try? spool.drop("{}", as: name) }
    let intents = try Drop.scan(spool.folders.inbox).map {
      Claim.Intent($0, id: "id-\($0.stem)", name: $0.stem)
    }
    #expect(intents.count == 4)
    unlink(spool.folders.inbox.path + "/gone.json")
    let refusal = JobFailure(.cannotWrite, "operation not permitted")
    let files = FileSystem.system.observed { (operation, path, isOver) throws(JobFailure) in
      if operation == "rename", path.contains("id-mine"), !isOver { throw refusal }
    }
    let takings = try Claim.take(intents, at: Date(timeIntervalSince1970: 0), in: spool.folders, files: files)
    let claims = try Claim.all(in: spool.folders)
    #expect(claims.map(\.name) == ["a", "z"])
    #expect(takings == [.taken(claims[0]), .gone, .refused(refusal), .taken(claims[1])])
    #expect(try spool.names(in: spool.folders.inbox) == ["mine.json"])
    #expect(try spool.names(in: spool.folders.active) == ["id-a", "id-z"])
  }

  @Test func `many of one second are taken up again in the order of claiming`() throws {
    defer { spool.remove() }
    let names = (0..<20).map { "job-\($0)" }.shuffled()
    for name in names { _ = try? spool.drop("{}", as: name + ".json") }
    let drops = try Drop.scan(spool.folders.inbox)
    var ids = ClaimIDs()
    let intents = names.compactMap { name in
      drops.first { $0.stem == name }.map { Claim.Intent($0, id: ids.next(at: Date()), name: name) }
    }
    _ = try Claim.take(intents, at: Date(timeIntervalSince1970: 0), in: spool.folders)
    #expect(try Claim.all(in: spool.folders).map(\.name) == names)
  }

  @Test func `each of many is dropped or claimed after a stop at any moment`() throws {
    defer { self.spool.remove() }
    for moment in 1... {
      let spool = try TemporaryFolders()
      defer { spool.remove() }
      for name in ["a.json", "b.json", "c.json"] { _ = try? spool.drop("{}", as: name) }
      #expect(mkdir(spool.folders.inbox.path + "/d.job", 0o700) == 0)
      let intents = try Drop.scan(spool.folders.inbox).map {
        Claim.Intent($0, id: "id-\($0.stem)", name: $0.stem)
      }
      let count = Counter()
      let files = FileSystem.system.observed { (_, _, _) throws(JobFailure) in
        if count.next() >= moment { throw JobFailure(.cannotWrite, "stopped") }
      }
      let takings = try? Claim.take(
        intents, at: Date(timeIntervalSince1970: 0), in: spool.folders, files: files)
      let claimed = try Claim.all(in: spool.folders).map(\.name)
      let dropped = try Drop.scan(spool.folders.inbox).map(\.stem)
      #expect((claimed + dropped).sorted() == ["a", "b", "c", "d"], "moment \(moment)")
      #expect(try spool.names(in: spool.folders.active).count == claimed.count, "moment \(moment)")
      if let takings {
        #expect(takings.count == 4 && claimed.count == 4 && moment > 20)
        break
      }
    }
  }

  @Test func `keeps an empty job folder, which is a drop too`() throws {
    defer { spool.remove() }
    #expect(mkdir(spool.folders.inbox.path + "/a.job", 0o700) == 0)
    let claim = try #require(try spool.take(try spool.only()))
    #expect(claim.isFolder)
    #expect(try Claim.all(in: spool.folders) == [claim])
  }

  @Test func `gives names that are free, short enough for a folder`() throws {
    defer { spool.remove() }
    let folders = spool.folders
    #expect(mkdir(folders.outbox.path + "/a", 0o700) == 0)
    #expect(mkdir(folders.failed.path + "/a-2", 0o700) == 0)
    #expect(folders.freeName(for: "a", taken: ["a-3"]) == "a-4")
    let long = folders.freeName(for: String(repeating: "é", count: 127), taken: [])
    #expect(long.utf8.count <= 240 && long.hasPrefix("éé"))
  }
}

/// Counts calls from any thread.
final class Counter: @unchecked Sendable {
  // Unchecked: touched under the lock only.
  private let lock = NSLock()
  private var value = 0

  func next() -> Int {
    lock.withLock {
      value += 1
      return value
    }
  }
}
