import Foundation
import Synchronization
import Testing

@testable import Threads

@Suite("Work on several threads")
struct ConcurrentlyTests {
  @Test("every item is done once", arguments: [(0, 4), (1, 4), (2, 1), (7, 3), (1000, 8)])
  func everyItemOnce(count: Int, width: Int) {
    let done = Mutex([Int](repeating: 0, count: count))
    concurrently(count, width: width) { item in done.withLock { $0[item] += 1 } }
    #expect(done.withLock { $0 } == [Int](repeating: 1, count: count))
  }

  @Test("items that wait for each other all have a thread")
  func meeting() {
    let arrived = Atomic<Int>(0)
    concurrently(4, width: 4) { _ in
      arrived.add(1, ordering: .sequentiallyConsistent)
      while arrived.load(ordering: .sequentiallyConsistent) < 4 { usleep(100) }
    }
    #expect(arrived.load(ordering: .relaxed) == 4)
  }

  @Test("rounds that are opened at once have their threads each")
  func servesSeveral() {
    for _ in 0..<200 {
      let arrived = Mutex([0, 0])
      concurrently(2, width: 2) { side in
        concurrently(4, width: 4) { _ in
          arrived.withLock { $0[side] += 1 }
          while arrived.withLock({ $0[side] < 4 }) { usleep(10) }
        }
      }
      #expect(arrived.withLock { $0 } == [4, 4])
    }
  }

  @Test("works within itself, however deep, and from many threads at once")
  func nested() {
    let sum = Atomic<Int>(0)
    concurrently(8, width: 8) { _ in
      concurrently(8, width: 8) { _ in
        concurrently(8, width: 2) { sum.add($0, ordering: .relaxed) }
      }
    }
    #expect(sum.load(ordering: .relaxed) == 64 * 28)
  }

  @Test("what a body holds is let go when all is done")
  func letsGo() {
    final class Witness: Sendable {}
    for _ in 0..<200 {
      weak var seen: Witness?
      do {
        let witness = Witness()
        seen = witness
        concurrently(6, width: 3) { _ in _ = ObjectIdentifier(witness) }
      }
      #expect(seen == nil)
    }
  }

  @Test("maps in order, and throws the first element's error after all were tried")
  func maps() throws {
    struct Refusal: Error, Equatable { let number: Int }
    let tried = Atomic<Int>(0)
    let map = { (limit: Int) throws(Refusal) -> [Int] in
      try concurrentMap(Array(0..<100), width: 4) { (number) throws(Refusal) in
        tried.add(1, ordering: .relaxed)
        if number >= limit { throw Refusal(number: number) }
        return number * number
      }
    }
    #expect(try map(100) == (0..<100).map { $0 * $0 })
    #expect(throws: Refusal(number: 40)) { try map(40) }
    #expect(tried.load(ordering: .relaxed) == 200)
  }
}
