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

    private static func expectObeyedOnce(_ spool: TemporarySpool, _ moment: String) throws {
      #expect(try spool.names(in: spool.folders.outbox) == ["released", "retried"], "\(moment)")
      #expect(try spool.names(in: spool.folders.failed) == ["cancelled"], "\(moment)")
      #expect(try spool.failure(of: "cancelled").code == .cancelled, "\(moment)")
      let held = try #require(try spool.summary(of: "held"))
      #expect(held.wait == JobWait(.held, "still"), "\(moment)")
      #expect(try spool.names(in: spool.folders.active) == [held.id], "\(moment)")
      #expect(try spool.names(in: spool.folders.inbox).isEmpty, "\(moment)")
      #expect(try spool.names(in: spool.folders.control) == ["answers"], "\(moment)")
      let jobs = try Ledger.reading(path: spool.folders.ledger.path).jobs(finished: 100)
      #expect(
        jobs.map { "\($0.name) \($0.state)" }.sorted()
          == ["cancelled failed", "held queued", "released done", "retried done", "retried failed"],
        "\(moment)")
    }

    private static let day = Day(fill: filled, expectEnd: expectObeyedOnce, leastMoments: 60)

    @Test func `an error of any file operation is made good by the next daemon`() throws {
      try Self.day.endByErrors()
    }

    @Test func `an error of the recovery from an error is made good, too`() throws {
      try Self.day.endByPairsOfErrors()
    }

    @Test func `kill -9 of the daemon at any moment leaves every request obeyed once`() async throws {
      try await Self.day.endByKills()
    }
  }
}
