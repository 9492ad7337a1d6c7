import Daemon
import Foundation
import Jobs
import Ledger
import Spooling
import Testing

/// One file, several jobs, one result.
@Suite(.timeLimit(.minutes(20)))
struct MatrixTests {
  let spool: TemporarySpool
  let box: ControlBox

  init() throws {
    spool = try TemporarySpool()
    box = ControlBox(folders: spool.folders)
  }

  static func job(_ plays: [String], _ options: String = "") -> Data {
    let plays = plays.map { "\"\($0)\"" }.joined(separator: ", ")
    return Data(
      """
      {"kind": "score", "model": "m", "items": [{"prompt": "a green apple", "images": ["a.png"]}],
       "labels": {"night": "7"}\(options), "matrix": {"labels.play": [\(plays)]}}
      """.utf8)
  }

  private func result(_ name: String) throws -> MatrixResult {
    let file = spool.folders.outbox.appending(path: "\(name)/result.json")
    return try JobJSON.value(MatrixResult.self, from: Data(contentsOf: file))
  }

  private func list(ofFailed name: String) throws -> ChildList {
    let file = spool.folders.failed.appending(path: "\(name)/children.json")
    return try JobJSON.value(ChildList.self, from: Data(contentsOf: file))
  }

  private func ask(_ verb: ControlRequest.Verb, _ name: String) throws -> ControlAnswer? {
    let id = try box.post(ControlRequest(verb, name: name))
    try spool.drain()
    return box.takeAnswer(to: id)
  }

  @Test func `its jobs run one by one and it has one result with all of them`() throws {
    defer { spool.remove() }
    try spool.drop(Self.job(["done", "step"]), as: "night.json")
    try spool.drop(TemporarySpool.job("done", ", \"after\": [\"night\"]"), as: "morning.json")
    // Somebody has taken the name of a child.
    try FileManager.default.createDirectory(
      at: spool.folders.outbox.appending(path: "night-2"), withIntermediateDirectories: true)
    let thread = Thread { [spool] in
      // The second stops when it is told to, and is done at its next attempt.
      while (try? spool.summary(of: "night-2-2"))??.state != .running { usleep(10_000) }
      _ = try? ControlBox(folders: spool.folders).post(ControlRequest(.hold, name: "night-2-2"))
    }
    thread.start()
    try spool.drain()
    #expect(try spool.names(in: spool.folders.outbox) == ["night-1", "night-2"])
    #expect(try spool.summary(of: "night")?.wait == JobWait(.children, "1 of its 2 jobs have ended"))
    #expect(try ask(.release, "night-2-2") == .done("released night-2-2"))
    #expect(
      try spool.names(in: spool.folders.outbox) == ["morning", "night", "night-1", "night-2", "night-2-2"])
    let result = try result("night")
    #expect(result.labels == ["night": "7"])
    #expect(result.children.map(\.name) == ["night-1", "night-2-2"])
    #expect(result.children.map { $0.values["labels.play"] } == ["\"done\"", "\"step\""])
    #expect(result.children.allSatisfy { $0.state == .done && $0.images == 1 && $0.meanScore == 21.5 })
    let folder = spool.folders.outbox.appending(path: "night")
    #expect(try spool.names(in: folder) == [".job-id", "job.json", "log.txt", "report.html", "result.json"])
    #expect(try Data(contentsOf: folder.appending(path: "job.json")) == Self.job(["done", "step"]))
    let page = try String(contentsOf: folder.appending(path: "report.html"), encoding: .utf8)
    #expect(page.contains("<a href=\"../night-2-2/report.html\">night-2-2</a>"))
    let summary = try #require(try spool.summary(of: "night"))
    #expect(summary.kind == "matrix" && summary.state == .done && summary.attempts == 0)
    // What waited for it began when all of its jobs were done.
    let morning = try #require(try spool.summary(of: "morning"))
    #expect(morning.finishedAt! >= summary.finishedAt!)
  }

  @Test func `one that fails makes it fail, and a retry runs that one again and no other`() throws {
    defer { spool.remove() }
    try spool.drop(Self.job(["done", "needs-file", "done"]), as: "night.json")
    try spool.drain()
    #expect(try spool.names(in: spool.folders.outbox) == ["night-1", "night-3"])
    #expect(try spool.names(in: spool.folders.failed) == ["night", "night-2"])
    let failure = try spool.failure(of: "night")
    #expect(
      failure.code == .childFailed && failure.message.contains("1 of 3 jobs failed: night-2 (bad_input)"))
    #expect(try list(ofFailed: "night").children.map(\.state) == [.done, .failed, .done])
    let before = try spool.summary(of: "night-1")?.id
    try Data().write(to: spool.folders.root.appending(path: "allow"))
    #expect(try ask(.retry, "night") == .done("night is tried again"))
    #expect(try spool.names(in: spool.folders.outbox) == ["night", "night-1", "night-2", "night-3"])
    #expect(try spool.names(in: spool.folders.failed).isEmpty)
    #expect(try spool.names(in: spool.folders.active).isEmpty)
    #expect(try spool.summary(of: "night-1")?.id == before)
    #expect(try result("night").children.map(\.state) == [.done, .done, .done])
    #expect(try result("night").children[0].id == before)
    let log = try String(contentsOf: spool.folders.outbox.appending(path: "night-2/log.txt"), encoding: .utf8)
    #expect(log.contains("error no") && log.contains("done"))
  }

  @Test func `to cancel it is to cancel what is left of it, and to hold it holds all`() throws {
    defer { spool.remove() }
    try spool.drop(Self.job(["done", "done"]), as: "night.json")
    #expect(try ask(.hold, "night") == .done("held night"))
    #expect(try spool.names(in: spool.folders.outbox).isEmpty)
    for name in ["night", "night-1", "night-2"] { #expect(try spool.summary(of: name)?.wait?.cause == .held) }
    #expect(try ask(.cancel, "night-2") == .done("cancelled night-2"))
    #expect(try ask(.cancel, "night") == .done("cancelled night"))
    #expect(try spool.names(in: spool.folders.failed) == ["night", "night-1", "night-2"])
    #expect(try spool.failure(of: "night-1").message.contains("its matrix night ended"))
    #expect(try spool.names(in: spool.folders.active).isEmpty)
    #expect(try ask(.retry, "night") == .done("night is tried again"))
    #expect(try spool.names(in: spool.folders.outbox) == ["night", "night-1", "night-2"])
    #expect(try spool.names(in: spool.folders.failed).isEmpty)
  }

  @Test func `the running one ends with it at its next step`() throws {
    defer { spool.remove() }
    try spool.drop(Self.job(["stay", "done"]), as: "night.json")
    let thread = Thread { [spool] in
      while (try? spool.summary(of: "night-1"))??.state != .running { usleep(10_000) }
      _ = try? ControlBox(folders: spool.folders).post(ControlRequest(.cancel, name: "night"))
    }
    thread.start()
    try spool.drain()
    #expect(try spool.names(in: spool.folders.failed) == ["night", "night-1", "night-2"])
    #expect(try spool.failure(of: "night-1").code == .cancelled)
    #expect(try spool.names(in: spool.folders.active).isEmpty)
  }

  @Test func `a folder's files are the inputs of all, and its jobs are tried again with it alone`() throws {
    defer { spool.remove() }
    let folder = spool.folders.root.appending(path: "night.job")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Self.job(["refuse", "done"]).write(to: folder.appending(path: "job.json"))
    try Data("x".utf8).write(to: folder.appending(path: "a.png"))
    try FileManager.default.moveItem(at: folder, to: spool.folders.inbox.appending(path: "night.job"))
    try spool.drain()
    #expect(try spool.names(in: spool.folders.failed) == ["night", "night-1"])
    #expect(
      try spool.names(in: spool.folders.failed.appending(path: "night"))
        == [".job-id", "a.png", "children.json", "error.json", "job.json", "log.txt"])
    guard case .refused(let failure) = try ask(.retry, "night-1") else {
      Issue.record("it was tried again without its inputs")
      return
    }
    #expect(failure.message.contains("night-1 is job 1 of the matrix night"))
  }

  @Test func `of two with one key the second is turned away before it makes anything`() throws {
    defer { spool.remove() }
    let never = ", \"unique_key\": \"k\", \"not_before\": \"2999-01-01T00:00:00Z\""
    try spool.drop(Self.job(["done", "done"], never), as: "a.json")
    try spool.drain()
    try spool.drop(Self.job(["done", "done"], never), as: "b.json")
    try spool.drain()
    #expect(try spool.names(in: spool.folders.failed) == ["b"])
    #expect(try spool.failure(of: "b").code == .duplicate)
    try spool.drop(Self.job(["done"], never + ", \"on_conflict\": \"replace\""), as: "c.json")
    try spool.drain()
    #expect(try spool.names(in: spool.folders.failed) == ["a", "a-1", "a-2", "b"])
    #expect(try spool.summary(of: "c-1")?.state == .queued)
  }

  @Test func `one that makes more jobs than a user may have is refused`() throws {
    defer { spool.remove() }
    try spool.drop(Self.job(["done", "done", "done"]), as: "night.json")
    try spool.drain { $0.ownerLimits.jobs = 2 }
    #expect(try spool.failure(of: "night").code == .tooLarge)
    #expect(try spool.names(in: spool.folders.active).isEmpty)
  }

  @Test func `a ledger that is lost is filled with matrices, too`() throws {
    defer { spool.remove() }
    try spool.drop(Self.job(["done", "done"]), as: "night.json")
    try spool.drain()
    for ending in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: spool.folders.ledger.path + ending)
    }
    try spool.drain()
    #expect(try spool.summary(of: "night")?.kind == "matrix")
    #expect(try spool.summary(of: "night-2")?.state == .done)
  }
}

extension RecoveryTests {
  /// Ends the service at every file operation of a matrix, and starts it again.
  @Suite(.serialized)
  struct MatrixRecoveryTests {
    private static let day = Day(
      fill: {
        let spool = try TemporarySpool()
        try spool.drop(MatrixTests.job(["done", "done"]), as: "night.json")
        return spool
      }, expectEnd: expectAllOnce, leastMoments: 60)

    private static func expectAllOnce(_ spool: TemporarySpool, _ moment: String) throws {
      #expect(try spool.names(in: spool.folders.outbox) == ["night", "night-1", "night-2"], "\(moment)")
      for folder in [spool.folders.failed, spool.folders.inbox, spool.folders.active] {
        #expect(try spool.names(in: folder).isEmpty, "\(moment)")
      }
      let jobs = try Ledger.reading(path: spool.folders.ledger.path).jobs(finished: 100)
      #expect(
        jobs.map { "\($0.name) \($0.state)" }.sorted() == ["night done", "night-1 done", "night-2 done"],
        "\(moment)")
    }

    @Test func `an error of any file operation is made good by the next daemon`() throws {
      try Self.day.endByErrors()
    }

    @Test func `kill -9 of the daemon at any moment makes every job once`() async throws {
      try await Self.day.endByKills()
    }
  }
}
