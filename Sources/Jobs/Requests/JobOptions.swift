import Foundation

/// What every job may say, whatever its kind: when it runs, how often it is tried, what it waits for.
package struct JobOptions: Sendable, Equatable {
  /// Higher runs first; −100…100.
  package var priority = 0
  package var notBefore: Date?
  /// A job that has not started by then fails.
  package var deadline: Date?
  /// Seconds an attempt may take; nil for no limit.
  package var timeout: Double?
  package var onTimeout = OnTimeout.fail
  package var maxAttempts = 3
  /// Names of jobs that must be done first.
  package var after: [String] = []
  /// Of the jobs with equal keys, at most one waits or runs.
  package var uniqueKey: String?
  package var onConflict = OnConflict.skip
  /// Notes for people and scripts; carried through to the result.
  package var labels: [String: String] = [:]

  package init() {}

  /// What happens to a job whose `unique_key` is already waiting or running.
  package enum OnConflict: String, Sendable, Codable, CaseIterable {
    /// The newcomer is not run.
    case skip
    /// The newcomer takes the place of one that waits; one that runs is cancelled.
    case replace
    /// The newcomer waits its turn.
    case queue
  }

  /// What becomes of a job whose attempt takes longer than `timeout`, once it has come to its next step.
  package enum OnTimeout: String, Sendable, Codable, CaseIterable {
    case fail
    /// It waits again, behind others of its priority, and goes on from what it has done.
    case requeue
  }

  package enum Field: String, FieldNames, CodingKey {
    case kind, priority
    case notBefore = "not_before"
    case deadline, timeout
    case onTimeout = "on_timeout"
    case maxAttempts = "max_attempts"
    case after
    case uniqueKey = "unique_key"
    case onConflict = "on_conflict"
    case labels
    /// Read by ``JobMatrix``; one job has none.
    case matrix
  }

  init(reading fields: FieldReader<Field>) {
    priority = fields.integer(.priority, in: -100...100) ?? priority
    notBefore = fields.date(.notBefore)
    deadline = fields.date(.deadline)
    timeout = fields.number(.timeout, in: 1...31_536_000)
    onTimeout = fields.choice(.onTimeout, of: OnTimeout.self) ?? onTimeout
    maxAttempts = fields.integer(.maxAttempts, in: 1...100) ?? maxAttempts
    after = fields.strings(.after, count: 0...1000, limit: 255) ?? after
    uniqueKey = fields.string(.uniqueKey, limit: 255)
    onConflict = fields.choice(.onConflict, of: OnConflict.self) ?? onConflict
    labels = fields.textsByName(.labels, count: 100) ?? labels

    for name in after where name.contains("/") || [".", ".."].contains(name) {
      fields.report(.outOfRange, .after, "\(name.quotedForMessage()) is not a job's name")
    }
    if let notBefore, let deadline, deadline <= notBefore {
      fields.report(.conflict, .deadline, "is not later than not_before")
    }
    if fields.has(.onTimeout) && !fields.has(.timeout) {
      fields.report(.conflict, .onTimeout, "means nothing without timeout")
    }
    if fields.has(.matrix) {
      fields.report(
        .conflict, .matrix, "makes several jobs of this file, which is for a daemon",
        hint: "Drop it into the inbox of a spool: `scispool submit FILE --spool DIR`.")
    }
    if fields.has(.onConflict) && !fields.has(.uniqueKey) {
      fields.report(.conflict, .onConflict, "means nothing without unique_key")
    }
  }
}

extension JobOptions: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(priority, forKey: .priority)
    try fields.encodeIfPresent(notBefore, forKey: .notBefore)
    try fields.encodeIfPresent(deadline, forKey: .deadline)
    if let timeout {
      try fields.encode(timeout, forKey: .timeout)
      try fields.encode(onTimeout, forKey: .onTimeout)
    }
    try fields.encode(maxAttempts, forKey: .maxAttempts)
    try fields.encode(after, forKey: .after)
    if let uniqueKey {
      try fields.encode(uniqueKey, forKey: .uniqueKey)
      try fields.encode(onConflict, forKey: .onConflict)
    }
    try fields.encode(labels, forKey: .labels)
  }
}
