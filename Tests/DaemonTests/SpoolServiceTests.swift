import Daemon
import Foundation
import Glibc
import Jobs
import Ledger
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(20)))
struct SpoolServiceTests {
  let spool: TemporarySpool

  init() throws { spool = try TemporarySpool() }

  @Test func `publishes a dropped job and records it`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job(), as: "night.json")
    try spool.drain()
    #expect(try spool.names(in: spool.folders.outbox) == ["night"])
    #expect(
      try spool.names(in: spool.folders.outbox.appending(path: "night"))
        == [".job-id", "log.txt", "result.json"])
    #expect(try spool.names(in: spool.folders.active).isEmpty)
    #expect(try spool.names(in: spool.folders.inbox).isEmpty)
    let summary = try #require(try spool.summary(of: "night"))
    #expect(summary.state == .done && summary.attempts == 1)
    let images = try Ledger.reading(path: spool.folders.ledger.path).images(of: summary.id)
    #expect(images.map(\.prompt) == ["a green apple"] && images.map(\.score) == [21.5])
  }

  @Test func `numbers jobs whose names are taken`() throws {
    defer { spool.remove() }
    for _ in 0..<3 {
      try spool.drop(TemporarySpool.job(), as: "night.json")
      try spool.drain()
    }
    try spool.drop(Data("{".utf8), as: "night.json")
    try spool.drain()
    #expect(try spool.names(in: spool.folders.outbox) == ["night", "night-2", "night-3"])
    #expect(try spool.names(in: spool.folders.failed) == ["night-4"])
  }

  @Test(arguments: [
    "two words", "línea ünïcode 苹果 🍏", "line\nbreak", "carriage\r\nreturn", "-rf", "--help",
    "50%25 off; #1?*",
    "a.b", "quote\"'`$HOME", String(repeating: "x", count: 250), String(repeating: "é", count: 125),
  ])
  func `publishes jobs under any name`(stem: String) throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job(), as: stem + ".json")
    try spool.drain()
    var expected = stem
    while expected.utf8.count > 240 { expected.removeLast() }
    let published = try spool.names(in: spool.folders.outbox)
    #expect(published.map { Array($0.utf8) } == [Array(expected.utf8)])
    #expect(try spool.summary(of: expected)?.state == .done)
  }

  @Test(arguments: [
    (Data(), "empty"), (Data("{\"kind\": \"score\", \"mod".utf8), "truncated"),
    (Data("kind: score".utf8), "not_json"),
    (Data([0xff, 0xfe, 0x00]), "not_json"), (Data(repeating: 0x20, count: 10 << 20), "too_large"),
    (Data(repeating: UInt8(ascii: "["), count: 100_000), "not_json"),
    (Data("{\"kind\": \"scroe\"}".utf8), "unknown_kind"),
    (Data("{\"kind\": \"score\", \"model\": \"m\", \"itms\": []}".utf8), "unknown_field"),
  ])
  func `moves files that are no jobs to failed, byte for byte`(content: Data, code: String) throws {
    defer { spool.remove() }
    try spool.drop(content, as: "bad.json")
    try spool.drain()
    #expect(try spool.failure(of: "bad").code.rawValue == code)
    #expect(try Data(contentsOf: spool.folders.failed.appending(path: "bad/job.json")) == content)
    #expect(try spool.summary(of: "bad")?.state == .failed)
    #expect(try spool.names(in: spool.folders.inbox).isEmpty && spool.names(in: spool.folders.active).isEmpty)
  }

  @Test func `moves pipes, links and folders to failed unread, and serves the others`() throws {
    defer { spool.remove() }
    let inbox = spool.folders.inbox.path
    let secret = spool.folders.root.appending(path: "secret.json")
    try TemporarySpool.job().write(to: secret)
    #expect(mkfifo(inbox + "/pipe.json", 0o600) == 0)
    #expect(symlink(secret.path, inbox + "/link.json") == 0)
    #expect(symlink("/nowhere", inbox + "/dangling.json") == 0)
    #expect(mkdir(inbox + "/folder.json", 0o700) == 0)
    try Data("kept".utf8).write(to: URL(filePath: inbox + "/folder.json/content"))
    #expect(mkdir(inbox + "/bare.job", 0o700) == 0)
    try spool.drop(TemporarySpool.job(), as: "good.json")
    try spool.drain()
    for name in ["pipe", "link", "dangling", "folder", "bare"] {
      #expect(try spool.failure(of: name).code == .notAFile, "\(name)")
    }
    let failed = spool.folders.failed
    #expect(try Data(contentsOf: failed.appending(path: "folder/job.json/content")) == Data("kept".utf8))
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: failed.path + "/link/job.json") == secret.path
    )
    #expect(try Data(contentsOf: secret) == TemporarySpool.job())
    #expect(try spool.names(in: spool.folders.outbox) == ["good"])
  }

  @Test func `runs job folders, and keeps a failed folder's own files`() throws {
    defer { spool.remove() }
    for (name, play) in [("good", "done"), ("bad", "refuse")] {
      let folder = spool.folders.inbox.appending(path: "\(name).job")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try TemporarySpool.job(play).write(to: folder.appending(path: "job.json"))
      for file in ["a.png", "error.json", "log.txt"] {
        try Data("own \(file)".utf8).write(to: folder.appending(path: file))
      }
    }
    try spool.drain()
    #expect(try spool.names(in: spool.folders.outbox) == ["good"])
    let bad = spool.folders.failed.appending(path: "bad")
    #expect(
      try spool.names(in: bad)
        == [
          ".job-id", "a.png", "dropped-error.json", "dropped-log.txt", "error.json", "job.json", "log.txt",
        ])
    #expect(try Data(contentsOf: bad.appending(path: "dropped-error.json")) == Data("own error.json".utf8))
    #expect(try spool.failure(of: "bad").code == .badInput)
  }

  @Test(arguments: ["crash-once", "crash-late"])
  func `tries again after a crash`(play: String) throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job(play, ", \"max_attempts\": 1"), as: "a.json")
    try spool.drain()
    let summary = try #require(try spool.summary(of: "a"))
    #expect(summary.state == .done && summary.attempts == 2)
  }

  @Test func `gives up a job that kills every worker, and goes on with the next`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("crash"), as: "a.json")
    try spool.drop(TemporarySpool.job(), as: "b.json")
    try spool.drain()
    let failure = try spool.failure(of: "a")
    #expect(failure.code == .workerDied && failure.disposition == .quarantine)
    #expect(failure.message.contains("signal 9"))
    #expect(try spool.summary(of: "a")?.attempts == 3)
    #expect(try spool.summary(of: "b")?.state == .done)
  }

  @Test func `counts only crashes without progress`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("gain"), as: "a.json")
    try spool.drop(TemporarySpool.job("stall"), as: "b.json")
    try spool.drain()
    let gained = try #require(try spool.summary(of: "a"))
    #expect(gained.state == .done && gained.attempts == 5)
    #expect(try spool.failure(of: "b").disposition == .quarantine)
    #expect(try spool.summary(of: "b")?.attempts == 3)
  }

  @Test func `tries passing failures again, max_attempts times`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("full", ", \"max_attempts\": 2"), as: "a.json")
    try spool.drain()
    #expect(try spool.failure(of: "a").message == "disk full")
    #expect(try spool.summary(of: "a")?.attempts == 2)
  }

  @Test func `kills a worker that outstays the timeout and does not stop when told`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("hang", ", \"timeout\": 1"), as: "a.json")
    try spool.drain { $0.grace = 0.2 }
    #expect(try spool.failure(of: "a").code == .timedOut)
    #expect(try spool.summary(of: "a")?.attempts == 1)
  }

  @Test func `a worker that the kernel kills for want of memory fails, and is no crash`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("crash", ", \"max_attempts\": 2"), as: "a.json")
    let kills = Mutex(0)
    try spool.drain {
      $0.memoryKills = {
        kills.withLock {
          $0 += 1
          return $0
        }
      }
    }
    let failure = try spool.failure(of: "a")
    #expect(failure.code == .outOfMemory && failure.message.contains("the kernel killed the worker"))
    let summary = try #require(try spool.summary(of: "a"))
    let attempts = try Ledger.reading(path: spool.folders.ledger.path).attempts(of: summary.id)
    #expect(attempts.map(\.outcome) == ["failed", "failed"])
  }

  @Test func `kills a worker that gives no sign of life, and puts its job aside after the third`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("hang"), as: "a.json")
    try spool.drop(TemporarySpool.job(), as: "b.json")
    try spool.drain { $0.silence = 0.3 }
    let failure = try spool.failure(of: "a")
    #expect(failure.code == .workerDied && failure.message.contains("no sign of life for 0.3 s"))
    #expect(try spool.summary(of: "a")?.attempts == 3)
    #expect(try spool.summary(of: "b")?.state == .done)
  }

  @Test func `a job that is requeued on time-out goes on behind the others`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("slice", ", \"timeout\": 1, \"on_timeout\": \"requeue\""), as: "a.json")
    try spool.drop(TemporarySpool.job(), as: "b.json")
    try spool.drain()
    let (a, b) = (try #require(try spool.summary(of: "a")), try #require(try spool.summary(of: "b")))
    #expect(a.state == .done && a.attempts == 3 && b.state == .done)
    #expect(try #require(b.finishedAt) < #require(a.finishedAt))
    let attempts = try Ledger.reading(path: spool.folders.ledger.path).attempts(of: a.id)
    #expect(attempts.map(\.outcome) == ["requeued", "requeued", "done"])
  }

  @Test func `a requeued job that gets nowhere fails`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("stuck", ", \"timeout\": 1, \"on_timeout\": \"requeue\""), as: "a.json")
    try spool.drain()
    let failure = try spool.failure(of: "a")
    #expect(failure.code == .timedOut && failure.message.contains("no further"))
    #expect(try spool.summary(of: "a")?.attempts == 2)
  }

  @Test func `puts the running job back when stopped`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("hang"), as: "a.json")
    let service = try spool.service()
    let stop = service.stopper
    let folder = spool.folders.active
    let watcher = Thread {
      while (try? FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty) != false {
        usleep(10_000)
      }
      usleep(200_000)
      stop()
      stop()
    }
    watcher.start()
    try service.run()
    #expect(try spool.summary(of: "a")?.state == .queued)
    #expect(try spool.names(in: spool.folders.active).count == 1)
  }

  @Test func `refuses a spool that another daemon serves, naming it`() throws {
    defer { spool.remove() }
    let service = try spool.service()
    let failure = #expect(throws: JobFailure.self) { try spool.service() }
    #expect(failure?.code == .busy && failure?.message.contains("\(getpid())") == true)
    withExtendedLifetime(service) {}
  }

  @Test func `begins a new ledger when the old one is damaged`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job(), as: "a.json")
    try Data("this is no database, but long enough to be one".utf8).write(to: spool.folders.ledger)
    try spool.drain()
    #expect(try spool.summary(of: "a")?.state == .done)
    #expect(try spool.names(in: spool.folders.root).contains { $0.hasPrefix("ledger.sqlite.damaged-") })
  }

  @Test func `goes on filling a ledger after an interruption`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job(), as: "good.json")
    try spool.drop(TemporarySpool.job("refuse"), as: "bad.json")
    try spool.drain()
    let good = try #require(try spool.summary(of: "good"))
    for ending in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: spool.folders.ledger.path + ending)
    }
    do {
      // As a daemon leaves it that is killed between the two steps of its first job.
      let ledger = try Ledger(path: spool.folders.ledger.path)
      ledger.record(
        claimed: good.id, name: "good", fileName: "good.json", kind: "score", options: JobOptions(),
        at: Date())
      try ledger.flush()
      #expect(try !ledger.isFilled)
    }
    try spool.drain()
    #expect(try spool.summary(of: "good")?.state == .done)
    #expect(try spool.summary(of: "bad")?.state == .failed)
    #expect(try Ledger(path: spool.folders.ledger.path).isFilled)
  }

  @Test func `fills a new ledger from the published folders`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job(), as: "good.json")
    try spool.drop(TemporarySpool.job("refuse"), as: "bad.json")
    try spool.drain()
    let before = try #require(try spool.summary(of: "good"))
    for ending in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: spool.folders.ledger.path + ending)
    }
    #expect(mkdir(spool.folders.outbox.path + "/somebody else's", 0o700) == 0)
    try spool.drain()
    let ledger = try Ledger.reading(path: spool.folders.ledger.path)
    #expect(try ledger.jobs(finished: 10).count == 2)
    let after = try #require(try spool.summary(of: "good"))
    #expect(after.id == before.id && after.state == .done && after.kind == "score")
    #expect(try ledger.images(of: after.id).map(\.score) == [21.5])
    #expect(try spool.summary(of: "bad")?.code == "bad_input")
  }

  @Test func `waits for the jobs that a job names, though their folders were fetched`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job(), as: "first.json")
    try spool.drain()
    try FileManager.default.removeItem(at: spool.folders.outbox.appending(path: "first"))
    try spool.drop(TemporarySpool.job("done", ", \"after\": [\"first\"]"), as: "second.json")
    try spool.drop(TemporarySpool.job("done", ", \"after\": [\"never\"]"), as: "third.json")
    try spool.drain()
    #expect(try spool.names(in: spool.folders.outbox) == ["second"])
    #expect(try spool.summary(of: "third")?.state == .queued)
  }

  @Test func `a job without memory waits, lets others go first, and has begun no attempt`() throws {
    defer { spool.remove() }
    try spool.drop(TemporarySpool.job("needs-memory", ", \"max_attempts\": 1"), as: "large.json")
    try spool.drop(TemporarySpool.job(), as: "small.json")
    let thread = Thread { [spool] in
      while (try? spool.summary(of: "large"))??.wait?.cause != .memory { usleep(2_000) }
      while (try? spool.summary(of: "small"))??.state != .done { usleep(2_000) }
      try? Data().write(to: spool.folders.root.appending(path: "allow"))
    }
    thread.start()
    // Long enough to be seen waiting.
    try spool.drain { $0.backoff.memory = 0.3 }
    #expect(try spool.names(in: spool.folders.outbox) == ["large", "small"])
    let (large, small) = (
      try #require(try spool.summary(of: "large")), try #require(try spool.summary(of: "small"))
    )
    #expect(large.attempts == 1 && large.finishedAt! >= small.finishedAt!)
    let log = try String(contentsOf: spool.folders.outbox.appending(path: "large/log.txt"), encoding: .utf8)
    #expect(log.contains("waits for memory: needs more than there is"))
  }
}
