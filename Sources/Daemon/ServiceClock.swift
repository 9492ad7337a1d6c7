import Foundation

/// The time by which a spool is served: the machine's, or in trials one that passes faster.
///
/// Signs of life, and the time that a worker has to end with the daemon, are by the machine's in any case.
package struct ServiceClock: Sendable {
  private let began = Date()
  private let speed: Double

  /// - Parameter speed: Seconds that pass in one of the machine's.
  package init(speed: Double = 1) {
    precondition(speed >= 1, "time passes \(speed) times as fast")
    self.speed = speed
  }

  package var now: Date {
    speed == 1 ? Date() : began.addingTimeInterval(Date().timeIntervalSince(began) * speed)
  }

  /// When it is so late by the machine's clock.
  func machineTime(of moment: Date) -> Date {
    speed == 1 ? moment : began.addingTimeInterval(moment.timeIntervalSince(began) / speed)
  }
}
