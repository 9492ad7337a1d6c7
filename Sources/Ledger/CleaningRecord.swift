import Foundation
import GRDB
import Jobs

/// Notes in the ledger whose folders a cleaning removed, beside a daemon that may be writing.
package final class CleaningRecord: Sendable {
  private let database: DatabaseQueue
  private let path: String

  /// - Returns: Nil when there is no ledger.
  /// - Throws: ``JobFailure`` `no_daemon` for a ledger of an earlier version, which the daemon upgrades at its start.
  package init?(path: String) throws(JobFailure) {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    self.path = path
    var configuration = GRDB.Configuration()
    configuration.busyMode = .timeout(10)
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
    let isCurrent: Bool
    do {
      database = try DatabaseQueue(path: path, configuration: configuration)
      isCurrent = try database.read(Ledger.migrations.hasCompletedMigrations)
    } catch { throw Ledger.failure(error, path) }
    guard isCurrent else {
      throw JobFailure(
        .noDaemon, "\(path) is of an earlier version",
        hint: "Start this version's daemon once: scispool serve.")
    }
  }

  /// Notes that a job's folder is gone; nothing happens to a job that the ledger does not know.
  package func note(_ id: String, at date: Date) throws(JobFailure) {
    do {
      try database.write { db in
        try db.execute(
          sql: """
            UPDATE jobs SET cleaned_at = ? WHERE id = ? AND cleaned_at IS NULL AND state IN ('done', 'failed')
            """,
          arguments: [Ledger.text(date), id])
        if db.changesCount == 1 { try Ledger.event(db, id, "cleaned", nil, date) }
      }
    } catch { throw Ledger.failure(error, path) }
  }
}
