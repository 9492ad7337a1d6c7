import GRDB
import Jobs

extension Ledger {
  /// What the record says of a job at the daemon's start.
  package struct Standing: Sendable, Equatable {
    package var state: JobState
    package var attempts = 0
    /// Of every attempt that crashed, in order, the first step that it told of; nil for one that came to none.
    package var crashes: [Int?] = []
    /// Attempts that failed for a reason worth trying again.
    package var failures = 0
    /// How many attempts in a row, up to the last that has ended, ended with the daemon.
    package var interruptions = 0
    /// The attempt that never ended, if any.
    package var openAttempt: Int?
    /// In which run of the machine that attempt was begun.
    package var openBootID: String?
  }

  package func standing(of id: String) throws(JobFailure) -> Standing? {
    try write { db in
      guard let state = try String.fetchOne(db, sql: "SELECT state FROM jobs WHERE id = ?", arguments: [id])
      else { return nil }
      var standing = Standing(state: JobState(rawValue: state) ?? .queued)
      let rows = try Row.fetchCursor(
        db,
        sql:
          "SELECT number, outcome, code, boot_id, first_step FROM attempts WHERE job_id = ? ORDER BY number",
        arguments: [id])
      while let row = try rows.next() {
        standing.attempts += 1
        let end = (row["outcome"] as String?).flatMap(AttemptEnd.init)
        if end == .requeued, (row["code"] as String?) != nil {
          standing.interruptions += 1
        } else if end != nil {
          standing.interruptions = 0
        }
        switch end {
        case .crashed: standing.crashes.append(row["first_step"])
        case .failed: standing.failures += 1
        case .done, .requeued: break
        case nil:
          standing.openAttempt = row["number"]
          standing.openBootID = row["boot_id"]
        }
      }
      return standing
    }
  }
}
