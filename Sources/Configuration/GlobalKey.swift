import Jobs

/// What a configuration says beside spools.
package enum GlobalKey: String, FieldNames {
  case defaultSpool = "default_spool"
  case maxRunningJobs = "max_running_jobs"
  case logLevel = "log_level"

  package var form: SettingForm {
    switch self {
    case .defaultSpool: .name
    case .maxRunningJobs: .integer(1...16)
    case .logLevel: .word(["info", "debug"])
    }
  }

  /// The variable that overrides it; that of the default spool is the one that all commands know.
  package var variable: String {
    self == .defaultSpool ? "SCISPOOL_SPOOL" : "SCISPOOL_" + rawValue.uppercased()
  }
}
