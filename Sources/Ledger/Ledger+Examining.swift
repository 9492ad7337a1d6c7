import Foundation
import GRDB
import Jobs

extension LedgerReader {
  /// What is to be known of the file's health.
  package struct Health: Sendable, Equatable {
    /// Of the SQLite library in use.
    package let version: String
    /// The time of the newest entry; RFC 3339.
    package let newest: String?
  }

  /// Checks the whole file.
  ///
  /// - Throws: ``JobFailure`` `bad_input` when it is damaged.
  package func examine() throws(JobFailure) -> Health {
    try read { db in
      let verdict = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? ""
      guard verdict == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: verdict) }
      return Health(
        version: try String.fetchOne(db, sql: "SELECT sqlite_version()") ?? "",
        newest: try String.fetchOne(db, sql: "SELECT MAX(at) FROM events"))
    }
  }
}
