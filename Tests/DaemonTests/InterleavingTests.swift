import Daemon
import Foundation
import Jobs
import Ledger
import Spooling
import Synchronization
import Testing

extension RecoveryTests {
  /// What people do to a job at any moment of its life, and the end of the daemon at any moment after that.
  @Suite(.serialized)
  struct InterleavingTests {
    /// Something that happens between two file operations of the daemon.
    enum Deed: String, CaseIterable {
      case cancel, hold, release, retry
      /// A second job of the same name.
      case dropAgain
      /// Somebody copies the same request twice.
      case cancelTwice

      /// - Returns: How many jobs it adds: a file that is dropped over another of its name is that one's new content.
      func happen(to spool: TemporarySpool) throws -> Int {
        let box = ControlBox(folders: spool.folders)
        switch self {
        case .cancel: _ = try box.post(ControlRequest(.cancel, name: "a"))
        case .hold: _ = try box.post(ControlRequest(.hold, name: "a"))
        case .release: _ = try box.post(ControlRequest(.release, name: "a"))
        case .retry: _ = try box.post(ControlRequest(.retry, name: "a"))
        case .dropAgain:
          let replaces = try spool.names(in: spool.folders.inbox).contains("a.json")
          try spool.drop(TemporarySpool.job(), as: "a.json")
          return replaces ? 0 : 1
        case .cancelTwice:
          for _ in 0..<2 { _ = try box.post(ControlRequest(.cancel, name: "a")) }
        }
        return 0
      }
    }

    /// Runs a job, with a deed at one moment and an error at another; 0 for never.
    ///
    /// - Returns: How many moments there were.
    private static func run(_ deed: Deed, at moment: Int, errorAt end: Int) throws -> Int {
      let spool = try TemporarySpool()
      defer { spool.remove() }
      try spool.drop(TemporarySpool.job(), as: "a.json")
      let count = Mutex(0)
      let added = Mutex(0)
      let files = FileSystem.system.observed { (_, _, _) throws(JobFailure) in
        let number = count.withLock {
          $0 += 1
          return $0
        }
        if number == moment {
          do {
            let jobs = try deed.happen(to: spool)
            added.withLock { $0 = jobs }
          } catch { throw JobFailure(.internalError, "\(error)") }
        }
        if number == end { throw JobFailure(.cannotWrite, "no space left on device") }
      }
      try? spool.drain(files: files)
      try spool.drain()
      // Who holds a job lets it go in the end.
      if deed == .hold {
        _ = try ControlBox(folders: spool.folders).post(ControlRequest(.release, name: "a"))
        try spool.drain()
      }
      // A deed that did not come about has no answer.
      let isDone = moment > 0 && moment <= count.withLock { $0 }
      try expectEnded(
        spool, isDone ? deed : nil, 1 + added.withLock { $0 }, "\(deed) at \(moment), error at \(end)")
      return count.withLock { $0 }
    }

    /// Every job has ended once, the ledger says the same as the folders, and the answers are true.
    private static func expectEnded(_ spool: TemporarySpool, _ deed: Deed?, _ count: Int, _ what: String)
      throws
    {
      let done = try spool.names(in: spool.folders.outbox)
      let failed = try spool.names(in: spool.folders.failed)
      #expect((done + failed).sorted() == ["a", "a-2"].prefix(count).map(\.self), "\(what)")
      #expect(try spool.names(in: spool.folders.inbox).isEmpty, "\(what)")
      #expect(try spool.names(in: spool.folders.active).isEmpty, "\(what)")
      #expect(try spool.names(in: spool.folders.control) == ["answers"], "\(what)")
      let rows = try Ledger.reading(path: spool.folders.ledger.path).jobs(finished: 10)
      #expect(
        rows.map { "\($0.name) \($0.state)" }.sorted()
          == (done.map { "\($0) done" } + failed.map { "\($0) failed" }).sorted(), "\(what)")
      if deed == .cancel || deed == .cancelTwice {
        let answers = try spool.names(in: spool.folders.answers).map {
          try JobJSON.value(
            ControlAnswer.self, from: Data(contentsOf: spool.folders.answers.appending(path: $0)))
        }
        let isCancelled = answers.contains { if case .done = $0 { true } else { false } }
        #expect(isCancelled == (failed == ["a"]), "\(what): \(answers)")
        if isCancelled { #expect(try spool.failure(of: "a").code == .cancelled, "\(what)") }
      } else {
        #expect(failed.isEmpty, "\(what)")
      }
    }

    @Test(arguments: Deed.allCases)
    func `whatever is done at any moment, every job ends once`(deed: Deed) throws {
      let count = try Self.run(deed, at: 0, errorAt: 0)
      #expect(count > 20)
      for moment in 1...count { _ = try Self.run(deed, at: moment, errorAt: 0) }
    }

    /// All pairs with `SCISPOOL_FAULTS=all`; else the distance grows along with the moment.
    @Test(arguments: Deed.allCases)
    func `and so it does when the daemon ends after that`(deed: Deed) throws {
      let isThorough = ProcessInfo.processInfo.environment["SCISPOOL_FAULTS"] == "all"
      let count = try Self.run(deed, at: 0, errorAt: 0)
      for moment in 1...count {
        let ends = isThorough ? Array(moment...(count + 20)) : [moment + moment * 5 % 23]
        for end in ends { _ = try Self.run(deed, at: moment, errorAt: end) }
      }
    }
  }
}
