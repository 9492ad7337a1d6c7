import Foundation
import Synchronization

/// The right to compute, shared out among the spools of one process: so many jobs run at a time, whichever spools they are
/// of.
///
/// A spool asks with its best job whenever it could start one; the best of all jobs that are known to wait goes first. Who
/// does not get the right is told when it may be there, and asks again.
package final class ComputingTurns: Sendable {
  /// The best job of a spool that waits, or the one that runs.
  package struct Bid: Sendable, Equatable {
    package let rank: Double
    package let isBackground: Bool
    /// Of two equal ranks the earlier goes first.
    package let since: Date

    package init(rank: Double, isBackground: Bool, since: Date) {
      (self.rank, self.isBackground, self.since) = (rank, isBackground, since)
    }

    func goesBefore(_ other: Bid) -> Bool { rank != other.rank ? rank > other.rank : since < other.since }
  }

  private struct Place {
    var bid: Bid?
    var running: Bid?
    var mustYield = false
    var mustLetGo = false
    var wake: @Sendable () -> Void = {}
  }

  private struct State {
    var limit: Int
    var next = 0
    var places: [Int: Place] = [:]

    var runningCount: Int { places.values.count { $0.running != nil } }

    /// Those that wait, the best first.
    var bids: [(key: Int, bid: Bid)] {
      places.compactMap { key, place in place.bid.map { (key: key, bid: $0) } }
        .sorted { $0.bid == $1.bid ? $0.key < $1.key : $0.bid.goesBefore($1.bid) }
    }
  }

  private let state: Mutex<State>

  /// - Parameter limit: How many jobs run at a time, from 1.
  package init(limit: Int) { state = Mutex(State(limit: limit)) }

  package func set(limit: Int) {
    let wakes = state.withLock { state -> [@Sendable () -> Void] in
      state.limit = limit
      return state.places.values.map(\.wake)
    }
    for wake in wakes { wake() }
  }

  /// A spool's place among those that share the right.
  package func seat() -> Seat {
    let key = state.withLock { state -> Int in
      state.next += 1
      state.places[state.next] = Place()
      return state.next
    }
    return Seat(turns: self, key: key)
  }

  package final class Seat: Sendable {
    private let turns: ComputingTurns
    private let key: Int

    fileprivate init(turns: ComputingTurns, key: Int) { (self.turns, self.key) = (turns, key) }

    deinit { leave() }

    /// What is called, on any thread, when there is something to ask or to look at.
    func onChange(_ wake: @escaping @Sendable () -> Void) {
      turns.state.withLock { $0.places[key, default: Place()].wake = wake }
    }

    /// Asks for the right for the best job that could start; nil when none could.
    ///
    /// - Returns: Whether it may start now; then ``end()`` is owed.
    func ask(_ bid: Bid?) -> Bool { turns.ask(key, bid) }

    /// The running job ranks otherwise now.
    func rerank(_ bid: Bid) { turns.rerank(key, bid) }

    /// The job runs no more.
    func end() { turns.end(key) }

    /// Whether the running job is to make way for one of another spool.
    var mustYield: Bool { turns.state.withLock { $0.places[key]?.mustYield ?? false } }

    /// Whether an idle worker is in the way of those that compute.
    var mustLetGo: Bool { turns.state.withLock { $0.places[key]?.mustLetGo ?? false } }

    /// The spool is no longer served.
    func leave() { turns.leave(key) }
  }

  private func ask(_ key: Int, _ bid: Bid?) -> Bool {
    let (isGranted, wakes) = state.withLock { state -> (Bool, [@Sendable () -> Void]) in
      let before = state.places[key, default: Place()].bid
      state.places[key, default: Place()].bid = bid
      let free = state.limit - state.runningCount
      let winners = state.bids.prefix(max(0, free)).map(\.key)
      guard bid != nil, winners.contains(key) else {
        let hasGivenUp = before.map { before in bid.map(before.goesBefore) ?? true } ?? false
        return (false, (hasGivenUp ? Self.waiting(state) : []) + Self.askToYield(&state))
      }
      state.places[key]?.bid = nil
      state.places[key]?.running = bid
      state.places[key]?.mustYield = false
      state.places[key]?.mustLetGo = false
      return (true, Self.askToLetGo(&state) + Self.askToYield(&state))
    }
    for wake in wakes { wake() }
    return isGranted
  }

  private func rerank(_ key: Int, _ bid: Bid) {
    let wakes = state.withLock { state -> [@Sendable () -> Void] in
      guard state.places[key]?.running != nil else { return [] }
      state.places[key]?.running = bid
      return Self.askToYield(&state)
    }
    for wake in wakes { wake() }
  }

  private func end(_ key: Int) {
    let wakes = state.withLock { state -> [@Sendable () -> Void] in
      state.places[key]?.running = nil
      state.places[key]?.mustYield = false
      return Self.waiting(state)
    }
    for wake in wakes { wake() }
  }

  private func leave(_ key: Int) {
    let wakes = state.withLock { state -> [@Sendable () -> Void] in
      state.places[key] = nil
      return Self.waiting(state)
    }
    for wake in wakes { wake() }
  }

  private static func waiting(_ state: State) -> [@Sendable () -> Void] {
    state.places.values.filter { $0.bid != nil }.map(\.wake)
  }

  /// As many background jobs make way as others wait for which no turn is free, the lowest first.
  private static func askToYield(_ state: inout State) -> [@Sendable () -> Void] {
    let free = max(0, state.limit - state.runningCount)
    let urgent = state.bids.dropFirst(free).count { !$0.bid.isBackground }
    for key in state.places.keys where state.places[key]?.running?.isBackground != true {
      state.places[key]?.mustYield = false
    }
    var background: [(key: Int, bid: Bid)] = []
    for (key, place) in state.places {
      if let bid = place.running, bid.isBackground { background.append((key, bid)) }
    }
    background.sort { $1.bid.goesBefore($0.bid) }
    let yielding = Set(background.prefix(urgent).map(\.key))
    var wakes: [@Sendable () -> Void] = []
    for (key, _) in background {
      guard var place = state.places[key] else { continue }
      if yielding.contains(key), !place.mustYield { wakes.append(place.wake) }
      place.mustYield = yielding.contains(key)
      state.places[key] = place
    }
    return wakes
  }

  /// When no turn is free, workers of spools that do not compute are in the way: they keep models.
  private static func askToLetGo(_ state: inout State) -> [@Sendable () -> Void] {
    guard state.runningCount >= state.limit else { return [] }
    var wakes: [@Sendable () -> Void] = []
    for (key, place) in state.places where place.running == nil && !place.mustLetGo {
      state.places[key]?.mustLetGo = true
      wakes.append(place.wake)
    }
    return wakes
  }
}
