import Daemon
import Foundation
import Glibc
import Jobs
import Spooling
import Testing

/// A service that goes on while its inbox or its whole spool is taken away and brought back.
@Suite(.timeLimit(.minutes(20)))
struct FitnessTests {
  let spool: TemporarySpool

  init() throws { spool = try TemporarySpool() }

  private func wait(_ what: String, until condition: () -> Bool) throws {
    let end = Date(timeIntervalSinceNow: 30)
    while !condition() {
      guard Date() < end else { throw JobFailure(.internalError, "waited in vain for \(what)") }
      usleep(10_000)
    }
  }

  /// Serves while the body runs; what the service ends with is thrown.
  private func serving(_ body: () throws -> Void) throws {
    let service = try spool.service {
      $0.drains = false
      ($0.poll, $0.pagePause) = (0.05, 0)
      $0.metrics = $0.folders.root.deletingLastPathComponent().appending(
        path: $0.folders.root.lastPathComponent + ".prom")
    }
    let isOver = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var failure: JobFailure?
    // Used by that thread alone; its stopper may be called from any.
    nonisolated(unsafe) let served = service
    let stop = service.stopper
    let thread = Thread {
      do throws(JobFailure) { try served.run() } catch { failure = error }
      isOver.signal()
    }
    thread.start()
    defer { unlink(spool.folders.root.path + ".prom") }
    do { try body() } catch {
      stop()
      isOver.wait()
      throw error
    }
    stop()
    isOver.wait()
    if let failure { throw failure }
  }

  private func isPublished(_ name: String) -> Bool {
    access(spool.folders.outbox.path + "/" + name, F_OK) == 0
  }

  @Test func `an inbox that is taken away degrades the spool until one is there again`() throws {
    defer { spool.remove() }
    let (inbox, aside) = (spool.folders.inbox.path, spool.folders.root.path + "/old")
    try serving {
      try spool.drop(TemporarySpool.job(), as: "before.json")
      try wait("the first job") { isPublished("before") }
      #expect(rename(inbox, aside) == 0)
      try wait("degraded") { Degradation(in: spool.folders) != nil }
      #expect(Degradation(in: spool.folders)?.reason.contains("inbox/") == true)
      try wait("the page") {
        (try? String(contentsOf: spool.folders.page, encoding: .utf8))?.contains("degraded: inbox/") == true
      }
      #expect(mkdir(inbox, 0o755) == 0)
      try spool.drop(TemporarySpool.job(), as: "after.json")
      try wait("the second job") { isPublished("after") }
      #expect(Degradation(in: spool.folders) == nil)
    }
  }

  @Test func `a spool that is away is not written to, and its worker's word is kept`() throws {
    let (root, aside) = (spool.folders.root.path, spool.folders.root.path + ".aside")
    defer {
      spool.remove()
      try? FileManager.default.removeItem(atPath: aside)
    }
    try serving {
      try spool.drop(TemporarySpool.job("step"), as: "night.json")
      try wait("the attempt") { (try? spool.summary(of: "night")?.state) == .running }
      #expect(rename(root, aside) == 0)
      // An empty mount point.
      #expect(mkdir(root, 0o755) == 0)
      try wait("degraded") {
        (try? String(contentsOfFile: root + ".prom", encoding: .utf8))?.contains("scispool_degraded 1")
          == true
      }
      usleep(200_000)
      // The page may have been written before anybody looked; nothing else is.
      #expect(try spool.names(in: spool.folders.root).filter { $0 != "status.html" } == [])
      try FileManager.default.removeItem(atPath: root)
      #expect(rename(aside, root) == 0)
      try spool.drop(TemporarySpool.job(), as: "after.json")
      try Data(#"{"verb": "cancel", "name": "night"}"#.utf8)
        .write(to: spool.folders.control.appending(path: "c.json"))
      try wait("the other job") { isPublished("after") }
    }
    #expect(try spool.failure(of: "night").code == .cancelled)
  }

  @Test func `a drain does not wait for an inbox`() throws {
    defer { spool.remove() }
    let service = try spool.service()
    #expect(rmdir(spool.folders.inbox.path) == 0)
    let failure = #expect(throws: JobFailure.self) { try service.run() }
    #expect(failure?.code == .cannotWrite && failure?.message.contains("inbox/") == true)
  }
}
