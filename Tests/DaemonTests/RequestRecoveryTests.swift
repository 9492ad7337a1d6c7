import Daemon
import Foundation
import Glibc
import Jobs
import Ledger
import Spooling
import Testing

extension RecoveryTests {
  /// Ends the service at every file operation while it obeys requests, and starts it again.
  @Suite(.serialized)
  struct RequestRecoveryTests {
    private static let never = ", \"not_before\": \"2999-01-01T00:00:00Z\""

    /// One job of each sort that requests are about, and the requests.
    private static func filled() throws -> TemporarySpool {
      let spool = try TemporarySpool()
      let box = ControlBox(folders: spool.folders)
      try spool.drop(TemporarySpool.job("done", never), as: "cancelled.json")
      try spool.drop(TemporarySpool.job(), as: "held.json")
      try spool.drop(TemporarySpool.job(), as: "released.json")
      try spool.drop(TemporarySpool.job("needs-file"), as: "retried.json")
      for name in ["held", "released"] { _ = try box.post(ControlRequest(.hold, name: name)) }
      try spool.drain()
      #expect(try spool.names(in: spool.folders.failed) == ["retried"])
      _ = try box.post(ControlRequest(.cancel, name: "cancelled"))
      _ = try box.post(ControlRequest(.hold, name: "held", reason: "still"))
      _ = try box.post(ControlRequest(.release, name: "released"))
      _ = try box.post(ControlRequest(.retry, name: "retried"))
      try Data().write(to: spool.folders.root.appending(path: "allow"))
      return spool
    }

    private static func expectObeyedOnce(_ spool: TemporarySpool, _ moment: Int) throws {
      #expect(try spool.names(in: spool.folders.outbox) == ["released", "retried"], "moment \(moment)")
      #expect(try spool.names(in: spool.folders.failed) == ["cancelled"], "moment \(moment)")
      #expect(try spool.failure(of: "cancelled").code == .cancelled, "moment \(moment)")
      let held = try #require(try spool.summary(of: "held"))
      #expect(held.wait == JobWait(.held, "still"), "moment \(moment)")
      #expect(try spool.names(in: spool.folders.active) == [held.id], "moment \(moment)")
      #expect(try spool.names(in: spool.folders.inbox).isEmpty, "moment \(moment)")
      #expect(try spool.names(in: spool.folders.control) == ["answers"], "moment \(moment)")
      let jobs = try Ledger.reading(path: spool.folders.ledger.path).jobs(finished: 100)
      #expect(
        jobs.map { "\($0.name) \($0.state)" }.sorted()
          == ["cancelled failed", "held queued", "released done", "retried done", "retried failed"],
        "moment \(moment)")
    }

    private static func momentsOfARun() throws -> Int {
      let spool = try filled()
      defer { spool.remove() }
      let count = Moments()
      try spool.drain(files: count.files(at: 0) { () throws(JobFailure) in })
      try expectObeyedOnce(spool, 0)
      #expect(count.passed > 60)
      return count.passed
    }

    @Test func `an error of any file operation is made good by the next daemon`() throws {
      for moment in 1...(try Self.momentsOfARun()) {
        let spool = try Self.filled()
        defer { spool.remove() }
        try? spool.drain(
          files: Moments().files(at: moment) { () throws(JobFailure) in
            throw JobFailure(.cannotWrite, "no space left on device")
          })
        try spool.drain()
        try Self.expectObeyedOnce(spool, moment)
      }
    }

    @Test func `kill -9 of the daemon at any moment leaves every request obeyed once`() async throws {
      for moment in 1...(try Self.momentsOfARun()) {
        let spool = try Self.filled()
        defer { spool.remove() }
        setenv("SCISPOOL_TEST_ROOT", spool.folders.root.path, 1)
        setenv("SCISPOOL_TEST_MOMENT", "\(moment)", 1)
        await #expect(processExitsWith: .signal(SIGKILL)) {
          let environment = ProcessInfo.processInfo.environment
          let root = try #require(environment["SCISPOOL_TEST_ROOT"])
          let moment = try #require(environment["SCISPOOL_TEST_MOMENT"].flatMap(Int.init))
          let files = Moments().files(at: moment) { () throws(JobFailure) in _ = kill(getpid(), SIGKILL) }
          try TemporarySpool(root: URL(filePath: root)).drain(files: files) { $0.watches = true }
        }
        try spool.drain()
        try Self.expectObeyedOnce(spool, moment)
      }
    }
  }
}
