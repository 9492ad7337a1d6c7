import Foundation
import Threads

/// Work that waits for the disk on a thread of its own, while the one that serves the spool goes on: one piece at a time.
///
/// Everything here is called by the thread that serves the spool.
final class Errand<Outcome: Sendable> {
  private let name: String
  private let ends = Mailbox<Outcome>()
  private var isBegun = false
  private var outcome: Outcome?

  /// - Parameter name: Of the thread, of 15 bytes at most.
  init(_ name: String) { self.name = name }

  /// Whether nothing has been begun whose outcome was not taken yet.
  var isFree: Bool { !isBegun }

  /// Whether it is still being done.
  var isUnderWay: Bool {
    look(until: .distantPast)
    return isBegun && outcome == nil
  }

  /// Begins a piece of work.
  ///
  /// - Parameter tell: Called when it is done.
  func begin(_ work: @escaping @Sendable () -> Outcome, then tell: @escaping @Sendable () -> Void) {
    precondition(isFree, "\(name): the outcome of the last one has not been taken")
    isBegun = true
    let ends = ends
    let thread: @Sendable () -> Void = {
      ends.post(work())
      tell()
    }
    // Without a thread to spare it is done here.
    if !startHelper(name, thread) { thread() }
  }

  /// What has come of it; nil while it is under way, and when there is nothing.
  func take() -> Outcome? {
    look(until: .distantPast)
    guard let outcome else { return nil }
    (isBegun, self.outcome) = (false, nil)
    return outcome
  }

  /// Returns as soon as nothing is under way.
  func wait() { while isUnderWay { look(until: Date().addingTimeInterval(60)) } }

  private func look(until moment: Date) {
    guard isBegun, outcome == nil else { return }
    outcome = ends.take(until: moment).first
  }
}
