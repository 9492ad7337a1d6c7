extension JobFailure {
  /// The stable names of failures; `error.json` and the ledger store the raw values.
  package enum Code: String, Sendable, Codable, CaseIterable {
    // The job file cannot be read as a job.
    case notJSON = "not_json"
    case truncated = "truncated"
    case empty = "empty"
    case tooLarge = "too_large"
    case notAFile = "not_a_file"

    // The job file is JSON, but says something that cannot be done.
    case unknownKind = "unknown_kind"
    case notAvailable = "not_available"
    case unknownField = "unknown_field"
    case missingField = "missing_field"
    case wrongType = "wrong_type"
    case outOfRange = "out_of_range"
    case conflict = "conflict"

    // The files that a job names.
    case badPath = "bad_path"
    case outsideSpool = "outside_spool"
    case missingInput = "missing_input"
    case badInput = "bad_input"

    // The job in its queue.
    case deadlinePassed = "deadline_passed"
    case timedOut = "timed_out"
    case cancelled = "cancelled"
    case dependencyFailed = "dependency_failed"
    case duplicate = "duplicate"
    /// Of a matrix.
    case childFailed = "child_failed"

    // The machine, and us.
    case noDaemon = "no_daemon"
    case cannotWrite = "cannot_write"
    case diskFull = "disk_full"
    case outOfMemory = "out_of_memory"
    case busy = "busy"
    case workerDied = "worker_died"
    case usage = "usage"
    case internalError = "internal_error"
  }
}

extension JobFailure.Code {
  /// What the daemon does with a job that fails so, unless the failure says otherwise.
  package var disposition: JobFailure.Disposition {
    switch self {
    case .diskFull: .hold
    case .cannotWrite, .outOfMemory, .busy, .workerDied, .noDaemon: .retry
    case .internalError, .notAFile: .quarantine
    default: .reject
    }
  }

  /// The exit code of the command that meets the failure, from sysexits.h.
  package var exitCode: Int32 {
    switch self {
    case .usage: 64
    case .missingInput: 66
    case .noDaemon: 69
    case .internalError, .workerDied: 70
    case .cannotWrite, .diskFull: 73
    case .outOfMemory, .busy, .timedOut, .cancelled: 75
    default: 65
    }
  }
}
