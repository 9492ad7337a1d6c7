import Foundation

/// How long a job pauses before its next attempt, by what went wrong.
package struct Backoff: Sendable, Equatable {
  package enum Fault: Sendable, CaseIterable {
    /// The worker died.
    case crash
    case outOfMemory
    /// A folder that cannot be written, a file that is locked.
    case machine
  }

  /// Seconds of the first pause; each further one is twice as long.
  package var crash = 5.0
  package var outOfMemory = 30.0
  package var machine = 1.0
  /// Seconds until it is looked again whether there is memory for a job; it has not failed.
  package var memory = 5.0
  /// Seconds that no pause exceeds by more than the jitter.
  package var limit = 600.0

  package init() {}

  /// - Parameters:
  ///   - count: Faults so far, from 1.
  ///   - jitter: 0..<1; lengthens the pause by up to a quarter, so that jobs that failed together do not return together.
  package func pause(after fault: Fault, count: Int, jitter: Double) -> TimeInterval {
    let first =
      switch fault {
      case .crash: crash
      case .outOfMemory: outOfMemory
      case .machine: machine
      }
    return min(limit, first * pow(2, Double(max(0, count - 1)))) * (1 + jitter / 4)
  }
}
