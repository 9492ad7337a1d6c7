import Foundation
import Synchronization
import Testing

@testable import Daemon

@Suite struct ComputingTurnsTests {
  private func bid(_ rank: Double, _ since: Double = 0) -> ComputingTurns.Bid {
    ComputingTurns.Bid(rank: rank, isBackground: rank < 0, since: Date(timeIntervalSince1970: since))
  }

  /// A seat that counts how often it is called.
  private final class Caller: Sendable {
    let seat: ComputingTurns.Seat
    private let count = Mutex(0)

    init(_ turns: ComputingTurns) {
      seat = turns.seat()
      seat.onChange { [weak self] in self?.count.withLock { $0 += 1 } }
    }

    /// Calls since the last look.
    var calls: Int {
      count.withLock { count in
        defer { count = 0 }
        return count
      }
    }
  }

  @Test func `one job runs at a time, the best of all first, then the oldest`() {
    let turns = ComputingTurns(limit: 1)
    let (a, b, c) = (Caller(turns), Caller(turns), Caller(turns))
    #expect(a.seat.ask(bid(0)))
    #expect(!b.seat.ask(bid(5, 2)) && !c.seat.ask(bid(5, 1)))
    _ = (b.calls, c.calls)
    a.seat.end()
    #expect(b.calls == 1 && c.calls == 1)
    // Who comes first does not matter, nor that the last one has more to do.
    #expect(!a.seat.ask(bid(4)) && !b.seat.ask(bid(5, 2)))
    #expect(c.seat.ask(bid(5, 1)))
    c.seat.end()
    #expect(!a.seat.ask(bid(4)) && b.seat.ask(bid(5, 2)))
  }

  @Test func `who no longer wants the turn, or leaves, keeps nobody from it`() {
    let turns = ComputingTurns(limit: 1)
    let (a, b) = (Caller(turns), Caller(turns))
    #expect(a.seat.ask(bid(0)))
    #expect(!b.seat.ask(bid(9)))
    var gone: Caller? = Caller(turns)
    #expect(gone?.seat.ask(bid(50)) == false)
    a.seat.end()
    #expect(!a.seat.ask(bid(1)))
    _ = b.calls
    gone = nil
    #expect(b.calls == 1)
    _ = a.calls
    // The better job was cancelled: the other is told.
    #expect(!b.seat.ask(nil) && a.calls == 1)
    #expect(a.seat.ask(bid(1)))
    a.seat.leave()
    #expect(b.seat.ask(bid(-1)))
  }

  @Test func `a background job makes way for another spool's, and no other does`() {
    let turns = ComputingTurns(limit: 2)
    let (a, b, c) = (Caller(turns), Caller(turns), Caller(turns))
    #expect(a.seat.ask(bid(-1)) && b.seat.ask(bid(-5)))
    #expect(!c.seat.ask(bid(-2)) && !a.seat.mustYield && !b.seat.mustYield)
    _ = (a.calls, b.calls)
    #expect(!c.seat.ask(bid(0)))
    // The lower one, and once.
    #expect(!a.seat.mustYield && b.seat.mustYield && a.calls == 0 && b.calls == 1)
    #expect(!c.seat.ask(bid(0)) && b.calls == 0)
    b.seat.end()
    #expect(!b.seat.ask(bid(-5)) && c.seat.ask(bid(0)) && !a.seat.mustYield)
    let d = Caller(turns)
    #expect(!d.seat.ask(bid(3)) && a.seat.mustYield && !c.seat.mustYield)
    // What asked for it is gone.
    #expect(!d.seat.ask(nil) && !a.seat.mustYield)
  }

  @Test func `idle workers make room when no turn is left`() {
    let turns = ComputingTurns(limit: 2)
    let (a, b, c) = (Caller(turns), Caller(turns), Caller(turns))
    #expect(a.seat.ask(bid(0)) && !b.seat.mustLetGo && !c.seat.mustLetGo)
    #expect(b.seat.ask(bid(0)) && c.seat.mustLetGo && !a.seat.mustLetGo && !b.seat.mustLetGo)
    a.seat.end()
    #expect(c.seat.ask(bid(0)) && !c.seat.mustLetGo && a.seat.mustLetGo)
  }

  @Test func `another number of turns holds at once`() {
    let turns = ComputingTurns(limit: 1)
    let (a, b) = (Caller(turns), Caller(turns))
    #expect(a.seat.ask(bid(0)) && !b.seat.ask(bid(0)))
    _ = b.calls
    turns.set(limit: 2)
    #expect(b.calls == 1 && b.seat.ask(bid(0)))
    turns.set(limit: 1)
    a.seat.end()
    #expect(!a.seat.ask(bid(7)))
    b.seat.end()
    #expect(a.seat.ask(bid(7)))
  }
}
