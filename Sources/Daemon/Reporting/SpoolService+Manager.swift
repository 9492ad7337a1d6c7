import Foundation

/// What the service manager is told.
extension SpoolService {
  /// Seconds after which the serving loop turns at the latest, whether or not anything happens.
  var longestWait: Double { min(5, (options.manager?.watchdog ?? .infinity) / 4) }

  /// Says that the spool is served.
  func tellReady() { options.manager?.ready(options.label, status) }

  /// Says that it is about to end.
  func tellStopping() { options.manager?.stopping() }

  /// One turn of the serving loop: a sign of life, and the status.
  func tellTurn() { options.manager?.turned(options.label, stops == 0 ? status : nil) }

  private var status: String {
    let doing =
      if let attempt {
        "runs \(attempt.entry.claim.name)"
      } else if held != nil {
        "no job starts: the ledger cannot be written"
      } else if let pause {
        "paused: \(pause.reason)"
      } else {
        "idle"
      }
    let waiting = queue.waiting.isEmpty ? "" : "; \(queue.waiting.count) waiting"
    return "\(degradation.map { "degraded: \($0.reason); " } ?? "")\(doing)\(waiting)"
  }
}
