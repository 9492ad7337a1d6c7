import Foundation
import GRDB
import Jobs

/// What is recorded of people's requests, and of why jobs wait.
extension Ledger {
  /// Records why queued jobs wait, and of all others named that they wait for their turn alone.
  package func note(_ waits: [String: JobWait?]) throws(JobFailure) {
    try write { db in
      for (id, wait) in waits {
        try db.execute(
          sql: "UPDATE jobs SET waits_for = ?, waits_detail = ? WHERE id = ? AND state = 'queued'",
          arguments: [wait?.cause.rawValue, wait?.detail, id])
      }
    }
  }

  /// Forgets what an earlier daemon said of why jobs wait.
  package func forgetWaits() throws(JobFailure) {
    try write {
      try $0.execute(sql: "UPDATE jobs SET waits_for = NULL, waits_detail = NULL WHERE waits_for IS NOT NULL")
    }
  }

  /// Records something that was done to a job: `held`, `released`, `retried`.
  package func note(_ what: String, _ detail: String?, of id: String, at date: Date) throws(JobFailure) {
    try write { try Self.event($0, id, what, detail, date) }
  }

  /// How the newest job of a name stands, or the one with the id.
  package struct Outcome: Sendable, Equatable {
    package let state: JobState
    /// Of the failure.
    package let code: String?
  }

  package func outcome(ofJobNamed name: String, id: String?) throws(JobFailure) -> Outcome? {
    try write { db in
      try Row.fetchOne(
        db,
        sql: """
          SELECT state, code FROM jobs WHERE name = :name AND (:id IS NULL OR id = :id)
          ORDER BY claimed_at DESC, rowid DESC LIMIT 1
          """,
        arguments: ["name": name, "id": id]
      ).map { Outcome(state: JobState(rawValue: $0["state"]) ?? .queued, code: $0["code"]) }
    }
  }
}
