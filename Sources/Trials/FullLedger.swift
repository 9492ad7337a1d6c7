import Foundation
import GRDB
import Jobs
import Ledger

/// Writes a history of finished jobs into a ledger, as if a daemon had been at work for long.
package enum FullLedger {
  /// One in ten failed; each has an attempt, three events and, when it is done, a picture. A second lies between two.
  package static func write(jobs: Int, to path: String) throws {
    _ = try Ledger(path: path)
    let database = try DatabaseQueue(path: path)
    try database.write { db in
      for statement in statements { try db.execute(sql: statement, arguments: ["jobs": jobs]) }
      try db.execute(sql: "PRAGMA user_version = 1")
    }
    try database.close()
  }

  private static let numbers =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :jobs)"
  private static let id = "printf('00000000-0000-0000-0000-%012d', i)"
  private static let time =
    "strftime('%Y-%m-%dT%H:%M:%f', 'now', printf('-%d seconds', :jobs - i + 60)) || 'Z'"

  private static let statements = [
    """
    \(numbers) INSERT INTO jobs (id, name, file_name, kind, state, claimed_at, finished_at, code, message)
    SELECT \(id), 'job-' || i, 'job-' || i || '.json', 'score', iif(i % 10, 'done', 'failed'), \(time), \(time),
      iif(i % 10, NULL, 'bad_input'), iif(i % 10, NULL, 'no') FROM n
    """,
    """
    \(numbers) INSERT INTO attempts (job_id, number, worker_pid, started_at, ended_at, outcome)
    SELECT \(id), 1, 1, \(time), \(time), iif(i % 10, 'done', 'failed') FROM n
    """,
    """
    \(numbers), w(what) AS (VALUES ('claimed'), ('started'), ('published'))
    INSERT INTO events (job_id, at, what) SELECT \(id), \(time), what FROM n, w
    """,
    """
    \(numbers) INSERT INTO images (job_id, file, prompt, score)
    SELECT \(id), 'images/0.png', 'prompt ' || i % 1000, i % 30 FROM n WHERE i % 10
    """,
  ]
}
