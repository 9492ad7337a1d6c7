import Foundation
import GRDB
import Jobs

/// The ledger as commands see it while the daemon writes: read only.
package final class LedgerReader: Sendable {
  private let database: DatabaseQueue
  private let path: String

  init(path: String) throws(JobFailure) {
    guard FileManager.default.fileExists(atPath: path) else {
      throw JobFailure(
        .noDaemon, "there is no ledger at \(path)", hint: "Start the daemon once: scispool serve --spool DIR."
      )
    }
    var configuration = GRDB.Configuration()
    configuration.busyMode = .timeout(10)
    // Not opened read-only: a reader of a WAL database needs its shared-memory file, and may have to make it.
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA query_only = 1") }
    self.path = path
    do { database = try DatabaseQueue(path: path, configuration: configuration) } catch {
      throw Ledger.failure(error, path)
    }
  }

  /// One job as `status` tells it.
  package struct Summary: Sendable, Equatable, Codable {
    package var id: String
    package var name: String
    package var kind: String?
    package var state: JobState
    package var attempts: Int
    package var claimedAt: String
    package var finishedAt: String?
    package var code: String?
    package var message: String?
    /// When its folder was removed to make room.
    package var cleanedAt: String?
    /// Why it is not running though it is queued; nil when it waits for its turn alone.
    package var wait: JobWait?
    /// Who dropped it; nil where that was not recorded.
    package var owner: JobOwner?

    enum CodingKeys: String, CodingKey {
      case id, name, kind, state, attempts
      case claimedAt = "claimed_at"
      case finishedAt = "finished_at"
      case code, message
      case cleanedAt = "cleaned_at"
      case wait, owner
    }
  }

  static let summary = """
    SELECT id, name, kind, state, claimed_at, finished_at, code, message, cleaned_at, waits_for, waits_detail, owner, owner_uid,
      (SELECT COUNT(*) FROM attempts WHERE job_id = jobs.id) AS attempts
    FROM jobs
    """

  static func summary(_ row: Row) -> Summary {
    Summary(
      id: row["id"], name: row["name"], kind: row["kind"], state: JobState(rawValue: row["state"]) ?? .queued,
      attempts: row["attempts"], claimedAt: row["claimed_at"], finishedAt: row["finished_at"],
      code: row["code"],
      message: row["message"], cleanedAt: row["cleaned_at"],
      wait: (row["waits_for"] as String?).flatMap(JobWait.Cause.init).map {
        JobWait($0, row["waits_detail"])
      },
      owner: (row["owner_uid"] as UInt32?).map { JobOwner(uid: $0, name: row["owner"]) })
  }

  func read<Value>(_ body: (Database) throws -> Value) throws(JobFailure) -> Value {
    do { return try database.read(body) } catch { throw Ledger.failure(error, path) }
  }

  /// The job of that name, the newest if there were several.
  package func job(named name: String) throws(JobFailure) -> Summary? {
    try read { db in
      try Row.fetchOne(
        db, sql: Self.summary + " WHERE name = ? ORDER BY claimed_at DESC, rowid DESC LIMIT 1",
        arguments: [name]
      ).map(Self.summary)
    }
  }

  /// Unfinished jobs in the order they will run, then the latest finished ones.
  package func jobs(finished limit: Int) throws(JobFailure) -> [Summary] {
    try read { db in
      let open = try Row.fetchAll(
        db,
        sql: Self.summary
          + " WHERE state IN ('queued', 'running') ORDER BY state DESC, priority DESC, claimed_at, rowid")
      // The index has the latest of either state; of both at once SQLite would sort the whole history.
      let closed = try Row.fetchAll(
        db,
        sql: Self.summary + """
           WHERE id IN (
            SELECT * FROM (SELECT id FROM jobs WHERE state = 'done' ORDER BY finished_at DESC LIMIT :limit)
            UNION ALL
            SELECT * FROM (SELECT id FROM jobs WHERE state = 'failed' ORDER BY finished_at DESC LIMIT :limit)
          ) ORDER BY finished_at DESC LIMIT :limit
          """, arguments: ["limit": limit])
      return (open + closed).map(Self.summary)
    }
  }

  /// All jobs of a kind that are done and not cleaned away, the latest first.
  package func done(kind: JobRequest.Kind) throws(JobFailure) -> [Summary] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: Self.summary
          + " WHERE state = 'done' AND kind = ? AND cleaned_at IS NULL ORDER BY finished_at DESC, id DESC",
        arguments: [kind.rawValue]
      ).map(Self.summary)
    }
  }

  /// The pictures of a job in the order they were made.
  package func images(of id: String) throws(JobFailure) -> [LedgerImage] {
    try read { db in
      try Row.fetchAll(db, sql: "SELECT * FROM images WHERE job_id = ? ORDER BY rowid", arguments: [id]).map {
        LedgerImage(
          file: $0["file"], prompt: $0["prompt"], seed: $0["seed"], height: $0["height"], width: $0["width"],
          score: $0["score"], sha256: $0["sha256"], seconds: $0["seconds"])
      }
    }
  }

  /// An attempt as `show` tells it.
  package struct Attempt: Sendable, Equatable, Codable {
    package var number: Int
    package var startedAt: String
    package var endedAt: String?
    package var outcome: String?
    package var code: String?
    package var message: String?

    enum CodingKeys: String, CodingKey {
      case number
      case startedAt = "started_at"
      case endedAt = "ended_at"
      case outcome, code, message
    }
  }

  package func attempts(of id: String) throws(JobFailure) -> [Attempt] {
    try read { db in
      try Row.fetchAll(db, sql: "SELECT * FROM attempts WHERE job_id = ? ORDER BY number", arguments: [id])
        .map {
          Attempt(
            number: $0["number"], startedAt: $0["started_at"], endedAt: $0["ended_at"],
            outcome: $0["outcome"],
            code: $0["code"], message: $0["message"])
        }
    }
  }
}
