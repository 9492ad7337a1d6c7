import Foundation
import GRDB
import Glibc
import Jobs

extension Ledger {
  /// Brings the tables to this version's, after a copy of a file that has older ones.
  ///
  /// The copy lies beside the file, `<path>.schema-<n>`, `n` being the number of its last migration, and is synced before
  /// anything changes.
  ///
  /// - Throws: ``JobFailure`` `not_available` for a file of a later version, which is left as it is.
  static func upgrade(_ database: DatabasePool) throws {
    let (done, isComplete, isNewer) = try database.read {
      try (
        migrations.completedMigrations($0), migrations.hasCompletedMigrations($0),
        migrations.hasBeenSuperseded($0)
      )
    }
    guard !isNewer else {
      throw JobFailure(
        .notAvailable, "\(database.path) was written by a later version of scispool",
        hint: "Use that version, or put back the copy beside it that this version made.")
    }
    if let last = done.last, !isComplete {
      let copy = "\(database.path).schema-\(last.prefix { $0 != ":" })"
      let unfinished = "\(copy).tmp"
      unlink(unfinished)
      try database.vacuum(into: unfinished)
      try sync(unfinished)
      guard Glibc.rename(unfinished, copy) == 0 else { throw problem("rename", unfinished) }
      try sync(URL(filePath: copy).deletingLastPathComponent().path)
    }
    try migrations.migrate(database)
  }

  private static func sync(_ path: String) throws {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw problem("open", path) }
    defer { close(file) }
    // Some file systems cannot sync folders and say so.
    guard fsync(file) == 0 || errno == EINVAL else { throw problem("sync", path) }
  }

  private static func problem(_ verb: String, _ path: String) -> JobFailure {
    JobFailure(
      .cannotWrite, "cannot \(verb) \(path): \(String(cString: strerror(errno)))",
      hint: "The ledger is not upgraded without a copy of it: make room beside it.")
  }

  /// Whether it has what the published folders tell; a new file has not, until it was filled from them.
  package var isFilled: Bool {
    get throws(JobFailure) {
      try write { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 > 0 }
    }
  }

  package func noteFilled() throws(JobFailure) {
    try write { try $0.execute(sql: "PRAGMA user_version = 1") }
  }
}
