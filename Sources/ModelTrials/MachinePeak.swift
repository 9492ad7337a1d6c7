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
}
