import Foundation
import GRDB
import Jobs

extension LedgerReader {
  /// The attempt that has not ended.
  package struct Running: Sendable, Equatable {
    package let id: String
    package let name: String
    package let kind: String?
    package let attempt: Int
    /// RFC 3339.
    package let startedAt: String
    /// Of the process that was given the job.
    package let worker: Int?
  }

  /// The attempt that runs, or was left open by a daemon that is gone.
  package func running() throws(JobFailure) -> Running? {
    try read { db in
      try Row.fetchOne(
        db,
        sql: """
          SELECT jobs.id, name, kind, number, started_at, worker_pid FROM attempts
          JOIN jobs ON jobs.id = job_id WHERE ended_at IS NULL ORDER BY started_at DESC LIMIT 1
          """
      ).map {
        Running(
          id: $0["id"], name: $0["name"], kind: $0["kind"], attempt: $0["number"],
          startedAt: $0["started_at"],
          worker: $0["worker_pid"])
      }
    }
  }

  /// How many jobs wait, and the first of them in the order of their own priorities.
  package func waiting(_ limit: Int) throws(JobFailure) -> (count: Int, first: [Summary]) {
    try read { db in
      let count = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM jobs WHERE state = 'queued'") ?? 0
      let rows = try Row.fetchAll(
        db,
        sql: Self.summary + " WHERE state = 'queued' ORDER BY priority DESC, claimed_at, rowid LIMIT ?",
        arguments: [limit])
      return (count, rows.map(Self.summary))
    }
  }

  /// What was done in the hour and in the day before a moment.
  package func throughput(before now: Date) throws(JobFailure) -> (
    hour: LatestJobs.Throughput, day: LatestJobs.Throughput
  ) {
    try read { db in
      (
        try Ledger.throughput(since: now.addingTimeInterval(-3600), db),
        try Ledger.throughput(since: now.addingTimeInterval(-86400), db)
      )
    }
  }
}
