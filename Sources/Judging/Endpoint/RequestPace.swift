import Foundation
import Synchronization

/// Spaces the requests of all threads: so many a minute, and none while the server asks for a pause.
final class RequestPace: Sendable {
  private struct State {
    var next: ContinuousClock.Instant
    var pausedUntil: ContinuousClock.Instant
  }

  private let state: Mutex<State>
  private let interval: Duration
  private let clock = ContinuousClock()
  /// How late a cancellation may be noticed.
  private static let step = Duration.milliseconds(100)

  /// - Parameter requestsPerMinute: Nil for no limit.
  init(requestsPerMinute: Double?) {
    interval = requestsPerMinute.map { .seconds(60 / $0) } ?? .zero
    state = Mutex(State(next: clock.now, pausedUntil: clock.now))
  }

  /// Waits until a request may go.
  ///
  /// - Returns: False when it was cancelled.
  func waitForTurn(isCancelled: () -> Bool) -> Bool {
    while !isCancelled() {
      let wait = state.withLock { state -> Duration? in
        let (now, free) = (clock.now, max(state.next, state.pausedUntil))
        if free > now { return free - now }
        state.next = now + interval
        return nil
      }
      guard let wait else { return true }
      Self.sleep(min(wait, Self.step))
    }
    return false
  }

  /// Nobody asks for so many seconds.
  func pause(seconds: Double) {
    let end = clock.now + .seconds(seconds)
    state.withLock { $0.pausedUntil = max($0.pausedUntil, end) }
  }

  /// - Returns: False when it was cancelled.
  static func wait(seconds: Double, isCancelled: () -> Bool) -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while !isCancelled() {
      let rest = end - clock.now
      if rest <= .zero { return true }
      sleep(min(rest, step))
    }
    return false
  }

  private static func sleep(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    Thread.sleep(forTimeInterval: Double(seconds) + Double(attoseconds) * 1e-18)
  }
}
