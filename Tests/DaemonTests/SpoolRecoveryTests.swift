import Daemon
import Foundation
import Glibc
import Jobs
import Ledger
import Spooling
import Testing

extension RecoveryTests {
  /// Ends the service at every step of the table in docs/spool-states.md and starts it again.
  @Suite(.serialized)
  struct SpoolRecoveryTests {
    /// One good and one bad job.
    private static let day = Day(
      fill: {
        let spool = try TemporarySpool()
        try spool.drop(TemporarySpool.job(), as: "good.json")
        try spool.drop(TemporarySpool.job("refuse"), as: "bad.json")
        return spool
      }, expectEnd: expectPublishedOnce,
      // Two jobs, each claimed, published and removed.
      leastMoments: 40)

    /// None lost, none published twice, nothing left behind.
    private static func expectPublishedOnce(_ spool: TemporarySpool, _ moment: String) throws {
      #expect(try spool.names(in: spool.folders.outbox) == ["good"], "\(moment)")
      #expect(try spool.names(in: spool.folders.failed) == ["bad"], "\(moment)")
      #expect(try spool.names(in: spool.folders.inbox).isEmpty, "\(moment)")
      #expect(try spool.names(in: spool.folders.active).isEmpty, "\(moment)")
      let good = spool.folders.outbox.appending(path: "good")
      #expect(try spool.names(in: good) == [".job-id", "log.txt", "result.json"], "\(moment)")
      #expect(
        try Data(contentsOf: spool.folders.failed.appending(path: "bad/job.json"))
          == TemporarySpool.job("refuse"),
        "\(moment)")
      #expect(try spool.failure(of: "bad").code == .badInput, "\(moment)")
      let jobs = try Ledger.reading(path: spool.folders.ledger.path).jobs(finished: 100)
      #expect(
        jobs.map { "\($0.name) \($0.state)" }.sorted() == ["bad failed", "good done"], "\(moment)")
    }

    @Test func `an error of any file operation ends the daemon, and the next one goes on`() throws {
      try Self.day.endByErrors()
    }

    @Test func `an error of the recovery from an error is recovered from, too`() throws {
      try Self.day.endByPairsOfErrors()
    }

    @Test func `a drop that was moved before the error ends the daemon, which would not look at it again`()
      throws
    {
      let spool = try TemporarySpool()
      defer { spool.remove() }
      try spool.drop(TemporarySpool.job(), as: "good.json")
      let files = FileSystem.system.observed { (operation, path, isOver) throws(JobFailure) in
        guard operation == "rename", path.hasSuffix("/drop/job.json"), isOver else { return }
        throw JobFailure(.cannotWrite, "cannot sync the inbox")
      }
      let failure = #expect(throws: JobFailure.self) { try spool.drain(files: files) }
      #expect(failure?.message == "cannot sync the inbox")
      try spool.drain()
      #expect(try spool.names(in: spool.folders.outbox) == ["good"])
    }

    @Test func `a result that is fetched at once is not made again after a kill`() throws {
      for moment in 1...(try Self.day.moments()) {
        let spool = try Self.day.fill()
        defer { spool.remove() }
        RecoveryTests.interrupt(spool, at: moment)
        let fetched = try spool.names(in: spool.folders.outbox) + spool.names(in: spool.folders.failed)
        for folder in [spool.folders.outbox, spool.folders.failed] {
          for name in try spool.names(in: folder) {
            try FileManager.default.removeItem(at: folder.appending(path: name))
          }
        }
        try spool.drain()
        let later = try spool.names(in: spool.folders.outbox) + spool.names(in: spool.folders.failed)
        #expect((fetched + later).sorted() == ["bad", "good"], "moment \(moment)")
        #expect(try spool.names(in: spool.folders.active).isEmpty, "moment \(moment)")
      }
    }

    @Test func `kill -9 of the daemon at any moment loses nothing and publishes nothing twice`() async throws
    {
      try await Self.day.endByKills()
    }

    @Test(arguments: ["orphan", "orphan-late"])
    func `kill -9 of the daemon by surprise costs an attempt`(play: String) async throws {
      let spool = try TemporarySpool()
      defer { spool.remove() }
      try spool.drop(TemporarySpool.job(play), as: "good.json")
      setenv("SCISPOOL_TEST_ROOT", spool.folders.root.path, 1)
      await #expect(processExitsWith: .signal(SIGKILL)) {
        let root = try #require(ProcessInfo.processInfo.environment["SCISPOOL_TEST_ROOT"])
        try TemporarySpool(root: URL(filePath: root)).drain { $0.watches = true }
      }
      #expect(try spool.names(in: spool.folders.outbox).isEmpty)
      try spool.drain()
      #expect(try spool.names(in: spool.folders.outbox) == ["good"])
      #expect(try spool.summary(of: "good")?.attempts == 2)
    }

    private func end(_ spool: TemporarySpool) async throws {
      setenv("SCISPOOL_TEST_ROOT", spool.folders.root.path, 1)
      await #expect(processExitsWith: .signal(SIGKILL)) {
        let root = try #require(ProcessInfo.processInfo.environment["SCISPOOL_TEST_ROOT"])
        try TemporarySpool(root: URL(filePath: root)).drain { $0.watches = true }
      }
    }

    @Test func `the end of the daemon counts as no crash, however often`() async throws {
      let spool = try TemporarySpool()
      defer { spool.remove() }
      try spool.drop(TemporarySpool.job("orphans"), as: "a.json")
      for _ in 0..<4 { try await end(spool) }
      try spool.drain { $0.bootID = "another" }
      let summary = try #require(try spool.summary(of: "a"))
      #expect(summary.state == .done && summary.attempts == 5)
      let attempts = try Ledger.reading(path: spool.folders.ledger.path).attempts(of: summary.id)
      let lost = "the daemon ended during the attempt"
      #expect(
        attempts.map(\.message)
          == [lost, lost, lost, "the machine was restarted during the attempt", nil])
      #expect(attempts.map(\.outcome) == Array(repeating: "requeued", count: 4) + ["done"])
    }

    @Test func `crashes before the end of the daemon are counted after it`() async throws {
      let spool = try TemporarySpool()
      defer { spool.remove() }
      try spool.drop(TemporarySpool.job("crash-orphan"), as: "a.json")
      try await end(spool)
      try spool.drain()
      let failure = try spool.failure(of: "a")
      #expect(failure.code == .workerDied && failure.disposition == .quarantine)
      // Two crashes, the daemon's end, the third crash.
      #expect(try spool.summary(of: "a")?.attempts == 4)
    }
  }
}
