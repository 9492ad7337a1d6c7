import Kernels
import Tensors

/// What the machine gives at most, on all threads.
package struct MachinePeak: Sendable {
  /// Float32 multiplications and additions a second.
  package var floatOperations: Double
  /// The same of whole numbers, as products with bytes take them.
  package var integerOperations: Double
  /// Bytes a second, to and from memory.
  package var bytes: Double

  package init(floatOperations: Double, integerOperations: Double, bytes: Double) {
    (self.floatOperations, self.integerOperations) = (floatOperations, integerOperations)
    self.bytes = bytes
  }

  /// Takes some seconds.
  package static func measured() -> MachinePeak {
    MachinePeak(
      floatOperations: operationsPerSecond { elementwise().pointee.multiply_add_repeatedly($0) },
      integerOperations: operationsPerSecond { elementwise().pointee.multiply_add_integers_repeatedly($0) },
      bytes: bytesPerSecond())
  }

  /// Of products whose numbers stay in registers.
  private static func operationsPerSecond(_ kernel: @Sendable @escaping (Int) -> Int) -> Double {
    let (clock, rounds, lanes) = (ContinuousClock(), 20_000_000, Parallelism.threads)
    var best = 0.0
    for _ in 0..<5 {
      let start = clock.now
      let done = Parallelism.map(lanes) { _ in kernel(rounds) }
      let seconds = (clock.now - start) / .seconds(1)
      best = max(best, Double(done.reduce(0, +)) / seconds)
    }
    return best
  }

  /// Of sums of two arrays that no cache holds, each number counted once.
  private static func bytesPerSecond() -> Double {
    let count = 32 << 20
    var x = Tensor(repeating: 1, shape: [count])
    let y = Tensor(repeating: 1, shape: [count])
    let clock = ContinuousClock()
    var best = 0.0
    for _ in 0..<7 {
      let start = clock.now
      x += y
      best = max(best, Double(3 * 4 * count) / ((clock.now - start) / .seconds(1)))
    }
    return best
  }
}
