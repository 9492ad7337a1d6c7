import Foundation
import Jobs

/// The folders of one spool, by the names that users and scripts rely on.
///
/// All of them lie on one file system: every step of a job's life is a rename between them.
package struct SpoolFolders: Sendable, Equatable {
  package let root: URL

  package init(root: URL) { self.root = root.standardizedFileURL }

  /// Where job files are dropped.
  package var inbox: URL { root.appending(path: "inbox", directoryHint: .isDirectory) }
  /// Claimed jobs, waiting or running; a folder each, named by the job's id.
  package var active: URL { root.appending(path: "active", directoryHint: .isDirectory) }
  /// Finished jobs.
  package var outbox: URL { root.appending(path: "outbox", directoryHint: .isDirectory) }
  /// Refused and failed jobs.
  package var failed: URL { root.appending(path: "failed", directoryHint: .isDirectory) }
  /// Requests about jobs; see ``ControlBox``.
  package var control: URL { root.appending(path: "control", directoryHint: .isDirectory) }
  package var answers: URL { control.appending(path: "answers", directoryHint: .isDirectory) }
  package var models: URL { root.appending(path: "models", directoryHint: .isDirectory) }
  /// How the spool stands, for browsers.
  package var page: URL { root.appending(path: "status.html") }
  package var ledger: URL { root.appending(path: "ledger.sqlite") }
  /// Locked by the daemon that serves the spool.
  package var lock: URL { root.appending(path: ".daemon.lock") }

  /// The names of the folders in a root that belong to its spool; those that begin with a full stop do, too.
  package static let names: Set = ["inbox", "active", "outbox", "failed", "control", "models", "datasets"]

  /// Makes the folders that are missing and checks that renames between them can work.
  ///
  /// - Throws: ``JobFailure`` `cannot_write` naming the folder.
  package func prepare(files: FileSystem = .system) throws(JobFailure) {
    for folder in [root, inbox, active, outbox, failed, control, answers, models] {
      try files.makeFolder(folder)
    }
    let device = try files.device(of: root)
    for folder in [inbox, active, outbox, failed] where try files.device(of: folder) != device {
      throw JobFailure(
        .cannotWrite, "\(folder.path) lies on another file system than \(root.path)",
        hint:
          "Finished work is published by a rename, which cannot cross file systems: put the whole spool on one."
      )
    }
  }
}
