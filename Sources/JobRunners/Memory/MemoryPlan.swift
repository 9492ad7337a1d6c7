import Jobs

/// What a job will take of the machine's memory, reckoned from headers and sizes before anything is loaded.
package struct MemoryPlan: Sendable, Equatable {
  /// The weights of one folder.
  package struct Weights: Sendable, Equatable {
    package let folder: String
    /// As they rest: at the width of the file, times the copies that a training keeps.
    package let bytes: Int
  }

  package var weights: [Weights] = []
  /// What is computed at the moment that takes most.
  package var activations = 0
  /// What is taken before all that, by a text encoder that then makes room.
  package var before = 0
  /// One weight widened to float32, small ones widened and in panels, and the blocks that are kept for the next allocation.
  package var scratch = 0
  /// The program itself with its libraries.
  static let program = 54 << 20

  package var weightBytes: Int { weights.reduce(0) { $0 + $1.bytes } }

  /// Bytes of the worker's memory at its highest.
  package var peak: Int { max(weightBytes + activations, before) + scratch + Self.program }

  /// The parts and the sum for people, in bytes.
  package var lines: [(name: String, bytes: Int)] {
    (before > 0 ? [("text encoder, which is let go before the rest", before)] : [])
      + weights.map { ("weights of \($0.folder)", $0.bytes) }
      + [("activations", activations), ("scratch", scratch), ("program", Self.program), ("peak", peak)]
  }

  /// Both at once: what is computed takes turns.
  mutating func add(_ other: MemoryPlan) {
    for part in other.weights where !weights.contains(part) { weights.append(part) }
    (activations, scratch) = (max(activations, other.activations), max(scratch, other.scratch))
    before = max(before, other.before)
  }
}

extension Int {
  /// As people read bytes: decimal units with three digits.
  package var asBytes: String {
    switch self {
    case ..<1_000_000: "\(self / 1000) kB"
    case ..<1_000_000_000: "\(Double(self / 100_000) / 10) MB"
    default: "\(Double(self / 10_000_000) / 100) GB"
    }
  }
}
