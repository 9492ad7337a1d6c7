import Foundation
import GRDB
import Jobs

/// What happened lately.
package struct LatestJobs: Sendable, Equatable {
  /// A job that has ended.
  package struct Job: Sendable, Equatable {
    package var name: String
    package var kind: String?
    /// RFC 3339.
    package var finishedAt: String
    /// Of the failure.
    package var code: String?
    package var message: String?
    /// How many pictures it drew or scored, and the file of the first.
    package var images = 0
    package var firstImage: String?

    package init(name: String, kind: String?, finishedAt: String) {
      (self.name, self.kind, self.finishedAt) = (name, kind, finishedAt)
    }
  }

  /// How much was done in a span of time.
  package struct Throughput: Sendable, Equatable, Encodable {
    package var done = 0
    package var failed = 0
    package var images = 0

    package init(done: Int = 0, failed: Int = 0, images: Int = 0) {
      (self.done, self.failed, self.images) = (done, failed, images)
    }
  }

  /// The latest first; without those whose folders were cleaned away.
  package var done: [Job] = []
  package var failed: [Job] = []
  package var lastHour = Throughput()
  package var lastDay = Throughput()

  package init() {}
}

extension Ledger {
  /// - Parameter limit: How many jobs of either end.
  package func latest(_ limit: Int, at now: Date) throws(JobFailure) -> LatestJobs {
    try write { db in
      var latest = LatestJobs()
      latest.done = try Self.latest(.done, limit, db)
      latest.failed = try Self.latest(.failed, limit, db)
      latest.lastHour = try Self.throughput(since: now.addingTimeInterval(-3600), db)
      latest.lastDay = try lastDay(db, at: now)
      return latest
    }
  }

  /// The day before a moment, as it was counted last while that is true enough.
  ///
  /// A day may be a hundred thousand jobs, which take a twentieth of a second to count, and pages are made every few seconds:
  /// counting may take a thousandth of the time, a fifth of that while nothing happens.
  private func lastDay(_ db: Database, at now: Date) throws -> LatestJobs.Throughput {
    let changes = db.totalChangesCount
    if let known = dayCounted.withLock({ $0 }) {
      let age = abs(now.timeIntervalSince(known.date))
      if age < known.seconds * (known.changes == changes ? 5000 : 1000) { return known.throughput }
    }
    let began = ContinuousClock.now
    let throughput = try Self.throughput(since: now.addingTimeInterval(-86400), db)
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    // What is counted in a moment is counted every time.
    dayCounted.withLock { $0 = seconds < 0.005 ? nil : (changes, now, seconds, throughput) }
    return throughput
  }

  private static func latest(_ state: JobState, _ limit: Int, _ db: Database) throws -> [LatestJobs.Job] {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT name, kind, finished_at, code, message,
          (SELECT COUNT(*) FROM images WHERE job_id = jobs.id) AS images,
          (SELECT file FROM images WHERE job_id = jobs.id ORDER BY rowid LIMIT 1) AS first_image
        FROM jobs WHERE state = ? AND cleaned_at IS NULL ORDER BY finished_at DESC LIMIT ?
        """, arguments: [state.rawValue, limit])
    return rows.map { row in
      var job = LatestJobs.Job(name: row["name"], kind: row["kind"], finishedAt: row["finished_at"])
      job.code = row["code"]
      job.message = row["message"]
      job.images = row["images"]
      job.firstImage = row["first_image"]
      return job
    }
  }

  static func throughput(since date: Date, _ db: Database) throws -> LatestJobs.Throughput {
    let row = try Row.fetchOne(
      db,
      sql: """
        SELECT
          (SELECT COUNT(*) FROM jobs WHERE state = 'done' AND finished_at >= :date) AS done,
          (SELECT COUNT(*) FROM jobs WHERE state = 'failed' AND finished_at >= :date) AS failed,
          (SELECT COUNT(*) FROM images JOIN jobs ON jobs.id = job_id
            WHERE jobs.state = 'done' AND jobs.finished_at >= :date) AS images
        """, arguments: ["date": text(date)])!
    return LatestJobs.Throughput(done: row["done"], failed: row["failed"], images: row["images"])
  }
}
