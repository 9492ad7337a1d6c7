import Kernels
import Tensors

/// What the machine's arithmetic gives at most.
package enum MachinePeak {
  /// Float32 multiplications and additions a second, on all threads: of products whose numbers stay in registers.
  package static func operationsPerSecond() -> Double {
    let (clock, rounds, lanes) = (ContinuousClock(), 20_000_000, Parallelism.threads)
    var best = 0.0
    for _ in 0..<5 {
      let start = clock.now
      let done = Parallelism.map(lanes) { _ in Int(elementwise().pointee.multiply_add_repeatedly(rounds)) }
      let seconds = (clock.now - start) / .seconds(1)
      best = max(best, Double(done.reduce(0, +)) / seconds)
    }
    return best
  }

  /// Bytes a second to and from memory, on all threads: of sums of two arrays that no cache holds, each number counted once.
  package static func bytesPerSecond() -> Double {
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
