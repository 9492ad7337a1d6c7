import Foundation
import Synchronization

/// Does `body(0)` to `body(count - 1)` on several threads, this one among them; returns when all are done.
///
/// For work that waits for disks, or of milliseconds an item. May be called from anywhere, from within a body too: the
/// caller always works itself, and helpers join when there are any to spare. What libdispatch has for this leaves its
/// cache in the caller's thread; see ``startThread(_:stackSize:_:)``.
///
/// - Parameter width: How many threads at most; the machine's processors unless said.
package func concurrently(
  _ count: Int, width: Int = ProcessInfo.processInfo.activeProcessorCount, _ body: @Sendable (Int) -> Void
) {
  Helpers.shared.perform(count, width: width, body)
}

/// Threads that wait for rounds of work to join.
private final class Helpers: @unchecked Sendable {
  // Unchecked: all that changes is changed under the condition's lock.

  static let shared = Helpers()

  /// Helpers at most, however many rounds there are at once.
  private static let limit = 64

  private final class Round: Sendable {
    let count: Int
    let body: @Sendable (Int) -> Void
    let next = Atomic<Int>(0)

    init(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) { (self.count, self.body) = (count, body) }

    func work() {
      while true {
        let item = next.add(1, ordering: .relaxed).oldValue
        guard item < count else { return }
        body(item)
      }
    }
  }

  private struct Entry {
    let round: Round
    /// Helpers that may still join.
    var places: Int
    /// Helpers that are in it.
    var inside = 0
  }

  private let condition = NSCondition()
  private var entries: [Int: Entry] = [:]
  private var number = 0
  private var idle = 0
  private var threads = 0

  func perform(_ count: Int, width: Int, _ body: @Sendable (Int) -> Void) {
    let width = min(width, count)
    guard width > 1 else {
      for item in 0..<count { body(item) }
      return
    }
    withoutActuallyEscaping(body) { body in
      let number = open(Round(count, body), places: width - 1)
      work(on: number)
      close(number)
    }
  }

  private func open(_ round: Round, places: Int) -> Int {
    condition.withLock {
      number += 1
      entries[number] = Entry(round: round, places: places)
      let new = min(places - idle, Self.limit - threads)
      for _ in 0..<max(0, new) {
        // Without it the others do its share.
        guard startHelper("helper \(threads + 1)", { self.help() }) else { break }
        threads += 1
      }
      condition.broadcast()
      return number
    }
  }

  /// Lets nobody in any more, and waits for those who are in.
  private func close(_ number: Int) {
    condition.withLock {
      entries[number]?.places = 0
      while entries[number]?.inside ?? 0 > 0 { condition.wait() }
      entries[number] = nil
    }
  }

  /// In a function of its own: nothing of the round is held when it returns, for its body does not outlive the round.
  @inline(never)
  private func work(on number: Int) { condition.withLock { entries[number]?.round }?.work() }

  /// What a helper does for ever.
  private func help() {
    while true {
      let number = enter()
      work(on: number)
      condition.withLock {
        entries[number]?.inside -= 1
        condition.broadcast()
      }
    }
  }

  /// Waits for a round with a place, the oldest first.
  private func enter() -> Int {
    condition.withLock {
      while true {
        if let number = entries.filter({ $0.value.places > 0 }).keys.min() {
          entries[number]?.places -= 1
          entries[number]?.inside += 1
          return number
        }
        idle += 1
        condition.wait()
        idle -= 1
      }
    }
  }
}
