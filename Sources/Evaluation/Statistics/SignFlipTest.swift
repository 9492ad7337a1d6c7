/// Two-sided paired permutation test: if there were no difference, each prompt's sign would be a coin's.
///
/// Up to ``exactLimit`` prompts every assignment of signs is counted; beyond, `flips` seeded ones are, with one added to
/// both counts for the assignment that was observed (Phipson and Smyth 2010), so that p is never 0.
package struct SignFlipTest: Sendable {
  package var flips = 10_000
  package var seed: UInt64 = 0
  package static let exactLimit = 16

  package init(flips: Int = 10_000, seed: UInt64 = 0) { (self.flips, self.seed) = (flips, seed) }

  /// - Parameter differences: One a prompt.
  /// - Returns: Nil without differences.
  package func pValue(_ differences: [Double]) -> Double? {
    guard !differences.isEmpty else { return nil }
    let observed = abs(differences.reduce(0, +))
    // Sums in another order differ in their last bits: what is equal must count as such.
    let threshold = observed - 1e-12 * differences.reduce(0) { $0 + abs($1) }
    if differences.count <= Self.exactLimit {
      let all = 1 << differences.count
      let extreme = (0..<all).count { abs(Self.sum(differences, signs: UInt64($0), from: 0)) >= threshold }
      return Double(extreme) / Double(all)
    }
    var random = SeededRandom(seed: seed)
    var extreme = 0
    for _ in 0..<flips {
      var sum = 0.0
      for start in stride(from: 0, to: differences.count, by: 64) {
        sum += Self.sum(differences, signs: random.next(), from: start)
      }
      if abs(sum) >= threshold { extreme += 1 }
    }
    return Double(extreme + 1) / Double(flips + 1)
  }

  /// The sum of up to 64 differences, the k-th negated where bit k is set.
  private static func sum(_ differences: [Double], signs: UInt64, from start: Int) -> Double {
    var sum = 0.0
    for (bit, index) in (start..<min(start + 64, differences.count)).enumerated() {
      sum += signs >> UInt64(bit) & 1 == 1 ? -differences[index] : differences[index]
    }
    return sum
  }
}
