import FineTuning
import Tensors
import Testing

@Suite struct TrainingRandomTests {
  @Test func anIndexIsEveryNumberBelowTheCountEquallyOften() {
    var generator = TrainingRandom.generator(seed: 1, .example, 0)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<7000 { counts[generator.index(below: 7)] += 1 }
    // Binomial: standard deviation 29; five of them.
    #expect(counts.allSatisfy { abs($0 - 1000) < 150 }, "\(counts)")
  }

  @Test func aPassHasEveryRowOnceInAnOrderOfItsOwn() {
    func pass(_ number: Int, seed: Int) -> [Int] {
      var order = ExampleOrder(rows: 50, seed: seed)
      return (0..<50).map { order.row(at: 50 * number + $0) }
    }
    let orders = [pass(0, seed: 1), pass(1, seed: 1), pass(0, seed: 2)]
    for order in orders { #expect(order.sorted() == Array(0..<50)) }
    #expect(Set(orders).count == 3)
    // No fixed pattern: few rows follow the one that follows them in the list.
    for order in orders { #expect(zip(order, order.dropFirst()).count { $1 == $0 + 1 } < 8) }
    #expect(pass(0, seed: 1) == orders[0])
  }
}
