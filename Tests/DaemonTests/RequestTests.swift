import Daemon
import Foundation
import Glibc
import Jobs
import Ledger
import Spooling
import Testing

/// What people ask for through the control folder.
@Suite(.timeLimit(.minutes(20)))
struct RequestTests {
  let spool: TemporarySpool
  let box: ControlBox
  private static let never = ", \"not_before\": \"2999-01-01T00:00:00Z\""

  init() throws {
    spool = try TemporarySpool()
    box = ControlBox(folders: spool.folders)
  }

  /// Leaves a request, serves until nothing is left to start, and returns the answer.
  private func ask(_ verb: ControlRequest.Verb, _ name: String, reason: String? = nil) throws
    -> ControlAnswer?
  {
    let id = try box.post(ControlRequest(verb, name: name, reason: reason))
    try spool.drain()
    return box.takeAnswer(to: id)
  }

  /// Serves on a thread of its own; the semaphore is signalled when nothing is left to start.
  private func serving(grace: Double = 60, pause: Double = 0.02) -> DispatchSemaphore {
    let ended = DispatchSemaphore(value: 0)
    Thread { [spool] in
      try? spool.drain {
        $0.grace = grace
        $0.backoff.machine = pause
      }
      ended.signal()
    }.start()
    return ended
  }

  private func waitForEnd(_ ended: DispatchSemaphore) {
    #expect(ended.wait(timeout: .now() + 60) == .success)
  }

  private func waitUntil(_ state: JobState, _ name: String) throws {
    let deadline = Date(timeIntervalSinceNow: 30)
    while (try? spool.summary(of: name))??.state != state {
      try #require(Date() < deadline, "\(name) is not \(state)")
      usleep(10_000)
    }
  }

  private func isRefused(_ answer: ControlAnswer?, _ code: JobFailure.Code) -> Bool {
    if case .refused(let failure) = answer { failure.code == code } else { false }
  }

  @Test func `cancels a waiting job, also when it was asked before the daemon came`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("done", Self.never), as: "a.json")
    #expect(try ask(.cancel, "a", reason: "wrong seed") == .done("cancelled a"))
    let failure = try spool.failure(of: "a")
    #expect(failure.code == .cancelled && failure.message.hasSuffix(": wrong seed"))
    #expect(
      try Data(contentsOf: spool.folders.failed.appending(path: "a/job.json"))
        == TemporarySpool.job("done", Self.never))
    #expect(try ask(.cancel, "a") == .done("a is cancelled"))
    #expect(try spool.names(in: spool.folders.control) == ["answers"])
    #expect(try spool.names(in: spool.folders.answers).isEmpty)
  }

  @Test(arguments: ["stay", "hang"])
  func `cancels a running job at its next step, or kills it`(play: String) throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job(play), as: "a.json")
    try spool.drop(TemporarySpool.job(), as: "b.json")
    let ended = serving(grace: 0.3)
    try waitUntil(.running, "a")
    let id = try box.post(ControlRequest(.cancel, name: "a"))
    waitForEnd(ended)
    #expect(box.takeAnswer(to: id) == .done("a is cancelled"))
    #expect(try spool.failure(of: "a").code == .cancelled)
    #expect(try spool.summary(of: "a")?.attempts == 1)
    #expect(try spool.summary(of: "b")?.state == .done)
  }

  @Test func `holds a waiting job over restarts until it is released`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job(), as: "a.json")
    #expect(try ask(.hold, "a", reason: "not now") == .done("held a"))
    for _ in 0..<2 {
      try spool.drain()
      let summary = try #require(try spool.summary(of: "a"))
      #expect(summary.state == .queued && summary.attempts == 0)
      #expect(summary.wait == JobWait(.held, "not now"))
    }
    #expect(try ask(.hold, "a", reason: "still not") == .done("held a"))
    #expect(try spool.summary(of: "a")?.wait?.detail == "still not")
    #expect(try ask(.release, "a") == .done("released a"))
    let summary = try spool.summary(of: "a")
    #expect(summary?.state == .done && summary?.wait == nil)
    #expect(isRefused(try ask(.hold, "a"), .missingInput))
  }

  @Test func `marks what is published as read, and as unread again`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job(), as: "a.json")
    try spool.drop(TemporarySpool.job("refuse"), as: "b.json")
    try spool.drop(TemporarySpool.job("done", Self.never), as: "c.json")
    try spool.drain()
    for folder in [spool.folders.outbox.appending(path: "a"), spool.folders.failed.appending(path: "b")] {
      let name = folder.lastPathComponent
      for _ in 0..<2 {
        guard case .done = try ask(.read, name) else {
          Issue.record("\(name)")
          return
        }
        #expect(ReadMark.isSet(in: folder))
      }
      _ = try ask(.unread, name)
      #expect(!ReadMark.isSet(in: folder))
    }
    for name in ["c", "nobody"] { #expect(isRefused(try ask(.read, name), .missingInput), "\(name)") }
    for name in ["../outbox/a", ".", ""] { #expect(isRefused(try ask(.read, name), .badInput), "\(name)") }
    #expect(!ReadMark.isSet(in: spool.folders.outbox.appending(path: "a")))
  }

  @Test func `a held job outlives the ledger`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job(), as: "a.json")
    _ = try ask(.hold, "a", reason: "not now")
    for ending in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: spool.folders.ledger.path + ending)
    }
    try spool.drain()
    #expect(try spool.summary(of: "a")?.wait == JobWait(.held, "not now"))
  }

  @Test func `puts a running job back when it is held, and goes on when it is released`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("step"), as: "a.json")
    let ended = serving()
    try waitUntil(.running, "a")
    _ = try box.post(ControlRequest(.hold, name: "a"))
    waitForEnd(ended)
    let held = try #require(try spool.summary(of: "a"))
    #expect(held.state == .queued && held.attempts == 1 && held.wait?.cause == .held)
    #expect(
      try Ledger.reading(path: spool.folders.ledger.path).attempts(of: held.id).map(\.outcome) == ["requeued"]
    )
    #expect(try ask(.release, "a") == .done("released a"))
    let done = try #require(try spool.summary(of: "a"))
    #expect(done.state == .done && done.attempts == 2 && done.id == held.id)
  }

  @Test func `runs a failed job again, byte for byte and under its name`() throws {
    defer { spool.remove() }
    let folder = spool.folders.inbox.appending(path: "bad.job")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var dropped: [String: Data] = ["job.json": TemporarySpool.job("needs-file")]
    for name in ["a.png", "error.json", "log.txt", ".job-id", "dropped-error.json"] {
      dropped[name] = Data("own \(name)".utf8)
    }
    for (name, data) in dropped { try data.write(to: folder.appending(path: name)) }
    try spool.drain()
    let first = try #require(try spool.summary(of: "bad"))
    #expect(first.state == .failed)

    #expect(try ask(.retry, "bad") == .done("bad is tried again"))
    let second = try #require(try spool.summary(of: "bad"))
    #expect(second.state == .failed && second.id != first.id)
    let failed = spool.folders.failed.appending(path: "bad")
    for (name, data) in dropped {
      let isOurs = name.hasSuffix("error.json") || ["log.txt", ".job-id"].contains(name)
      #expect(
        try Data(contentsOf: failed.appending(path: (isOurs ? "dropped-" : "") + name)) == data, "\(name)")
    }
    let log = try String(contentsOf: failed.appending(path: "log.txt"), encoding: .utf8)
    #expect(log.components(separatedBy: "attempt 1").count == 3)

    try Data().write(to: spool.folders.root.appending(path: "allow"))
    #expect(try ask(.retry, "bad") == .done("bad is tried again"))
    #expect(try spool.names(in: spool.folders.outbox) == ["bad"])
    #expect(try spool.names(in: spool.folders.failed).isEmpty)
    #expect(isRefused(try ask(.retry, "bad"), .missingInput))
  }

  @Test func `ends the pause of a job that waits for its next attempt`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("full", ", \"max_attempts\": 8"), as: "a.json")
    let ended = serving(pause: 1)
    // 1 + 2 + … + 64 s of pauses without it.
    while ended.wait(timeout: .now() + 0.05) != .success {
      _ = try box.post(ControlRequest(.retry, name: "a"))
    }
    #expect(try spool.summary(of: "a")?.attempts == 8)
  }

  @Test func `a request that knows the job is for no later one of its name`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("done", Self.never), as: "a.json")
    try spool.drain()
    let id = try box.post(ControlRequest(.cancel, name: "a", id: "another"))
    try spool.drain()
    #expect(isRefused(box.takeAnswer(to: id), .missingInput))
    #expect(try spool.summary(of: "a")?.state == .queued)
  }

  @Test func `refuses what is no request, and names no job`() throws {
    defer { spool.remove() }
    let control = spool.folders.control.path
    #expect(isRefused(try ask(.cancel, "nobody"), .missingInput))
    #expect(isRefused(try ask(.retry, "nobody"), .missingInput))
    #expect(isRefused(try ask(.retry, "../outbox"), .badInput))
    try Data("{".utf8).write(to: URL(filePath: control + "/x.json"))
    #expect(symlink("/etc/passwd", control + "/link.json") == 0)
    #expect(mkfifo(control + "/pipe.json", 0o600) == 0)
    try spool.drain()
    #expect(isRefused(box.takeAnswer(to: "x"), .badInput))
    #expect(try spool.names(in: spool.folders.control) == ["answers", "link.json", "pipe.json"])
  }

  @Test func `a failed job holds its followers until it is done after all`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("needs-file"), as: "first.json")
    try spool.drop(TemporarySpool.job("done", ", \"after\": [\"first\"]"), as: "second.json")
    try spool.drop(TemporarySpool.job("done", ", \"after\": [\"second\"]"), as: "third.json")
    try spool.drain()
    #expect(
      try spool.summary(of: "second")?.wait?.detail.contains("first, which it waits for, has failed") == true)
    #expect(try spool.summary(of: "third")?.wait == JobWait(.after, "after second"))
    try Data().write(to: spool.folders.root.appending(path: "allow"))
    #expect(try ask(.retry, "first") == .done("first is tried again"))
    #expect(try spool.names(in: spool.folders.outbox) == ["first", "second", "third"])
  }

  @Test func `a background job gives way at its next step and goes on afterwards`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("step", ", \"priority\": -1"), as: "a.json")
    let ended = serving()
    try waitUntil(.running, "a")
    try spool.drop(TemporarySpool.job(), as: "b.json")
    waitForEnd(ended)
    let (a, b) = (try #require(try spool.summary(of: "a")), try #require(try spool.summary(of: "b")))
    #expect(a.state == .done && b.state == .done)
    #expect(try #require(b.finishedAt) < #require(a.finishedAt))
    let attempts = try Ledger.reading(path: spool.folders.ledger.path).attempts(of: a.id)
    #expect(attempts.map(\.outcome) == ["requeued", "done"])
  }

  @Test func `a paused spool claims and starts nothing until it is resumed`() throws {
    defer { spool.remove() }
    try SpoolPause(reason: "backup", pausedAt: Date(), putsBack: false).write(in: spool.folders)
    try spool.drop(TemporarySpool.job(), as: "a.json")
    try spool.drain()
    #expect(try spool.summary(of: "a")?.state == .queued && spool.summary(of: "a")?.attempts == 0)
    try SpoolPause.remove(in: spool.folders)
    try spool.drain()
    #expect(try spool.summary(of: "a")?.state == .done)
  }

  @Test func `a pause puts the running job back when asked to`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("step"), as: "a.json")
    let ended = serving()
    try waitUntil(.running, "a")
    try SpoolPause(reason: "now", pausedAt: Date(), putsBack: true).write(in: spool.folders)
    waitForEnd(ended)
    #expect(try spool.summary(of: "a")?.state == .queued && spool.summary(of: "a")?.attempts == 1)
    // An empty file pauses, too.
    try Data().write(to: spool.folders.control.appending(path: "paused"))
    try spool.drain()
    #expect(try spool.summary(of: "a")?.attempts == 1)
    try SpoolPause.remove(in: spool.folders)
    try spool.drain()
    #expect(try spool.summary(of: "a")?.state == .done)
  }
}
