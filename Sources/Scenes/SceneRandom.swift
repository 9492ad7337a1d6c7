/// A small deterministic generator (SplitMix64): a seed draws the same scene everywhere.
package struct SceneRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// A generator for one purpose among several that share a seed.
  package init(seed: UInt64, purpose: String) {
    // FNV-1a: String's own hash differs from run to run.
    let label = purpose.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0100_0000_01b3 }
    state = seed &* 0x9e37_79b9_7f4a_7c15 ^ label
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// Uniform in `range`, from the top 53 bits.
  package mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * Double(next() >> 11) * 0x1p-53
  }

  /// Uniform in 0..<count.
  package mutating func index(_ count: Int) -> Int {
    precondition(count > 0, "nothing to choose from")
    return Int(next() % UInt64(count))
  }

  package mutating func pick<Element>(_ elements: [Element]) -> Element { elements[index(elements.count)] }
}
