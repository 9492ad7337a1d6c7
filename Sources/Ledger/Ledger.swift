import Foundation
import GRDB
import Jobs
import Synchronization

/// The SQLite record of everything that happened to jobs: `ledger.sqlite`, written by the daemon alone.
///
/// The folders are the truth; the ledger is index and history. Every state change is part of one transaction, synced to
/// disk before the call returns, and says whether it happened; what is called `record` waits for the next one.
/// `docs/ledger.md` describes tables and views.
package final class Ledger: Sendable {
  private let database: DatabasePool
  /// What ``figures()`` found, and how many rows this connection had changed by then: nobody else changes what is counted.
  let counted = Mutex<(changes: Int, figures: LedgerFigures)?>(nil)
  /// What was done in a day, when that was counted, and how long counting took.
  let dayCounted = Mutex<
    (changes: Int, date: Date, seconds: Double, throughput: LatestJobs.Throughput)?
  >(nil)

  /// What is to be recorded with the next transaction.
  private let pending = Mutex<[@Sendable (Database) throws -> Void]>([])

  /// Opens the ledger, making or upgrading it as needed.
  ///
  /// - Throws: ``JobFailure`` `cannot_write`, `not_available` for a file of a later version, and `bad_input` for a file that
  ///   is no intact database; see ``replace(at:on:)``.
  package init(path: String) throws(JobFailure) {
    var configuration = GRDB.Configuration()
    configuration.busyMode = .timeout(10)
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
    do {
      database = try DatabasePool(path: path, configuration: configuration)
      // Damage in a page that nobody reads at first would otherwise end every daemon in the middle of its work.
      let verdict = try database.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
      guard verdict == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: verdict) }
      try Self.upgrade(database)
    } catch {
      throw Self.failure(error, path)
    }
  }

  /// Opens the ledger for reading, beside a daemon that writes it.
  package static func reading(path: String) throws(JobFailure) -> LedgerReader {
    try LedgerReader(path: path)
  }

  /// Moves a damaged ledger aside and starts an empty one; returns where the old one lies now.
  package static func replace(at path: String, on date: Date) throws(JobFailure) -> (
    ledger: Ledger, aside: String
  ) {
    let aside = "\(path).damaged-\(Int(date.timeIntervalSince1970))"
    for ending in ["", "-wal", "-shm"] {
      guard FileManager.default.fileExists(atPath: path + ending) else { continue }
      do { try FileManager.default.moveItem(atPath: path + ending, toPath: aside + ending) } catch {
        throw JobFailure(.cannotWrite, "cannot move \(path + ending) aside: \(error.localizedDescription)")
      }
    }
    return (try Ledger(path: path), aside)
  }

  static func failure(_ error: any Error, _ path: String) -> JobFailure {
    if let failure = error as? JobFailure { return failure }
    if let error = error as? DatabaseError, [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
      return JobFailure(.badInput, "\(path) is damaged: \(error.message ?? "not a database")")
    }
    return JobFailure(
      .cannotWrite, "the ledger \(path) cannot be used: \(error)",
      hint: "Check the file's owner and permissions and the space on the disk.")
  }

  /// Runs a transaction, in which what was told by ``record(claimed:name:fileName:kind:options:owner:parent:at:)``,
  /// ``record(done:attempt:images:at:)`` and ``record(failed:attempt:failure:at:)`` since the last one is recorded first.
  func write<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) throws(JobFailure) -> Value {
    let pending = pending.withLock { $0 }
    do {
      let value = try database.write { db in
        for record in pending { try record(db) }
        return try body(db)
      }
      self.pending.withLock { $0.removeFirst(pending.count) }
      return value
    } catch { throw Self.failure(error, database.path) }
  }

  /// Whether anything waits for the next transaction.
  package var isBehind: Bool { pending.withLock { !$0.isEmpty } }

  /// Records what waits for the next transaction, if anything does.
  package func flush() throws(JobFailure) {
    if isBehind { try write { _ in } }
  }

  private func record(_ body: @escaping @Sendable (Database) throws -> Void) {
    pending.withLock { $0.append(body) }
  }
}

/// The states of a job that `jobs.state` may hold.
package enum JobState: String, Sendable, Codable, CaseIterable {
  /// Claimed, waiting for its turn.
  case queued
  case running
  /// In the outbox.
  case done
  /// In `failed/`.
  case failed
}

extension Ledger {
  /// Records a claimed job, unless it is known already: with the next transaction, whatever that is for, or by ``flush()``.
  ///
  /// Each transaction waits for the disk, and jobs are often claimed by the dozen, or begun at once. A claim that is not
  /// recorded when the daemon ends is recorded by the next start.
  package func record(
    claimed id: String, name: String, fileName: String, kind: String?, options: JobOptions,
    owner: JobOwner? = nil, parent: String? = nil, at date: Date
  ) {
    record { db in
      try db.run(
        """
        INSERT OR IGNORE INTO jobs (id, name, file_name, kind, state, priority, not_before, deadline, unique_key, claimed_at,
          owner, owner_uid, parent_id)
        VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          id, name, fileName, kind, options.priority, options.notBefore.map(Self.text),
          options.deadline.map(Self.text), options.uniqueKey, Self.text(date), owner?.name, owner?.uid,
          parent,
        ])
      if db.changesCount == 1 { try Self.event(db, id, "claimed", fileName, date) }
    }
  }

  /// Writes an attempt down before it begins; returns its number, from 1, or nil when the job is not waiting.
  ///
  /// - Parameter bootID: Which run of the machine this is.
  package func begin(
    _ id: String, worker: Int32?, bootID: String? = nil, at date: Date
  ) throws(JobFailure) -> Int? {
    try write { db in
      try db.run(
        "UPDATE jobs SET state = 'running', waits_for = NULL, waits_detail = NULL WHERE id = ? AND state = 'queued'",
        [id])
      guard db.changesCount == 1 else { return nil }
      let count = try db.cachedStatement(sql: "SELECT COUNT(*) + 1 FROM attempts WHERE job_id = ?")
      let number = try Int.fetchOne(count, arguments: [id]) ?? 1
      try db.run(
        "INSERT INTO attempts (job_id, number, worker_pid, boot_id, started_at) VALUES (?, ?, ?, ?, ?)",
        [id, number, worker, bootID, Self.text(date)])
      try Self.event(db, id, "started", "attempt \(number)", date)
      return number
    }
  }

  /// How an attempt ended.
  package enum AttemptEnd: String, Sendable, Codable {
    case done, failed
    /// The worker died.
    case crashed
    /// Put back unharmed; with a failure: the daemon ended.
    case requeued
  }

  /// Ends an attempt and puts the job back into the queue; false when that attempt is not the running one.
  ///
  /// - Parameter firstStep: The first step that a crashed attempt told of, counted over the whole job.
  package func requeue(
    _ id: String, attempt: Int, after end: AttemptEnd, failure: JobFailure?, firstStep: Int? = nil,
    at date: Date
  ) throws(JobFailure) -> Bool {
    try write { db in
      guard try Self.end(db, id, attempt, end, failure, date) else { return false }
      if let firstStep {
        try db.execute(
          sql: "UPDATE attempts SET first_step = ? WHERE job_id = ? AND number = ?",
          arguments: [firstStep, id, attempt])
      }
      try db.execute(
        sql: "UPDATE jobs SET state = 'queued' WHERE id = ? AND state = 'running'", arguments: [id])
      try Self.event(db, id, end.rawValue, failure?.message, date)
      return true
    }
  }

  /// Takes back an attempt in which nothing was done; false when it is not the running one.
  package func withdraw(_ id: String, attempt: Int) throws(JobFailure) -> Bool {
    try write { db in
      try db.execute(
        sql: "DELETE FROM attempts WHERE job_id = ? AND number = ? AND ended_at IS NULL",
        arguments: [id, attempt])
      guard db.changesCount == 1 else { return false }
      try db.execute(
        sql: "UPDATE jobs SET state = 'queued' WHERE id = ? AND state = 'running'", arguments: [id])
      try db.execute(
        sql: "DELETE FROM events WHERE job_id = ? AND what = 'started' AND detail = ?",
        arguments: [id, "attempt \(attempt)"])
      return true
    }
  }

  /// Records a finished job with what it made; false when it was recorded before.
  package func finish(_ id: String, attempt: Int?, images: [LedgerImage], at date: Date) throws(JobFailure)
    -> Bool
  {
    try write { try Self.finish($0, id, attempt, images, date) }
  }

  /// As ``finish(_:attempt:images:at:)``, with the next transaction: until that, the claim has to tell the same.
  package func record(done id: String, attempt: Int?, images: [LedgerImage], at date: Date) {
    record { _ = try Self.finish($0, id, attempt, images, date) }
  }

  private static func finish(
    _ db: Database, _ id: String, _ attempt: Int?, _ images: [LedgerImage], _ date: Date
  ) throws -> Bool {
    if let attempt { _ = try end(db, id, attempt, .done, nil, date) }
    try db.run(
      """
      UPDATE jobs SET state = 'done', finished_at = ?, waits_for = NULL, waits_detail = NULL
      WHERE id = ? AND state IN ('queued', 'running')
      """, [text(date), id])
    guard db.changesCount == 1 else { return false }
    for image in images { try image.insert(db, job: id) }
    try event(db, id, "published", nil, date)
    return true
  }

  /// Records a failed job; false when it was recorded before.
  package func fail(_ id: String, attempt: Int?, failure: JobFailure, at date: Date) throws(JobFailure)
    -> Bool
  {
    try write { try Self.fail($0, id, attempt, failure, date) }
  }

  /// As ``fail(_:attempt:failure:at:)``, with the next transaction: until that, the claim has to tell the same.
  package func record(failed id: String, attempt: Int?, failure: JobFailure, at date: Date) {
    record { _ = try Self.fail($0, id, attempt, failure, date) }
  }

  private static func fail(
    _ db: Database, _ id: String, _ attempt: Int?, _ failure: JobFailure, _ date: Date
  ) throws -> Bool {
    if let attempt {
      _ = try end(db, id, attempt, failure.code == .workerDied ? .crashed : .failed, failure, date)
    }
    try db.run(
      """
      UPDATE jobs SET state = 'failed', finished_at = ?, code = ?, message = ?, waits_for = NULL, waits_detail = NULL
      WHERE id = ? AND state IN ('queued', 'running')
      """, [text(date), failure.code.rawValue, failure.message, id])
    guard db.changesCount == 1 else { return false }
    try event(db, id, "failed", failure.message, date)
    return true
  }

  /// Records with the next transaction that a claimed job appears under another name than the one it was claimed for.
  package func record(_ id: String, renamedTo name: String) {
    record { try $0.run("UPDATE jobs SET name = ? WHERE id = ?", [name, id]) }
  }

  /// The state of the newest job of that name.
  package func state(ofJobNamed name: String) throws(JobFailure) -> JobState? {
    try write { db in
      try String.fetchOne(
        db, sql: "SELECT state FROM jobs WHERE name = ? ORDER BY claimed_at DESC LIMIT 1", arguments: [name]
      ).flatMap(JobState.init)
    }
  }

  private static func end(
    _ db: Database, _ id: String, _ attempt: Int, _ end: AttemptEnd, _ failure: JobFailure?, _ date: Date
  ) throws -> Bool {
    try db.run(
      """
      UPDATE attempts SET ended_at = ?, outcome = ?, code = ?, message = ?
      WHERE job_id = ? AND number = ? AND ended_at IS NULL
      """, [text(date), end.rawValue, failure?.code.rawValue, failure?.message, id, attempt])
    return db.changesCount == 1
  }

  static func event(_ db: Database, _ id: String, _ what: String, _ detail: String?, _ date: Date)
    throws
  {
    try db.run(
      "INSERT INTO events (job_id, at, what, detail) VALUES (?, ?, ?, ?)", [id, text(date), what, detail])
  }

  /// RFC 3339 in UTC with milliseconds: sorts as text, and SQLite's date functions read it.
  static func text(_ date: Date) -> String {
    date.formatted(
      .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
  }
}

extension Database {
  /// Runs a statement that is prepared only the first time: to read the SQL costs more than to do what it says.
  func run(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws {
    try cachedStatement(sql: sql).execute(arguments: arguments)
  }
}
