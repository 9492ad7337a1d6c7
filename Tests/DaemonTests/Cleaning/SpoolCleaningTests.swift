import Daemon
import Foundation
import Glibc
import Jobs
import Ledger
import Spooling
import Testing

@Suite(.timeLimit(.minutes(20)))
struct SpoolCleaningTests {
  let spool: TemporarySpool
  private var folders: SpoolFolders { spool.folders }

  init() throws {
    spool = try TemporarySpool()
    for name in ["a", "b"] { try spool.drop(TemporarySpool.job(), as: "\(name).json") }
    try spool.drop(TemporarySpool.job("refuse"), as: "bad.json")
    try spool.drain()
  }

  private func cleaning(files: FileSystem = .system, _ change: (inout Retention) -> Void) -> SpoolCleaning {
    var retention = Retention()
    change(&retention)
    return SpoolCleaning(folders, retention, files: files)
  }

  private func markAsRead(_ names: String...) throws {
    for name in names {
      let area = name == "bad" ? folders.failed : folders.outbox
      try ReadMark.set(in: area.appending(path: name))
    }
  }

  @Test func `removes what is read, notes it, and leaves the rest`() throws {
    defer { spool.remove() }
    try FileManager.default.createDirectory(
      at: folders.outbox.appending(path: "not ours"), withIntermediateDirectories: true)
    try markAsRead("a", "bad")
    let all = cleaning { $0.jobs = 0 }
    let rehearsal = try all.run(at: Date(), isRehearsal: true)
    #expect(rehearsal.removed.map { $0.job.path } == ["outbox/a", "failed/bad"] && rehearsal.bytes > 0)
    #expect(rehearsal.unread.map(\.name) == ["b"])
    #expect(try spool.names(in: folders.outbox) == ["a", "b", "not ours"])
    #expect(try spool.summary(of: "a")?.cleanedAt == nil)

    let report = try all.run(at: Date(), isRehearsal: false)
    #expect(report.removed.map { $0.job } == rehearsal.removed.map { $0.job } && report.failures.isEmpty)
    #expect(try spool.names(in: folders.outbox) == ["b", "not ours"])
    #expect(try spool.names(in: folders.failed).isEmpty)
    #expect(try spool.names(in: folders.root.appending(path: ".trash")).isEmpty)
    for (name, state) in [("a", JobState.done), ("bad", .failed)] {
      let summary = try #require(try spool.summary(of: name))
      #expect(summary.cleanedAt != nil && summary.state == state)
    }
    #expect(try spool.summary(of: "b")?.cleanedAt == nil)
    // Nothing is left to do.
    #expect(try all.run(at: Date(), isRehearsal: false).removed.isEmpty)
  }

  @Test func `a job goes on after one that was cleaned away, and needs those that are there`() throws {
    defer { spool.remove() }
    try markAsRead("a", "b")
    let all = cleaning {
      $0.jobs = 0
      $0.includesUnread = true
    }
    try spool.drop(TemporarySpool.job("done", ", \"after\": [\"a\", \"later\"]"), as: "next.json")
    // Claimed, and waiting for a job that is not there.
    try spool.drain()
    let report = try all.run(at: Date(), isRehearsal: false)
    #expect(report.needed.map { $0.job.name } == ["a"] && report.needed.map { $0.by } == ["next"])
    #expect(try spool.names(in: folders.outbox) == ["a"])
    try spool.drop(TemporarySpool.job("done", ", \"after\": [\"b\"]"), as: "later.json")
    try spool.drain()
    #expect(try spool.names(in: folders.outbox) == ["a", "later", "next"])
  }

  @Test func `nothing is removed without a limit, nor when the needs of a job cannot be told`() throws {
    defer { spool.remove() }
    try markAsRead("a")
    let none = #expect(throws: JobFailure.self) { try cleaning { _ in }.run(at: Date(), isRehearsal: false) }
    #expect(none?.code == .usage)
    // A file system says of no file that it cannot be read to one who may read all.
    guard getuid() != 0 else { return }
    try spool.drop(TemporarySpool.job(), as: "secret.json")
    chmod(folders.inbox.path + "/secret.json", 0)
    #expect(throws: JobFailure.self) { try cleaning { $0.jobs = 0 }.run(at: Date(), isRehearsal: false) }
    #expect(try spool.names(in: folders.outbox).contains("a"))
  }

  @Test func `a cleaning that ends at any moment is finished by the next one`() throws {
    defer { spool.remove() }
    let moments = Moments()
    try markAsRead("a", "b", "bad")
    let copy = FileManager.default.temporaryDirectory.appending(path: "copy-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: folders.root, to: copy)
    defer { try? FileManager.default.removeItem(at: copy) }
    func run(in folders: SpoolFolders, _ files: FileSystem) throws -> SpoolCleaning.Report {
      var retention = Retention()
      retention.jobs = 0
      return try SpoolCleaning(folders, retention, files: files).run(at: Date(), isRehearsal: false)
    }
    #expect(
      try run(in: folders, moments.files(at: 0) { () throws(JobFailure) in }).removed.count == 3)
    // A folder for the trash, a rename and a removal for each, announced before and after.
    #expect(moments.passed >= 18)
    for moment in 1...moments.passed {
      let root = copy.deletingLastPathComponent().appending(path: "moment-\(UUID().uuidString)")
      try FileManager.default.copyItem(at: copy, to: root)
      defer { try? FileManager.default.removeItem(at: root) }
      let other = SpoolFolders(root: root)
      let stopped = try run(
        in: other,
        Moments().files(at: moment) { () throws(JobFailure) in throw JobFailure(.cannotWrite, "no") })
      #expect(stopped.failures.count == 1)
      #expect(try run(in: other, .system).failures.isEmpty)
      let jobs = try Ledger.reading(path: other.ledger.path).jobs(finished: 10)
      #expect(jobs.count == 3 && jobs.allSatisfy { $0.cleanedAt != nil }, "moment \(moment)")
      #expect(try spool.names(in: other.outbox).isEmpty)
      #expect(try spool.names(in: other.failed).isEmpty)
      #expect(try spool.names(in: root.appending(path: ".trash")).isEmpty, "moment \(moment)")
    }
  }

  @Test func `two cleanings do not meet`() throws {
    defer { spool.remove() }
    let file = open(folders.root.path + "/.clean.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    defer { close(file) }
    #expect(flock(file, LOCK_EX | LOCK_NB) == 0)
    let failure = #expect(throws: JobFailure.self) {
      try cleaning { $0.jobs = 0 }.run(at: Date(), isRehearsal: false)
    }
    #expect(failure?.code == .busy)
  }

  @Test func `a failed job that was marked as read is tried again as it was dropped`() throws {
    defer { spool.remove() }
    try markAsRead("bad")
    let claim = try #require(try Claim.retake(failed: "bad", id: "new", at: Date(), in: folders))
    #expect(try spool.names(in: Claim.Place(claim.id, in: folders).drop) == ["job.json"])
  }
}
