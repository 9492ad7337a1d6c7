import Foundation
import Glibc
import Jobs
import Spooling
import Testing

struct PublicationTests {
  let spool: TemporaryFolders
  let publication: Publication

  init() throws {
    spool = try TemporaryFolders()
    publication = Publication(folders: spool.folders)
  }

  private static func finished(_ spool: TemporaryFolders) throws -> Claim {
    let claim = try #require(try spool.take(try spool.drop("{}", as: "a.json")))
    let place = Claim.Place(claim.id, in: spool.folders)
    try FileManager.default.createDirectory(at: place.output, withIntermediateDirectories: true)
    try Data("result".utf8).write(to: place.output.appending(path: "result.json"))
    try Data("log\n".utf8).write(to: place.log)
    return claim
  }

  @Test func `publishes the output under the claim's name`() throws {
    defer { spool.remove() }
    let claim = try Self.finished(spool)
    #expect(try publication.standing(of: claim) == .open)
    #expect(try publication.publish([claim])[0].name == "a")
    #expect(try publication.standing(of: claim) == .done)
    let folder = spool.folders.outbox.appending(path: "a")
    #expect(try spool.names(in: folder) == [".job-id", "log.txt", "result.json"])
    #expect(try Data(contentsOf: folder.appending(path: "log.txt")) == Data("log\n".utf8))
    try FileSystem.system.remove(publication.forget(claim))
    #expect(try spool.names(in: spool.folders.active).isEmpty)
  }

  @Test func `knows a published job whose folder was fetched`() throws {
    defer { spool.remove() }
    let claim = try publication.publish([try Self.finished(spool)])[0]
    try FileManager.default.removeItem(at: spool.folders.outbox.appending(path: "a"))
    #expect(try publication.standing(of: claim) == .done)
    #expect(try Claim.all(in: spool.folders) == [claim])
  }

  @Test func `takes another number when a person made a folder of the name`() throws {
    defer { spool.remove() }
    let claim = try Self.finished(spool)
    let folder = spool.folders.outbox.appending(path: "a")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let published = try publication.publish([claim])[0]
    #expect(published.name == "a-2")
    #expect(try spool.names(in: folder).isEmpty)
    #expect(try spool.names(in: spool.folders.outbox) == ["a", "a-2"])
    #expect(try Claim.all(in: spool.folders) == [published])
  }

  @Test func `publishes a failure with the job as it was dropped`() throws {
    defer { spool.remove() }
    let claim = try Self.finished(spool)
    _ = try publication.publish(JobFailure(.badInput, "no"), of: claim)
    #expect(try publication.standing(of: claim) == .failed)
    let folder = spool.folders.failed.appending(path: "a")
    #expect(try spool.names(in: folder) == [".job-id", "error.json", "job.json", "log.txt"])
    #expect(try Data(contentsOf: folder.appending(path: "job.json")) == Data("{}".utf8))
  }

  /// Stops a publication just before its folder would appear.
  private static func stopped(_ spool: TemporaryFolders, bootID: String, _ claim: Claim) {
    let files = FileSystem.system.observed { (operation, path, _) throws(JobFailure) in
      if operation == "rename", path.hasPrefix(spool.folders.outbox.path) {
        throw JobFailure(.cannotWrite, "stopped")
      }
    }
    let publication = Publication(folders: spool.folders, files: files, bootID: bootID)
    #expect(throws: JobFailure.self) { try publication.publish([claim])[0] }
  }

  @Test func `after a power cut, does not believe a mark that may be older on the disk than the output`()
    throws
  {
    defer { spool.remove() }
    let claim = try Self.finished(spool)
    Self.stopped(spool, bootID: "one", claim)
    #expect(try Publication(folders: spool.folders, bootID: "one").standing(of: claim) == .finished)
    let later = Publication(folders: spool.folders, bootID: "two")
    #expect(try later.standing(of: claim) == .open)
    #expect(try Publication(folders: spool.folders, bootID: nil).standing(of: claim) == .open)
    // The job is run again, and published for good.
    #expect(try later.publish([claim])[0].name == "a")
    #expect(try later.standing(of: claim) == .done)
    try FileManager.default.removeItem(at: spool.folders.outbox.appending(path: "a"))
    #expect(try later.standing(of: claim) == .done)
  }

  @Test func `believes the marks of earlier versions, which waited for the output`() throws {
    defer { spool.remove() }
    let claim = try Self.finished(spool)
    let mark = Claim.Place(claim.id, in: spool.folders).folder.appending(path: "published.json")
    try Data(#"{"id": "\#(claim.id)", "isDone": true}"#.utf8).write(to: mark)
    #expect(try publication.standing(of: claim) == .finished)
  }

  @Test func `keeps the whole log of a job that is published at the second try`() throws {
    defer { spool.remove() }
    let claim = try Self.finished(spool)
    Self.stopped(spool, bootID: "one", claim)
    try Data("more\n".utf8).write(to: Claim.Place(claim.id, in: spool.folders).log)
    _ = try publication.publish([claim])[0]
    let log = spool.folders.outbox.appending(path: "a/log.txt")
    #expect(try Data(contentsOf: log) == Data("log\nmore\n".utf8))
  }

  @Test(arguments: [true, false])
  func `goes on after a stop at any moment, and publishes once`(succeeds: Bool) throws {
    defer { self.spool.remove() }
    let failure = JobFailure(.badInput, "no")
    var isOver = false
    var moment = 0
    while !isOver {
      moment += 1
      let stop = moment
      let spool = try TemporaryFolders()
      defer { spool.remove() }
      let claim = try Self.finished(spool)
      let count = Counter()
      let files = FileSystem.system.observed { (_, _, _) throws(JobFailure) in
        if count.next() >= stop { throw JobFailure(.cannotWrite, "stopped") }
      }
      let stopped = Publication(folders: spool.folders, files: files)
      do throws(JobFailure) {
        _ = succeeds ? try stopped.publish([claim])[0] : try stopped.publish(failure, of: claim)
        try files.remove(stopped.forget(claim))
        isOver = true
      } catch {}
      // What the daemon does at its next start.
      let publication = Publication(folders: spool.folders)
      for claim in try Claim.all(in: spool.folders) {
        switch try publication.standing(of: claim) {
        case .open:
          _ = succeeds ? try publication.publish([claim])[0] : try publication.publish(failure, of: claim)
        case .finished:
          #expect(succeeds, "moment \(stop)")
          _ = try publication.publish([claim])[0]
        case .failing(let reason):
          #expect(reason == failure, "moment \(stop)")
          _ = try publication.publish(reason, of: claim)
        case .done: #expect(succeeds, "moment \(stop)")
        case .failed: #expect(!succeeds, "moment \(stop)")
        }
        try FileSystem.system.remove(publication.forget(claim))
      }
      #expect(try spool.names(in: spool.folders.outbox) == (succeeds ? ["a"] : []), "moment \(stop)")
      #expect(try spool.names(in: spool.folders.failed) == (succeeds ? [] : ["a"]), "moment \(stop)")
      #expect(try spool.names(in: spool.folders.active).isEmpty, "moment \(stop)")
    }
  }
}
