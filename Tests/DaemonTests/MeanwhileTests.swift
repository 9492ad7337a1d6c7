import Daemon
import Foundation
import Glibc
import Jobs
import Ledger
import Spooling
import Synchronization
import Testing

/// What the service does while drops are being claimed, and results published.
@Suite(.serialized)
final class MeanwhileTests: Sendable {
  private let spool: TemporarySpool
  /// Stops the service.
  private let stop = Mutex<(@Sendable () -> Void)?>(nil)

  init() throws { spool = try TemporarySpool() }
  deinit { spool.remove() }

  /// Waits up to ten seconds for something to become true.
  private static func isTrueSoon(_ condition: () -> Bool) -> Bool {
    for _ in 0..<1000 {
      if condition() { return true }
      usleep(10_000)
    }
    return false
  }

  /// File operations of which one, the first that `matches`, does something before it begins.
  private func files(
    _ matches: @escaping @Sendable (_ operation: String, _ path: String) -> Bool,
    _ deed: @escaping @Sendable () -> Void
  ) -> FileSystem {
    let isDone = Mutex(false)
    return FileSystem.system.observed { (operation, path, isOver) throws(JobFailure) in
      guard !isOver, matches(operation, path) else { return }
      let isFirst = isDone.withLock { done in
        defer { done = true }
        return !done
      }
      if isFirst { deed() }
    }
  }

  private func serveStoppably(_ files: FileSystem) throws {
    let service = try spool.service(files: files)
    stop.withLock { $0 = service.stopper }
    try service.run()
  }

  @Test func `jobs run while others are being claimed`() throws {
    // One more than are claimed together.
    for number in 0..<65 { try spool.drop(TemporarySpool.job(), as: "\(1000 + number).json") }
    let outbox = spool.folders.outbox.path
    let records = Mutex(0)
    let isPublished = Mutex(false)
    let slow = files({ operation, path in
      guard operation == "write", path.hasSuffix("/claim.json") else { return false }
      return records.withLock {
        $0 += 1
        return $0 == 65
      }
    }) {
      let soon = Self.isTrueSoon {
        (try? FileManager.default.contentsOfDirectory(atPath: outbox))?.isEmpty == false
      }
      isPublished.withLock { $0 = soon }
    }
    try spool.drain(files: slow)
    #expect(isPublished.withLock { $0 })
    #expect(try spool.names(in: spool.folders.outbox).count == 65)
  }

  @Test func `the next job runs while one is published`() throws {
    try spool.drop(TemporarySpool.job(), as: "a.json")
    try spool.drop(TemporarySpool.job("hang"), as: "b.json")
    let (ledger, target) = (spool.folders.ledger.path, spool.folders.outbox.path + "/a")
    let isRunning = Mutex(false)
    let slow = files({ $0 == "rename" && $1 == target }) { [self] in
      let soon = Self.isTrueSoon {
        (try? Ledger.reading(path: ledger).jobs(finished: 10))?.contains {
          $0.name == "b" && $0.state == .running
        }
          == true
      }
      isRunning.withLock { $0 = soon }
      // The second does not wait for the job.
      for _ in 0..<2 { stop.withLock { $0 }?() }
    }
    try serveStoppably(slow)
    #expect(isRunning.withLock { $0 })
    // A stop waits for what is being published, and for its record.
    #expect(try spool.summary(of: "a")?.state == .done)
    #expect(try spool.summary(of: "b")?.state == .queued)
  }

  @Test func `a stop waits for the drops that are being claimed`() throws {
    let names = (0..<40).map { "job-\(100 + $0)" }
    for name in names { try spool.drop(TemporarySpool.job(), as: "\(name).json") }
    let slow = files({ $0 == "rename" && $1.hasSuffix("/drop/job.json") }) { [self] in
      stop.withLock { $0 }?()
      usleep(200_000)
    }
    try serveStoppably(slow)
    #expect(try spool.names(in: spool.folders.active).count == 40)
    for name in names { #expect(try spool.summary(of: name)?.state == .queued, "\(name)") }
    try spool.drain()
    #expect(try spool.names(in: spool.folders.outbox) == names)
  }

  @Test func `a request waits for the drop that is being claimed, which does not start before`() throws {
    try spool.drop(TemporarySpool.job(), as: "a.json")
    _ = try ControlBox(folders: spool.folders).post(ControlRequest(.cancel, name: "a"))
    let slow = files({ $0 == "rename" && $1.hasSuffix("/drop/job.json") }) { usleep(300_000) }
    try spool.drain(files: slow)
    #expect(try spool.failure(of: "a").code == .cancelled)
    #expect(try spool.summary(of: "a")?.attempts == 0)
  }

  @Test func `a drop does not get the name of a job that is being published`() throws {
    try spool.drop(TemporarySpool.job(), as: "a.json")
    let (spool, target) = (spool, spool.folders.outbox.path + "/a")
    let names = Mutex<[String]>([])
    let slow = files({ $0 == "rename" && $1 == target }) {
      try? spool.drop(TemporarySpool.job(), as: "a.json")
      let claims = { (try? Claim.all(in: spool.folders)) ?? [] }
      _ = Self.isTrueSoon { claims().count == 2 }
      names.withLock { $0 = claims().map(\.name) }
    }
    try spool.drain(files: slow)
    #expect(names.withLock { $0 } == ["a", "a-2"])
    #expect(try spool.names(in: spool.folders.outbox) == ["a", "a-2"])
  }
}
