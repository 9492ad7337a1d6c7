import Daemon
import Foundation
import Glibc
import Jobs
import Testing

/// Whether every combination is to be tried, which takes hours.
let isThorough = ProcessInfo.processInfo.environment["SCISPOOL_FAULTS"] == "all"

/// What ends processes and tells them of it through the environment: one at a time.
@Suite(.serialized, .timeLimit(.minutes(isThorough ? 600 : 20)))
enum RecoveryTests {
  /// A scripted day: how a spool is filled, and what must have come of it at the end. Ledger transactions lie between file
  /// operations, so that every state of the table in docs/spool-states.md is met at one moment or another.
  struct Day: Sendable {
    let fill: @Sendable () throws -> TemporarySpool
    /// The moment is for messages.
    let expectEnd: @Sendable (TemporarySpool, _ moment: String) throws -> Void
    /// Fewer moments than that would mean that not every step was watched.
    let leastMoments: Int

    /// How many moments, before and after each file operation, an undisturbed run has.
    func moments() throws -> Int {
      let spool = try fill()
      defer { spool.remove() }
      let moments = Moments()
      try spool.drain(files: moments.files(at: 0) { () throws(JobFailure) in })
      try expectEnd(spool, "none")
      #expect(moments.passed > leastMoments)
      return moments.passed
    }

    /// Runs the day up to an error at every moment, then has the next daemon bring it to its end.
    func endByErrors() throws {
      for moment in 1...(try moments()) {
        let spool = try fill()
        defer { spool.remove() }
        RecoveryTests.interrupt(spool, at: moment)
        try spool.drain()
        try expectEnd(spool, "moment \(moment)")
      }
    }

    /// Likewise with SIGKILL.
    func endByKills() async throws {
      for moment in 1...(try moments()) {
        let spool = try fill()
        defer { spool.remove() }
        try await RecoveryTests.kill(spool, at: moment)
        try spool.drain()
        try expectEnd(spool, "moment \(moment)")
      }
    }

    /// Likewise with an error at every moment, and one at a moment of the recovery from it.
    ///
    /// All pairs with `SCISPOOL_FAULTS=all`; else the second moment goes through all of them along with the first.
    func endByPairsOfErrors() throws {
      let count = try moments()
      for first in 1...count {
        for second in isThorough ? Array(1...count) : [first * 7 % count + 1] {
          let spool = try fill()
          defer { spool.remove() }
          RecoveryTests.interrupt(spool, at: first)
          RecoveryTests.interrupt(spool, at: second)
          try spool.drain()
          try expectEnd(spool, "moments \(first) and \(second)")
        }
      }
    }
  }

  /// Serves until a file operation fails. An error while a drop is taken leaves it in the inbox for the next scan; all others
  /// end the run.
  static func interrupt(_ spool: TemporarySpool, at moment: Int) {
    try? spool.drain(
      files: Moments().files(at: moment) { () throws(JobFailure) in
        throw JobFailure(.cannotWrite, "no space left on device")
      })
  }

  /// Serves in a process of its own until it is killed at a file operation, or after the last one: how many there are depends
  /// on which jobs happen to be published together.
  static func kill(_ spool: TemporarySpool, at moment: Int) async throws {
    setenv("SCISPOOL_TEST_ROOT", spool.folders.root.path, 1)
    setenv("SCISPOOL_TEST_MOMENT", "\(moment)", 1)
    await #expect(processExitsWith: .signal(SIGKILL)) {
      let environment = ProcessInfo.processInfo.environment
      let root = try #require(environment["SCISPOOL_TEST_ROOT"])
      let moment = try #require(environment["SCISPOOL_TEST_MOMENT"].flatMap(Int.init))
      let files = Moments().files(at: moment) { () throws(JobFailure) in _ = Glibc.kill(getpid(), SIGKILL) }
      try TemporarySpool(root: URL(filePath: root)).drain(files: files) { $0.watches = true }
      _ = Glibc.kill(getpid(), SIGKILL)
    }
  }
}
