import Tensors

/// Random streams of a training run, one for each thing that is drawn.
///
/// Streams follow from the run's seed and the number of what they are for: there is no generator whose state a
/// resumed run would have to find again.
package enum TrainingRandom {
  /// What a stream is for; different purposes share nothing.
  package enum Purpose: UInt64, Sendable {
    case order = 1
    case example = 2
    case prompts = 3
    case trajectory = 4
    case adapter = 5
    case split = 6
  }

  package static func generator(seed: Int, _ purpose: Purpose, _ index: Int) -> TorchGenerator {
    // The generator takes 32 bits: three rounds of SplitMix64 spread every input over them.
    var state = mixed(UInt64(bitPattern: Int64(seed)))
    state = mixed(state ^ purpose.rawValue)
    state = mixed(state ^ UInt64(bitPattern: Int64(index)))
    return TorchGenerator(seed: state >> 32)
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

extension TorchGenerator {
  /// A number in `0..<count`.
  package mutating func index(below count: Int) -> Int {
    precondition(count > 0, "a number below \(count)")
    return Int((UInt64(next32()) * UInt64(count)) >> 32)
  }
}

/// The rows of a data set in an order that changes with every pass over them.
package struct ExampleOrder: Sendable {
  package let rows: Int
  private let seed: Int
  private var pass = -1
  private var permutation: [Int] = []

  package init(rows: Int, seed: Int) {
    precondition(rows > 0, "\(rows) rows")
    (self.rows, self.seed) = (rows, seed)
  }

  /// The row at a place of the endless sequence of passes.
  package mutating func row(at place: Int) -> Int {
    if place / rows != pass {
      pass = place / rows
      var generator = TrainingRandom.generator(seed: seed, .order, pass)
      permutation = Array(0..<rows)
      for last in stride(from: rows - 1, to: 0, by: -1) {
        permutation.swapAt(last, generator.index(below: last + 1))
      }
    }
    return permutation[place % rows]
  }
}
