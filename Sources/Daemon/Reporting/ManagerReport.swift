import Foundation
import Synchronization

/// What the service manager is told of all spools that one process serves.
///
/// It is ready once every spool is served or said to be unfit. Nobody but the serving loops gives signs of life, and all of
/// them have to: a loop that hangs is what the watchdog is for.
package final class ManagerReport: Sendable {
  private struct Spool {
    var status = ""
    var isReady = false
    /// Whether it has no loop that could turn.
    var isUnfit = false
    /// Whether the loop has turned since the last sign of life.
    var hasTurned = false
  }

  private struct State {
    var labels: [String]
    var spools: [String: Spool]
    var isReady = false
    var told = ""
    var lastSign: SuspendingClock.Instant?
  }

  private let socket: ManagerSocket
  private let state: Mutex<State>

  /// Seconds without a sign of life after which the manager kills the daemon; nil when it does not watch.
  package var watchdog: Double? { socket.watchdog }

  /// - Parameter spools: The labels of those that are going to be served; one that is alone needs none.
  package init(_ socket: ManagerSocket, spools: [String] = []) {
    self.socket = socket
    let known = Dictionary(spools.map { ($0, Spool()) }) { first, _ in first }
    state = Mutex(State(labels: spools, spools: known))
  }

  func ready(_ label: String, _ status: String) {
    note(label) { $0 = Spool(status: status, isReady: true) }
  }

  /// The spool is not served for the time being, and why.
  func unfit(_ label: String, _ reason: String) {
    note(label) { $0 = Spool(status: reason, isReady: true, isUnfit: true, hasTurned: true) }
  }

  /// One turn of a serving loop.
  ///
  /// - Parameter status: Nil when there is nothing more to say of it.
  func turned(_ label: String, _ status: String?) {
    note(label) {
      $0.hasTurned = true
      if let status { $0.status = status }
    }
  }

  /// The spool is no longer served.
  func remove(_ label: String) {
    state.withLock {
      $0.spools[label] = nil
      $0.labels.removeAll { $0 == label }
    }
  }

  func stopping() {
    state.withLock { _ in
      _ = socket.send([("STOPPING", "1"), ("STATUS", "stopping at the next step")])
    }
  }

  private func note(_ label: String, _ change: (inout Spool) -> Void) {
    state.withLock { state in
      if state.spools[label] == nil { state.labels.append(label) }
      change(&state.spools[label, default: Spool()])
      tell(&state)
    }
  }

  private func tell(_ state: inout State) {
    guard state.spools.values.allSatisfy(\.isReady) else { return }
    let status = Self.status(state)
    if !state.isReady {
      state.isReady = true
      state.told = status
      socket.send([("READY", "1"), ("STATUS", status)])
      return
    }
    giveSign(&state)
    // What was not taken is told at the next turn.
    if status != state.told, socket.send([("STATUS", status)]) { state.told = status }
  }

  private func giveSign(_ state: inout State) {
    guard let watchdog, state.spools.values.allSatisfy(\.hasTurned) else { return }
    let now = SuspendingClock.now
    guard state.lastSign.map({ (now - $0) / .seconds(1) >= watchdog / 5 }) ?? true else { return }
    state.lastSign = now
    for (label, spool) in state.spools where !spool.isUnfit { state.spools[label]?.hasTurned = false }
    socket.send([("WATCHDOG", "1")])
  }

  private static func status(_ state: State) -> String {
    guard state.labels.count > 1 else { return state.spools.values.first?.status ?? "" }
    return state.labels.map { "\($0): \(state.spools[$0]?.status ?? "")" }.joined(separator: " | ")
  }
}
