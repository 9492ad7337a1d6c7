import Foundation
import GRDB
import Jobs
import Ledger
import Testing

struct LedgerTests {
  private let path: String
  private let ledger: Ledger
  private let now = Date(timeIntervalSince1970: 1_767_225_600.25)

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "ledger-\(UUID().uuidString).sqlite").path
    ledger = try Ledger(path: path)
  }

  private func remove() {
    for ending in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + ending) }
  }

  private func rows(_ sql: String) throws -> [Row] {
    try DatabaseQueue(path: path).read { try Row.fetchAll($0, sql: sql) }
  }

  private func claim(_ id: String, name: String? = nil, after seconds: Double = 0) throws {
    ledger.record(
      claimed: id, name: name ?? id, fileName: "\(id).json", kind: "generate", options: JobOptions(),
      at: now.addingTimeInterval(seconds))
    try ledger.flush()
  }

  private let image = LedgerImage.all(
    of: .score(
      ScoreResult(
        model: "m", items: [.init(prompt: "p", images: [.init(file: "a.png", score: 20, probability: 1)])])))

  @Test func `records a job once`() throws {
    defer { remove() }
    try claim("a")
    ledger.record(
      claimed: "a", name: "b", fileName: "b.json", kind: nil, options: JobOptions(), at: now)
    try ledger.flush()
    #expect(try Ledger.reading(path: path).job(named: "a")?.claimedAt == "2026-01-01T00:00:00.250Z")
    #expect(try rows("SELECT what FROM events").count == 1)
  }

  @Test func `what was claimed is recorded with the next transaction, and again when that fails`() throws {
    defer { remove() }
    ledger.record(claimed: "a", name: "a", fileName: "a.json", kind: nil, options: JobOptions(), at: now)
    #expect(try rows("SELECT * FROM jobs").isEmpty)
    let other = try DatabaseQueue(path: path)
    try other.write { try $0.execute(sql: "ALTER TABLE events RENAME TO elsewhere") }
    #expect(throws: JobFailure.self) { try ledger.flush() }
    try other.write { try $0.execute(sql: "ALTER TABLE elsewhere RENAME TO events") }
    #expect(try ledger.begin("a", worker: 7, at: now) == 1)
    #expect(
      try rows("SELECT what FROM events ORDER BY id").map { $0["what"] as String } == ["claimed", "started"])
  }

  @Test func `an attempt that was taken back never was`() throws {
    defer { remove() }
    try claim("a")
    #expect(try ledger.begin("a", worker: 7, at: now) == 1)
    #expect(try ledger.withdraw("a", attempt: 1))
    #expect(try !ledger.withdraw("a", attempt: 1))
    #expect(try ledger.standing(of: "a")?.attempts == 0)
    #expect(try ledger.state(ofJobNamed: "a") == .queued)
    #expect(try rows("SELECT what FROM events").count == 1)
    #expect(try ledger.begin("a", worker: 7, at: now) == 1)
  }

  @Test func `writes an attempt down before it begins, one at a time`() throws {
    defer { remove() }
    try claim("a")
    #expect(try ledger.begin("a", worker: 7, at: now) == 1)
    #expect(try ledger.begin("a", worker: 8, at: now) == nil)
    #expect(try ledger.begin("unknown", worker: 8, at: now) == nil)
    #expect(try ledger.standing(of: "a")?.openAttempt == 1)
    #expect(try ledger.state(ofJobNamed: "a") == .running)
  }

  @Test func `lists the finished jobs of a kind, the latest first`() throws {
    defer { remove() }
    for (place, id) in ["a", "b", "c", "d"].enumerated() {
      try claim(id, after: Double(place))
      _ = try ledger.begin(id, worker: 7, at: now)
    }
    for (place, id) in ["b", "a", "c"].enumerated() {
      #expect(try ledger.finish(id, attempt: 1, images: [], at: now.addingTimeInterval(10 + Double(place))))
    }
    let reader = try Ledger.reading(path: path)
    #expect(try reader.done(kind: .generate).map(\.id) == ["c", "a", "b"])
    #expect(try reader.done(kind: .benchmark).isEmpty)
  }

  @Test func `changes nothing for an attempt that is not open`() throws {
    defer { remove() }
    try claim("a")
    _ = try ledger.begin("a", worker: 7, at: now)
    #expect(try ledger.requeue("a", attempt: 1, after: .crashed, failure: nil, at: now))
    #expect(try !ledger.requeue("a", attempt: 1, after: .failed, failure: nil, at: now))
    #expect(try ledger.begin("a", worker: 7, at: now) == 2)
    #expect(try !ledger.requeue("a", attempt: 1, after: .requeued, failure: nil, at: now))
    let standing = try #require(try ledger.standing(of: "a"))
    #expect(standing.state == .running && standing.openAttempt == 2)
    #expect(standing.attempts == 2 && standing.crashes == [nil] && standing.failures == 0)
  }

  @Test func `tells crashes from attempts that ended with the daemon`() throws {
    defer { remove() }
    try claim("a")
    let lost = JobFailure(.workerDied, "the daemon ended")
    let ends: [(Ledger.AttemptEnd, JobFailure?, Int?)] = [
      (.crashed, lost, 1), (.requeued, lost, nil), (.crashed, lost, nil), (.crashed, lost, 7),
      (.requeued, nil, nil), (.requeued, lost, nil), (.requeued, lost, nil),
    ]
    for (place, end) in ends.enumerated() {
      #expect(try ledger.begin("a", worker: 7, bootID: "boot", at: now) == place + 1)
      #expect(
        try ledger.requeue("a", attempt: place + 1, after: end.0, failure: end.1, firstStep: end.2, at: now))
    }
    var standing = try #require(try ledger.standing(of: "a"))
    #expect(standing.crashes == [1, nil, 7] && standing.interruptions == 2)
    #expect(standing.openAttempt == nil && standing.openBootID == nil)
    _ = try ledger.begin("a", worker: 7, bootID: "boot", at: now)
    standing = try #require(try ledger.standing(of: "a"))
    #expect(standing.openAttempt == 8 && standing.openBootID == "boot" && standing.interruptions == 2)
  }

  @Test func `records ends with the next transaction, in their order`() throws {
    defer { remove() }
    for id in ["a", "b"] { try claim(id) }
    _ = try ledger.begin("a", worker: nil, at: now)
    let reader = try Ledger.reading(path: path)
    ledger.record("a", renamedTo: "a-2")
    ledger.record(done: "a", attempt: 1, images: image, at: now)
    ledger.record(failed: "b", attempt: nil, failure: JobFailure(.badInput, "no"), at: now)
    #expect(try reader.images(of: "a").isEmpty)
    // What asks the ledger is told of them.
    #expect(try ledger.state(ofJobNamed: "a-2") == .done)
    #expect(try reader.images(of: "a").count == 1)
    #expect(try ledger.begin("b", worker: nil, at: now) == nil)
    try ledger.flush()
    #expect(try rows("SELECT what FROM events").count == 5)
  }

  @Test func `records an end once, whichever comes first`() throws {
    defer { remove() }
    try claim("a")
    _ = try ledger.begin("a", worker: nil, at: now)
    #expect(try ledger.finish("a", attempt: 1, images: image, at: now.addingTimeInterval(2)))
    #expect(try !ledger.finish("a", attempt: 1, images: image, at: now))
    #expect(try !ledger.fail("a", attempt: nil, failure: JobFailure(.badInput, "no"), at: now))
    #expect(try ledger.begin("a", worker: nil, at: now) == nil)
    #expect(try Ledger.reading(path: path).images(of: "a").count == 1)
    #expect(try rows("SELECT what FROM events WHERE what = 'published'").count == 1)
  }

  @Test(arguments: [
    "INSERT INTO jobs (id, name, file_name, state, claimed_at) VALUES ('x', 'x', 'x', 'done', '2026')",
    "INSERT INTO jobs (id, name, file_name, state, claimed_at) VALUES ('x', 'x', 'x', 'lost', '2026')",
    "INSERT INTO jobs (id, name, file_name, state, claimed_at, finished_at) VALUES ('x', 'x', 'x', 'failed', '2026', '2026')",
    "INSERT INTO jobs (id, name, file_name, state, claimed_at, priority) VALUES ('x', 'x', 'x', 'queued', '2026', 'high')",
    "INSERT INTO attempts (job_id, number, started_at) VALUES ('a', 2, '2026')",
    "INSERT INTO attempts (job_id, number, started_at, ended_at) VALUES ('a', 2, '2026', '2026')",
    "INSERT INTO attempts (job_id, number, started_at) VALUES ('nobody', 1, '2026')",
  ])
  func `refuses rows that cannot be`(sql: String) throws {
    defer { remove() }
    try claim("a")
    _ = try ledger.begin("a", worker: nil, at: now)
    #expect(throws: DatabaseError.self) { try DatabaseQueue(path: path).write { try $0.execute(sql: sql) } }
  }

  @Test func `answers what happened lately, how prompts are drawn and why jobs fail`() throws {
    defer { remove() }
    for (number, id) in ["a", "b", "c"].enumerated() { try claim(id, after: Double(number)) }
    _ = try ledger.begin("a", worker: nil, at: now)
    _ = try ledger.finish("a", attempt: 1, images: image, at: now.addingTimeInterval(3))
    _ = try ledger.fail("b", attempt: nil, failure: JobFailure(.badInput, "no"), at: now)
    let recent = try rows("SELECT * FROM recent_jobs")
    #expect(recent.map { $0["name"] as String } == ["c", "b", "a"])
    #expect(recent[2]["seconds"] as Double == 3 && recent[2]["attempts"] == 1 && recent[2]["images"] == 1)
    let prompts = try rows("SELECT * FROM prompt_scores")
    #expect(prompts.count == 1 && prompts[0]["mean_score"] as Double == 20)
    let failures = try rows("SELECT * FROM failures")
    #expect(failures.count == 1 && failures[0]["code"] == "bad_input" && failures[0]["example"] == "b")
  }

  @Test func `tells what happened lately, and how much`() throws {
    defer { remove() }
    for (place, id) in ["a", "b", "c", "d", "e"].enumerated() { try claim(id, after: Double(place)) }
    for (id, hours) in [("a", 30.0), ("b", 2), ("c", 0.5)] {
      _ = try ledger.finish(
        id, attempt: nil, images: image + image, at: now.addingTimeInterval(-hours * 3600))
    }
    _ = try ledger.fail("d", attempt: nil, failure: JobFailure(.badInput, "no"), at: now)
    var latest = try ledger.latest(2, at: now)
    #expect(latest.done.map(\.name) == ["c", "b"] && latest.failed.map(\.name) == ["d"])
    #expect(latest.done[0].images == 2 && latest.done[0].firstImage == "a.png" && latest.done[0].code == nil)
    #expect(latest.failed[0].code == "bad_input" && latest.failed[0].message == "no")
    #expect(latest.lastHour == .init(done: 1, failed: 1, images: 2))
    #expect(latest.lastDay == .init(done: 2, failed: 1, images: 4))
    try CleaningRecord(path: path)?.note("c", at: now)
    // Counted still, but there is nothing to show.
    latest = try ledger.latest(2, at: now)
    #expect(latest.done.map(\.name) == ["b", "a"] && latest.lastHour.done == 1)
  }

  @Test func `notes once whose folder was cleaned away, and only of jobs that have ended`() throws {
    defer { remove() }
    for id in ["a", "b"] { try claim(id) }
    _ = try ledger.finish("a", attempt: nil, images: [], at: now)
    let record = try #require(try CleaningRecord(path: path))
    for id in ["a", "b", "unknown", "a"] { try record.note(id, at: now.addingTimeInterval(60)) }
    let reader = try Ledger.reading(path: path)
    #expect(try reader.job(named: "a")?.cleanedAt == "2026-01-01T00:01:00.250Z")
    #expect(try reader.job(named: "b")?.cleanedAt == nil)
    #expect(try reader.done(kind: .generate).isEmpty)
    #expect(try rows("SELECT * FROM events WHERE what = 'cleaned'").count == 1)
    let none = try CleaningRecord(path: path + ".none")
    #expect(none.map { _ in true } == nil)
  }

  @Test func `copies a file of an earlier version before it upgrades it`() throws {
    defer { remove() }
    let old = path + ".old"
    let copy = old + ".schema-2"
    defer { for file in [old, copy, copy + ".tmp"] { try? FileManager.default.removeItem(atPath: file) } }
    try Ledger.migrations.migrate(DatabaseQueue(path: old), upTo: "2: why jobs wait")
    try DatabaseQueue(path: old).write {
      try $0.execute(
        sql:
          "INSERT INTO jobs (id, name, file_name, state, claimed_at) VALUES ('x', 'x', 'x', 'queued', '2026')"
      )
    }
    try Data("left by a crash".utf8).write(to: URL(filePath: copy + ".tmp"))
    #expect(try Ledger(path: old).standing(of: "x")?.state == .queued)
    let (migrations, jobs) = try DatabaseQueue(path: copy).read {
      (try Ledger.migrations.completedMigrations($0), try String.fetchAll($0, sql: "SELECT name FROM jobs"))
    }
    #expect(migrations.count == 2 && jobs == ["x"])
    #expect(!FileManager.default.fileExists(atPath: copy + ".tmp"))
    // Nothing is left to do, nothing is copied; nor for a new file.
    try FileManager.default.removeItem(atPath: copy)
    #expect(try Ledger(path: old).standing(of: "x") != nil)
    #expect(!FileManager.default.fileExists(atPath: copy))
    let siblings = try FileManager.default.contentsOfDirectory(
      atPath: URL(filePath: path).deletingLastPathComponent().path)
    #expect(!siblings.contains { $0.hasPrefix(URL(filePath: path).lastPathComponent + ".schema") })
  }

  @Test func `upgrades nothing that it cannot copy`() throws {
    defer { remove() }
    let old = path + ".old"
    let copy = old + ".schema-2"
    defer { for file in [old, copy, copy + ".tmp"] { try? FileManager.default.removeItem(atPath: file) } }
    try Ledger.migrations.migrate(DatabaseQueue(path: old), upTo: "2: why jobs wait")
    try FileManager.default.createDirectory(atPath: copy + "/taken", withIntermediateDirectories: true)
    let failure = #expect(throws: JobFailure.self) { try Ledger(path: old) }
    #expect(failure?.code == .cannotWrite)
    #expect(try DatabaseQueue(path: old).read(Ledger.migrations.completedMigrations).count == 2)
  }

  @Test func `leaves a file of a later version alone`() throws {
    defer { remove() }
    try DatabaseQueue(path: path).write {
      try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99: of another day')")
    }
    let failure = #expect(throws: JobFailure.self) { try Ledger(path: path) }
    #expect(failure?.code == .notAvailable && failure?.message.contains("later version") == true)
  }

  private func exported(
    _ table: LedgerReader.Table, as format: LedgerReader.ExportFormat
  ) throws -> String {
    var text = Data()
    try Ledger.reading(path: path).export(table, as: format) { (piece) throws(JobFailure) in text += piece }
    return String(decoding: text, as: UTF8.self)
  }

  @Test func `exports tables as JSON lines and CSV`() throws {
    defer { remove() }
    #expect(try exported(.jobs, as: .jsonl).isEmpty)
    #expect(try exported(.images, as: .csv) == "job_id,file,prompt,seed,height,width,score,sha256,seconds\n")
    let name = "=a, \"b\"\n"
    try claim("1", name: name)
    try claim("2", after: 1)
    _ = try ledger.finish("1", attempt: nil, images: image, at: now.addingTimeInterval(3))
    let lines = try exported(.jobs, as: .jsonl).split(separator: "\n")
    #expect(lines.count == 2)
    let first = try #require(
      try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
    #expect(first["name"] as? String == name && first["priority"] as? Int == 0)
    #expect(first["code"] is NSNull && first["finished_at"] as? String == "2026-01-01T00:00:03.250Z")
    #expect(try exported(.images, as: .csv).hasSuffix("\n1,a.png,p,,,,20.0,,\n"))
    #expect(try exported(.jobs, as: .csv).contains("\n1,\"'=a, \"\"b\"\"\n\",1.json,"))
    for table in LedgerReader.Table.allCases {
      for format in LedgerReader.ExportFormat.allCases {
        let rows = try exported(table, as: format).split(separator: "\n").count
        #expect(rows >= (table == .attempts || table == .failures ? 0 : 1), "\(table)")
      }
    }
    let failure = #expect(throws: JobFailure.self) {
      try Ledger.reading(path: path).export(.jobs, as: .csv) { (_) throws(JobFailure) in
        throw JobFailure(.cannotWrite, "full")
      }
    }
    #expect(failure?.message == "full")
  }

  @Test func `exports more than a piece at a time, in order`() throws {
    defer { remove() }
    let count = 500
    let images = (0..<count).map { number in
      ScoreResult.Item(
        prompt: String(repeating: "p", count: 300),
        images: [.init(file: "\(number)", score: 1, probability: 1)])
    }
    try claim("a")
    _ = try ledger.finish(
      "a", attempt: nil, images: LedgerImage.all(of: .score(ScoreResult(model: "m", items: images))), at: now)
    let rows = try exported(.images, as: .csv).split(separator: "\n").dropFirst()
    #expect(rows.map { String($0.split(separator: ",")[1]) } == (0..<count).map(String.init))
  }

  @Test func `finds damage anywhere in the file when it opens it`() throws {
    defer { remove() }
    for number in 0..<200 { try claim("job \(number)") }
    let copy = path + ".copy"
    defer { try? FileManager.default.removeItem(atPath: copy) }
    try DatabaseQueue(path: path).vacuum(into: copy)
    var bytes = try Data(contentsOf: URL(filePath: copy))
    bytes.replaceSubrange(bytes.count / 2..<bytes.count, with: Data(repeating: 0x5a, count: bytes.count / 2))
    try bytes.write(to: URL(filePath: copy))
    let failure = #expect(throws: JobFailure.self) { try Ledger(path: copy) }
    #expect(failure?.code == .badInput)
    let (fresh, aside) = try Ledger.replace(at: copy, on: now)
    defer { try? FileManager.default.removeItem(atPath: aside) }
    #expect(try fresh.standing(of: "job 1") == nil)
    #expect(try Data(contentsOf: URL(filePath: aside)).range(of: Data(repeating: 0x5a, count: 1000)) != nil)
  }

  @Test func `lists jobs that were claimed together in the order in which they will run`() throws {
    defer { remove() }
    let ids = (10..<40).reversed().map { "job-\($0)" }
    for id in ids { try claim(id) }
    let reader = try Ledger.reading(path: path)
    #expect(try reader.jobs(finished: 0).map(\.id) == ids)
    #expect(try reader.waiting(5).first.map(\.id) == Array(ids.prefix(5)))
  }

  @Test func `is read beside the daemon, unfinished jobs first`() throws {
    defer { remove() }
    for id in ["a", "b", "c"] { try claim(id) }
    _ = try ledger.begin("b", worker: nil, at: now)
    _ = try ledger.fail("a", attempt: nil, failure: JobFailure(.badInput, "no"), at: now)
    let reader = try Ledger.reading(path: path)
    #expect(try reader.jobs(finished: 10).map(\.name) == ["b", "c", "a"])
    #expect(try reader.job(named: "a")?.message == "no")
    #expect(try reader.job(named: "z") == nil)
    #expect(throws: JobFailure.self) { try Ledger.reading(path: path + ".none") }
  }
}
