import Foundation
import Glibc
import Jobs
import Ledger
import Spooling

/// Makes room: removes published folders beyond the limits of a ``Retention``, and notes it in the ledger.
///
/// It works beside a daemon, which it need not ask: a published folder is nobody's work any more. Of two cleanings at a
/// time the second does nothing.
package struct SpoolCleaning {
  private let folders: SpoolFolders
  private let retention: Retention
  private let areas: [StoredJob.Area]
  private let files: FileSystem

  package init(
    _ folders: SpoolFolders, _ retention: Retention, areas: [StoredJob.Area] = StoredJob.Area.allCases,
    files: FileSystem = .system
  ) {
    (self.folders, self.retention, self.areas, self.files) = (folders, retention, areas, files)
  }

  /// What a cleaning did, or would do.
  package struct Report: Sendable {
    /// What goes, and why.
    package var removed: [(job: StoredJob, reason: String)] = []
    package var unread: [StoredJob] = []
    /// What stays for a job's sake, and the job.
    package var needed: [(job: StoredJob, by: String)] = []
    /// What could not be removed.
    package var failures: [JobFailure] = []

    package var bytes: Int { removed.reduce(0) { $0 + $1.job.bytes } }
  }

  /// - Parameter isRehearsal: Whether nothing is to be changed.
  /// - Throws: ``JobFailure``: `usage` without a limit, `busy` while another cleaning is at work, `cannot_write`; nothing
  ///   has been removed then.
  package func run(at now: Date, isRehearsal: Bool) throws(JobFailure) -> Report {
    guard retention.hasLimit else {
      throw JobFailure(.usage, "nothing says what is to be kept", hint: "Give a limit: days, jobs or bytes.")
    }
    var report = Report()
    if isRehearsal {
      try judge(at: now, into: &report)
      return report
    }
    let lock = try Self.lock(folders)
    defer { close(lock) }
    let record = try CleaningRecord(path: folders.ledger.path)
    let trash = Trash(folders, files: files)
    for (place, id) in trash.rest() {
      do throws(JobFailure) {
        if let id { try record?.note(id, at: now) }
        try trash.remove(place)
      } catch { report.failures.append(error) }
    }
    try judge(at: now, into: &report)
    let due = report.removed
    report.removed = []
    for (job, reason) in due {
      do throws(JobFailure) {
        guard let place = try trash.take(job) else { continue }
        // Noted before its mark can be gone: what a crash leaves in the trash, the next cleaning still knows.
        try record?.note(job.id, at: now)
        try trash.remove(place)
        report.removed.append((job, reason))
      } catch {
        report.failures.append(error)
      }
    }
    return report
  }

  private func judge(at now: Date, into report: inout Report) throws(JobFailure) {
    let needs = try FolderNeeds(in: folders)
    for area in areas {
      let jobs = try StoredJob.all(in: area, of: folders)
      for (job, verdict) in retention.verdicts(on: jobs, at: now, need: needs.need) {
        switch verdict {
        case .goes(let reason): report.removed.append((job, reason))
        case .unread: report.unread.append(job)
        case .needed(let other): report.needed.append((job, other))
        }
      }
    }
  }

  /// Released when it is closed, or the process ends.
  private static func lock(_ folders: SpoolFolders) throws(JobFailure) -> Int32 {
    let path = folders.root.appending(path: ".clean.lock").path
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard file >= 0 else {
      throw JobFailure(
        .cannotWrite, "cannot write \(path): \(String(cString: strerror(errno)))",
        hint: "Clean as the daemon's user.")
    }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      close(file)
      throw JobFailure(.busy, "another cleaning of \(folders.root.path) is at work")
    }
    return file
  }
}
