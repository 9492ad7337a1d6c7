import Foundation
import Synchronization
import Testing

@testable import Tensors

@Suite(.timeLimit(.minutes(20))) struct ThreadTeamTests {
  @Test func everyItemIsDoneOnceWhateverTheirNumberAndThatOfTheLanes() {
    let team = ThreadTeam()
    for lanes in [1, 2, 3, 8] {
      for count in [0, 1, 2, 7, 1000] {
        let done = (0..<count).map { _ in Counter() }
        team.perform(count, lanes: lanes) { item, lane in
          done[item].add()
          if lane >= lanes { done[item].add() }
        }
        #expect(done.allSatisfy { $0.value == 1 }, "\(count) items on \(lanes) lanes")
      }
    }
  }

  @Test func lanesAreHeldByOneThreadAtATime() {
    let team = ThreadTeam()
    let held = (0..<4).map { _ in Counter() }
    let clashes = Counter()
    for _ in 0..<200 {
      team.perform(64, lanes: 4) { _, lane in
        if held[lane].add() != 1 { clashes.add() }
        for _ in 0..<100 { _ = held[lane].value }
        held[lane].subtract()
      }
    }
    #expect(clashes.value == 0)
  }

  @Test func manyShortComputationsInARowAndOnesAfterASleep() {
    let team = ThreadTeam()
    let sum = Counter()
    for round in 0..<20_000 {
      team.perform(2, lanes: 2) { _, _ in sum.add() }
      // Helpers have gone to sleep by then.
      if round % 5000 == 0 { usleep(2000) }
    }
    #expect(sum.value == 40_000)
  }

  @Test func aComputationWithinAnotherAndBesideAnotherIsDoneByItsCaller() async {
    let team = ThreadTeam()
    let sum = Counter()
    team.perform(4, lanes: 2) { _, _ in
      team.perform(8, lanes: 2) { _, lane in
        sum.add()
        if lane != 0 { sum.add() }
      }
    }
    #expect(sum.value == 32)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<500 { team.perform(3, lanes: 3) { _, _ in sum.add() } }
        }
      }
    }
    #expect(sum.value == 32 + 8 * 500 * 3)
  }

  private final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .sequentiallyConsistent) }
    @discardableResult func add() -> Int { count.add(1, ordering: .sequentiallyConsistent).newValue }
    func subtract() { count.subtract(1, ordering: .sequentiallyConsistent) }
  }
}
