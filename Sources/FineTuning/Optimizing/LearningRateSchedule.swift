import Foundation

/// How the learning rate changes with the optimizer's steps.
package enum LearningRateSchedule: Sendable, Equatable {
  /// The peak from the first step on.
  case constant
  /// Rises linearly from 0 over the warm-up, then stays (diffusers 0.42 `optimization.py`, `constant_with_warmup`).
  case constantWithWarmup(warmup: Int)
  /// Rises linearly from 0 over the warm-up, then falls linearly to 0 at the last step (there: `linear`).
  case linear(warmup: Int, total: Int)
  /// DeepSpeed's `WarmupDecayLR` with its default shape (`runtime/lr_schedules.py`), stepped after the optimizer as DeepSpeed's
  /// engine does: 0 in the first two steps, then `ln(step) / ln(warmup)`, then a linear fall that reaches 0 one step after the
  /// last. SciScore was trained with it. (DeepSpeed 0.14 begins at 0; older ones took the first step at the full rate.)
  case deepspeedWarmupDecay(warmup: Int, total: Int)

  /// The factor on the peak learning rate.
  ///
  /// - Parameter step: Optimizer steps taken so far; 0 for the first.
  package func factor(at step: Int) -> Double {
    func decay(_ warmup: Int, _ total: Int) -> Double {
      max(0, Double(total - step) / Double(max(1, total - warmup)))
    }
    switch self {
    case .constant: return 1
    case .constantWithWarmup(let warmup): return step < warmup ? Double(step) / Double(warmup) : 1
    case .linear(let warmup, let total):
      return step < warmup ? Double(step) / Double(warmup) : decay(warmup, total)
    case .deepspeedWarmupDecay(let warmup, let total):
      let warmup = max(2, warmup)
      // The scheduler's own count, which follows the optimizer's.
      let count = step - 1
      guard count >= 0 else { return 0 }
      return count < warmup
        ? log(Double(count + 1)) / log(Double(warmup))
        : max(0, Double(total - count) / Double(max(1, total - warmup)))
    }
  }
}
