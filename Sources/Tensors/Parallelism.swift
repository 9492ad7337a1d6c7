import Kernels
import Synchronization

/// The one place that decides how many threads compute, and who owns them.
///
/// All parallel work goes through the fork-join here, products too. One computation at a time is the caller's side of the
/// bargain.
package enum Parallelism {
  private static let chosen = Atomic<Int>(0)

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

  /// How many of a matrix product's `columns` one part computes, so that threads can share the product.
  ///
  /// Every part reads the left operand anew. A function of the size alone, though a product's numbers are the same
  /// wherever it is cut.
  static func partWidth(of columns: Int, operationsEach: Int) -> Int {
    // 4 MFLOP are some 40 µs, enough to be worth a second thread's while.
    let enough = 4_000_000 / max(1, operationsEach)
    return (max(enough, min(max(columns / 4, 96), 1536)) + 31) / 32 * 32
  }

  /// Splits `0..<count` into ranges of at least `grain` and works on them on all threads; returns when all are done.
  ///
  /// How the work is split depends on the thread count, so each part's result must not depend on where ranges begin.
  package static func forEach(_ count: Int, grain: Int = 1, _ body: @Sendable (Range<Int>) -> Void) {
    guard count > 0 else { return }
    let parts = min(threads, max(1, count / max(1, grain)))
    guard parts > 1 else { return body(0..<count) }
    ThreadTeam.shared.perform(parts, lanes: parts) { part, _ in
      body(part * count / parts..<(part + 1) * count / parts)
    }
  }

  /// Works on `count` items of uneven cost: every thread takes the next one when it is free.
  ///
  /// - Parameter body: Gets the item and the number of the thread's lane, below ``threads``, for its own scratch.
  package static func forEachItem(_ count: Int, _ body: @Sendable (_ item: Int, _ lane: Int) -> Void) {
    forEachItem(count, lanes: threads, body)
  }

  static func forEachItem(
    _ count: Int, lanes: Int, _ body: @Sendable (_ item: Int, _ lane: Int) -> Void
  ) {
    guard count > 0 else { return }
    ThreadTeam.shared.perform(count, lanes: min(lanes, count), body)
  }

  /// Results of `count` whole computations, each by one thread: for many small ones, whose parts would be too short to share.
  ///
  /// - Parameter body: May compute in parallel itself, and then does not: what it gives must not depend on that.
  package static func map<Result: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Result) -> [Result] {
    Array(unsafeUninitializedCapacity: count) { results, filled in
      let target = Shared(results)
      forEachItem(count) { item, _ in
        (target.pointer.baseAddress! + item).initialize(to: body(item))
      }
      filled = count
    }
  }
}

/// A pointer that is handed to parts of one fork-join.
///
/// Unchecked: the parts write to disjoint places, and the fork-join ends before the memory does.
struct Shared<Pointer>: @unchecked Sendable {
  let pointer: Pointer
  init(_ pointer: Pointer) { self.pointer = pointer }
}
