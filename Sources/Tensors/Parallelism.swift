import COpenBLAS
import Dispatch
import Kernels
import Synchronization

/// The one place that decides how many threads compute, and who owns them.
///
/// Either OpenBLAS runs one large product on all threads, or our fork-join splits work whose parts call OpenBLAS on one
/// thread each; never both at once. One computation at a time is the caller's side of the bargain.
package enum Parallelism {
  private static let chosen = Atomic<Int>(0)
  /// What OpenBLAS was last told.
  private static let blasThreads = Atomic<Int>(0)

  /// How many threads compute; the processors available to this process unless set.
  package static var threads: Int {
    get {
      let set = chosen.load(ordering: .relaxed)
      return set > 0 ? set : available
    }
    set {
      precondition(newValue > 0, "\(newValue) threads")
      chosen.store(newValue, ordering: .relaxed)
    }
  }

  private static let available = Int(available_processors())

  /// Products below this many floating-point operations are not worth waking a second thread for.
  static let worthThreads = 50_000_000

  /// Runs a product of the given size with OpenBLAS on all threads, or on one when it is small.
  static func product(operations: Int, _ body: () -> Void) {
    setBLASThreads(operations >= worthThreads ? threads : 1)
    body()
  }

  /// Splits `0..<count` into ranges of at least `grain` and works on them on all threads; returns when all are done.
  ///
  /// Parts may call OpenBLAS, which then computes on one thread. How the work is split depends on the thread count, so
  /// each part's result must not depend on where ranges begin.
  package static func forEach(_ count: Int, grain: Int = 1, _ body: @Sendable (Range<Int>) -> Void) {
    guard count > 0 else { return }
    setBLASThreads(1)
    let parts = min(threads, max(1, count / max(1, grain)))
    guard parts > 1 else { return body(0..<count) }
    DispatchQueue.concurrentPerform(iterations: parts) { part in
      body(part * count / parts..<(part + 1) * count / parts)
    }
  }

  /// Works on `count` items of uneven cost: every thread takes the next one when it is free.
  ///
  /// - Parameter body: Gets the item and the number of the thread's lane, below ``threads``, for its own scratch.
  package static func forEachItem(_ count: Int, _ body: @Sendable (_ item: Int, _ lane: Int) -> Void) {
    guard count > 0 else { return }
    setBLASThreads(1)
    let lanes = min(threads, count)
    guard lanes > 1 else {
      for item in 0..<count { body(item, 0) }
      return
    }
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: lanes) { lane in
      while true {
        let item = next.add(1, ordering: .relaxed).oldValue
        guard item < count else { return }
        body(item, lane)
      }
    }
  }

  private static func setBLASThreads(_ count: Int) {
    guard blasThreads.exchange(count, ordering: .relaxed) != count else { return }
    openblas_set_num_threads(Int32(count))
  }
}

/// A pointer that is handed to parts of one fork-join.
///
/// Unchecked: the parts write to disjoint places, and the fork-join ends before the memory does.
struct Shared<Pointer>: @unchecked Sendable {
  let pointer: Pointer
  init(_ pointer: Pointer) { self.pointer = pointer }
}
