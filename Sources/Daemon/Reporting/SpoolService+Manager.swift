import Foundation

/// What the service manager is told.
extension SpoolService {
  /// Seconds after which the serving loop turns at the latest, whether or not anything happens.
  var longestWait: Double { min(5, (options.manager?.watchdog ?? .infinity) / 4) }

  /// Says that the spool is served.
  func tellReady() {
    let status = self.status
    toldStatus = status
    options.manager?.send([("READY", "1"), ("STATUS", status)])
  }

  /// Says that it is about to end.
  func tellStopping() { options.manager?.send([("STOPPING", "1"), ("STATUS", "stopping at the next step")]) }

  /// One turn of the serving loop: a sign of life, when one is due, and the status, when it has changed.
  ///
  /// Nobody else sends signs of life: a loop that hangs is what the watchdog is for.
  func tellTurn() {
    guard let manager = options.manager else { return }
    if let watchdog = manager.watchdog {
      let now = SuspendingClock.now
      if lastSign.map({ (now - $0) / .seconds(1) >= watchdog / 5 }) ?? true {
        lastSign = now
        manager.send([("WATCHDOG", "1")])
      }
    }
    let status = self.status
    guard stops == 0, status != toldStatus else { return }
    // What was not taken is told at the next turn.
    if manager.send([("STATUS", status)]) { toldStatus = status }
  }

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
