import GRDB
import Jobs

/// Counts over the whole ledger.
package struct LedgerFigures: Sendable, Equatable {
  /// Of jobs by state.
  package var jobs: [JobState: Int] = [:]
  /// Of failed jobs by code.
  package var failures: [String: Int] = [:]
  /// Of ended attempts by outcome.
  package var attempts: [String: Int] = [:]

  package init() {}
}

extension Ledger {
  /// The counts; of a ledger that has not changed since they were taken, the same again without counting.
  package func figures() throws(JobFailure) -> LedgerFigures {
    try write { db in
      let changes = db.totalChangesCount
      if let counted = self.counted.withLock({ $0 }), counted.changes == changes { return counted.figures }
      var figures = LedgerFigures()
      for row in try Row.fetchAll(db, sql: "SELECT state, COUNT(*) AS count FROM jobs GROUP BY state") {
        if let state = JobState(rawValue: row["state"]) { figures.jobs[state] = row["count"] }
      }
      for row in try Row.fetchAll(
        db, sql: "SELECT code, COUNT(*) AS count FROM jobs WHERE code IS NOT NULL GROUP BY code")
      {
        figures.failures[row["code"]] = row["count"]
      }
      for row in try Row.fetchAll(
        db, sql: "SELECT outcome, COUNT(*) AS count FROM attempts WHERE outcome IS NOT NULL GROUP BY outcome")
      {
        figures.attempts[row["outcome"]] = row["count"]
      }
      self.counted.withLock { [figures] in $0 = (changes, figures) }
      return figures
    }
  }
}
