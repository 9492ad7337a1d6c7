import Jobs

/// What a configuration may say of a spool, by the names that its file has.
package enum SettingKey: String, FieldNames {
  case priority
  case allowedRoots = "allowed_roots"
  case maxJobsPerOwner = "max_jobs_per_owner"
  case maxBytesPerOwner = "max_bytes_per_owner"
  case memoryLimit = "memory_limit"
  case hook
  case hookTimeout = "hook_timeout_seconds"
  case metricsFile = "metrics_file"
  case heartbeatTimeout = "heartbeat_timeout_seconds"
  case rescan = "rescan_seconds"
  case quietWindow = "quiet_window_seconds"
  case stopGrace = "stop_grace_seconds"
  case statusPage = "status_page_seconds"
  case keepDays = "keep_days"
  case keepJobs = "keep_jobs"
  case keepBytes = "keep_bytes"
  case includeUnread = "include_unread"

  /// The form of its values.
  package var form: SettingForm {
    switch self {
    case .priority: .integer(-100...100)
    case .allowedRoots: .paths
    case .maxJobsPerOwner: .integer(1...1_000_000_000)
    case .maxBytesPerOwner, .memoryLimit: .size
    case .hook, .metricsFile: .path
    case .hookTimeout: .number(1...86400)
    case .heartbeatTimeout: .number(0.1...86400)
    case .rescan: .number(0.1...86400)
    case .quietWindow, .stopGrace, .statusPage: .number(0...86400)
    case .keepDays: .number(0...36500)
    case .keepJobs: .integer(0...1_000_000_000)
    case .keepBytes: .size
    case .includeUnread: .flag
    }
  }

  /// What holds when nobody says anything.
  package var standard: SettingValue {
    switch self {
    case .priority: .integer(0)
    case .allowedRoots: .texts([])
    case .maxJobsPerOwner, .maxBytesPerOwner, .memoryLimit, .hook, .metricsFile, .keepDays, .keepJobs,
      .keepBytes:
      .none
    case .hookTimeout, .heartbeatTimeout, .stopGrace: .number(60)
    case .rescan: .number(30)
    case .quietWindow: .number(2)
    case .statusPage: .number(3)
    case .includeUnread: .flag(false)
    }
  }

  /// The variable that overrides it for every spool.
  package var variable: String { "SCISPOOL_" + rawValue.uppercased() }
}
