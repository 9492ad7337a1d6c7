import Foundation

/// How much is kept of what jobs leave, in the outbox and in `failed/` each.
package struct Retention: Sendable, Equatable {
  /// Folders older than so many days go.
  package var days: Double?
  /// Of more folders than so many the oldest go.
  package var jobs: Int?
  /// Of more bytes than so many the oldest folders go.
  package var bytes: Int?
  /// Whether what nobody has marked as read goes, too.
  package var includesUnread = false

  package init() {}

  package var hasLimit: Bool { days != nil || jobs != nil || bytes != nil }

  /// What becomes of a folder that is beyond a limit.
  package enum Verdict: Sendable, Equatable {
    /// It goes, and why.
    case goes(String)
    case unread
    /// A job that waits or runs needs it: its name.
    case needed(by: String)
  }

  /// Judges the folders of one area.
  ///
  /// What has to stay counts towards the limits: younger folders make way for it.
  ///
  /// - Parameter jobs: The oldest first.
  /// - Returns: Those beyond a limit, in the same order.
  package func verdicts(
    on jobs: [StoredJob], at now: Date, need: (StoredJob) -> String?
  ) -> [(job: StoredJob, verdict: Verdict)] {
    var (count, total) = (jobs.count, jobs.reduce(0) { $0 + $1.bytes })
    var verdicts: [(job: StoredJob, verdict: Verdict)] = []
    for job in jobs {
      guard let reason = excess(job, count, total, now) else { continue }
      if let other = need(job) {
        verdicts.append((job, .needed(by: other)))
      } else if !job.isRead && !includesUnread {
        verdicts.append((job, .unread))
      } else {
        verdicts.append((job, .goes(reason)))
        count -= 1
        total -= job.bytes
      }
    }
    return verdicts
  }

  /// Which limit a folder is beyond.
  private func excess(_ job: StoredJob, _ count: Int, _ total: Int, _ now: Date) -> String? {
    if let days, now.timeIntervalSince(job.endedAt) > days * 86400 {
      return "older than \(days.formatted(.number.grouping(.never))) days"
    }
    if let jobs, count > jobs { return "more than \(jobs) jobs" }
    if let bytes, total > bytes { return "more than \(Self.size(bytes))" }
    return nil
  }

  /// Bytes as people read them: `3.2 GB`.
  package static func size(_ bytes: Int) -> String {
    let units = ["kB", "MB", "GB", "TB"]
    guard bytes >= 1000 else { return "\(bytes) B" }
    var (value, unit) = (Double(bytes) / 1000, 0)
    while value >= 999.95, unit + 1 < units.count { (value, unit) = (value / 1000, unit + 1) }
    return String(format: "%.1f ", value) + units[unit]
  }
}
