import Foundation
import Glibc
import Jobs
import Ledger
import Spooling

/// What the spool promises, checked from its folders and its ledger.
extension TrialSpool {
  /// Broken promises about what anybody may see at any moment, a sentence each: a folder that has appeared is complete.
  package func halfPublished() -> [String] {
    var violations: [String] = []
    for (folder, file) in [(folders.outbox, "result.json"), (folders.failed, "error.json")] {
      for name in names(in: folder) {
        for needed in [file, "log.txt", ".job-id"] where access("\(folder.path)/\(name)/\(needed)", R_OK) != 0
        {
          violations.append("\(folder.lastPathComponent)/\(name) has no \(needed)")
        }
      }
    }
    return violations
  }

  /// Broken promises about a spool in which nothing is left to do: every job that was dropped has ended exactly once, and
  /// the ledger agrees with the folders.
  package func brokenPromises(dropped: Set<String>) throws(JobFailure) -> [String] {
    var violations = halfPublished()
    let done = Set(names(in: folders.outbox))
    let failed = Set(names(in: folders.failed))
    for name in dropped.sorted() where done.contains(name) == failed.contains(name) {
      violations.append("\(name) was published \(done.contains(name) ? "twice" : "never")")
    }
    for name in done.union(failed).subtracting(dropped).sorted() {
      violations.append("\(name) was published and never dropped")
    }
    for folder in [folders.inbox, folders.active] {
      for name in names(in: folder) { violations.append("\(folder.lastPathComponent)/\(name) is left") }
    }
    let rows = try Ledger.reading(path: folders.ledger.path).jobs(finished: 2 * dropped.count)
    if rows.count != dropped.count {
      violations.append("the ledger has \(rows.count) jobs of \(dropped.count)")
    }
    for row in rows {
      let agrees =
        switch row.state {
        case .done: done.contains(row.name)
        case .failed: failed.contains(row.name)
        case .queued, .running: false
        }
      if !agrees { violations.append("the ledger says that \(row.name) is \(row.state.rawValue)") }
    }
    return violations
  }
}
