import Foundation
import Glibc
import Jobs
import Spooling
import Testing

struct OwnerTests {
  @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
  func `a claim tells whose the drop was, and so does the job that is tried again`() throws {
    let spool = try TemporaryFolders()
    defer { spool.remove() }
    _ = try spool.drop("{}", as: "a.json")
    #expect(chown(spool.folders.inbox.path + "/a.json", 65534, 65534) == 0)
    let drop = try spool.only()
    #expect(drop.owner == 65534 && drop.bytes == 2)
    let claim = try #require(try spool.take(drop))
    #expect(claim.owner == JobOwner(uid: 65534) && claim.bytes == 2)
    #expect(try Claim.all(in: spool.folders) == [claim])
    let publication = Publication(folders: spool.folders)
    _ = try publication.publish(JobFailure(.cancelled, "no"), of: claim)
    #expect(publication.owner(ofPublished: spool.folders.failed.appending(path: "a")) == claim.owner)
    try FileSystem.system.remove(publication.forget(claim))
    let again = try Claim.retake(failed: "a", id: "2", at: Date(), in: spool.folders)
    #expect(again?.owner == claim.owner && again?.bytes == 2)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
  func `what was put into the drop's place in the last moment is its own owner's`() throws {
    let spool = try TemporaryFolders()
    defer { spool.remove() }
    let drop = try spool.drop("{}", as: "a.json")
    #expect(chown(spool.folders.inbox.path + "/a.json", 65534, 65534) == 0)
    let claim = try #require(try spool.take(drop))
    #expect(claim.owner?.uid == 65534)
    #expect(try Claim.all(in: spool.folders).first?.owner?.uid == 65534)
  }

  @Test func `a dropped link is not written through, whatever its name`() throws {
    let spool = try TemporaryFolders()
    defer { spool.remove() }
    let victim = spool.folders.root.appending(path: "victim")
    try Data("untouched".utf8).write(to: victim)
    let folder = spool.folders.inbox.appending(path: "a.job")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let names = [".error.json.tmp", ".log.txt.tmp", "..job-id.tmp", "error.json", "log.txt", ".job-id"]
    for name in names { #expect(symlink(victim.path, folder.path + "/" + name) == 0) }
    let claim = try #require(try spool.take(try spool.only()))
    _ = try Publication(folders: spool.folders).publish(JobFailure(.missingInput, "no job.json"), of: claim)
    #expect(try Data(contentsOf: victim) == Data("untouched".utf8))
    let failed = spool.folders.failed.path + "/a"
    for name in names {
      #expect(
        try FileManager.default.destinationOfSymbolicLink(atPath: "\(failed)/dropped-\(name)") == victim.path)
    }
  }

  @Test func `answers do not go through a link`() throws {
    let spool = try TemporaryFolders()
    defer { spool.remove() }
    try spool.folders.prepare()
    #expect(rmdir(spool.folders.answers.path) == 0)
    #expect(symlink(spool.folders.models.path, spool.folders.answers.path) == 0)
    let box = ControlBox(folders: spool.folders)
    _ = try box.post(ControlRequest(.cancel, name: "night"))
    let posted = try #require(try box.requests().first)
    let failure = #expect(throws: JobFailure.self) { try box.answer(posted, .done("so"), at: Date()) }
    #expect(failure?.code == .cannotWrite)
    #expect(try spool.names(in: spool.folders.models).isEmpty)
  }
}
