import Glibc
import Kernels
import Synchronization
import Threads

/// Threads that help with one computation after the other.
///
/// A step of a small model is thousands of fork-joins of some ten microseconds each: to put a thread to sleep and wake it
/// costs as much. Helpers therefore look for the next computation for a while before they sleep, and whoever calls begins
/// at once: helpers that come late find less to do, or nothing. Items are handed out one by one, by a counter.
///
/// One computation at a time: a caller that finds the team at work, or is at work in it, does all of its items itself.
final class ThreadTeam: Sendable {
  typealias Body = @Sendable (_ item: Int, _ lane: Int) -> Void

  /// How long a helper looks for the next computation before it sleeps: longer than what lies between two of them in a
  /// step, shorter than anybody would mind.
  private static let patience: UInt64 = 100_000

  /// Changed when there is a new computation.
  private let epoch = UnsafeWord(0)
  /// Likewise, for those that sleep on it.
  private let alarm = UnsafeAlarm()
  private let sleepers = Atomic<Int>(0)
  /// Of the computation: ``open`` while helpers may join, and how many are in it.
  private let gate = UnsafeWord(0)
  private static let open: UInt64 = 1 << 32
  private let isTaken = Atomic<Bool>(false)
  private let helpers = Atomic<Int>(0)
  /// Written by the caller while the gate is closed, read by helpers that have come through it.
  private nonisolated(unsafe) var work: Work?

  private final class Work: Sendable {
    let count: Int
    let lanes: Int
    let body: Body
    let next = Atomic<Int>(0)
    /// The caller has the first.
    private let lanesTaken = Atomic<Int>(1)

    init(_ count: Int, _ lanes: Int, _ body: @escaping Body) {
      (self.count, self.lanes, self.body) = (count, lanes, body)
    }

    /// Takes the next lane, if there is one left.
    func help() {
      let lane = lanesTaken.add(1, ordering: .relaxed).oldValue
      if lane < lanes { perform(lane: lane) }
    }

    func perform(lane: Int) {
      while true {
        let item = next.add(1, ordering: .relaxed).oldValue
        guard item < count else { return }
        body(item, lane)
      }
    }
  }

  static let shared = ThreadTeam()

  /// Works on items `0..<count` on up to `lanes` threads; returns when all are done.
  ///
  /// - Parameter body: Gets an item and the number of the thread's lane, below `lanes`. Must not escape.
  func perform(_ count: Int, lanes: Int, _ body: Body) {
    guard lanes > 1, count > 1, !isTaken.exchange(true, ordering: .acquiring) else {
      for item in 0..<count { body(item, 0) }
      return
    }
    defer { isTaken.store(false, ordering: .releasing) }
    muster(lanes - 1)
    withoutActuallyEscaping(body) { body in
      let work = Work(count, lanes, body)
      self.work = work
      gate.set(Self.open)
      epoch.add(1)
      let asleep = sleepers.load(ordering: .sequentiallyConsistent)
      let missing = lanes - 1 - (helpers.load(ordering: .relaxed) - asleep)
      if missing > 0, asleep > 0 { alarm.ring(for: missing) }
      work.perform(lane: 0)
      // Nobody comes in any more; those who are in finish the items that they have begun.
      var left = gate.close()
      var spins = 0
      while left != 0 {
        if !spin_while_equal(gate.pointer, left, 20_000) {
          spins += 1
          sched_yield()
        }
        left = gate.value
      }
      self.work = nil
    }
  }

  /// Starts helpers until there are so many; only the owner of the team calls this.
  private func muster(_ count: Int) {
    while helpers.load(ordering: .relaxed) < count {
      let number = helpers.add(1, ordering: .relaxed).newValue
      // Without it the others do its share.
      guard startHelper("computing \(number)", { self.help() }) else { return }
    }
  }

  /// What a helper does for ever.
  private func help() {
    var seen: UInt64 = 0
    while true {
      while epoch.value == seen {
        if spin_while_equal(epoch.pointer, seen, Self.patience) { break }
        sleep(while: seen)
      }
      seen = epoch.value
      guard gate.enter(Self.open) else { continue }
      join()
      gate.leave()
    }
  }

  /// In a function of its own: nothing of the work is held when it returns, for the work does not outlive the gate's closing.
  @inline(never)
  private func join() { work?.help() }

  private func sleep(while seen: UInt64) {
    let ring = alarm.value
    sleepers.add(1, ordering: .sequentiallyConsistent)
    // Whoever began a computation before this counted no sleeper; whoever begins one after it rings.
    if epoch.value == seen { alarm.wait(ring) }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
  }
}

/// A word that C waits for: an atomic whose address does not change.
private final class UnsafeWord: Sendable {
  nonisolated(unsafe) let pointer: UnsafePointer<UInt64>
  private nonisolated(unsafe) let atomic: UnsafeMutablePointer<Atomic<UInt64>>

  init(_ value: UInt64) {
    atomic = .allocate(capacity: 1)
    atomic.initialize(to: Atomic(value))
    pointer = UnsafeRawPointer(atomic).assumingMemoryBound(to: UInt64.self)
  }

  deinit {
    atomic.deinitialize(count: 1)
    atomic.deallocate()
  }

  var value: UInt64 { atomic.pointee.load(ordering: .sequentiallyConsistent) }
  func set(_ value: UInt64) { atomic.pointee.store(value, ordering: .sequentiallyConsistent) }
  func add(_ value: UInt64) { atomic.pointee.wrappingAdd(value, ordering: .sequentiallyConsistent) }

  /// As a gate: counts one more in it, unless it is closed.
  func enter(_ open: UInt64) -> Bool {
    var value = value
    while value & open != 0 {
      let (done, now) = atomic.pointee.weakCompareExchange(
        expected: value, desired: value + 1, ordering: .acquiringAndReleasing)
      if done { return true }
      value = now
    }
    return false
  }

  func leave() { atomic.pointee.wrappingSubtract(1, ordering: .releasing) }

  /// Closes it; how many are in it still.
  func close() -> UInt64 {
    let count: UInt64 = (1 << 32) - 1
    return atomic.pointee.bitwiseAnd(count, ordering: .acquiringAndReleasing).newValue
  }
}

/// Lets threads sleep until it rings.
private final class UnsafeAlarm: Sendable {
  private nonisolated(unsafe) let atomic: UnsafeMutablePointer<Atomic<UInt32>>
  private nonisolated(unsafe) let pointer: UnsafePointer<UInt32>

  init() {
    atomic = .allocate(capacity: 1)
    atomic.initialize(to: Atomic(0))
    pointer = UnsafeRawPointer(atomic).assumingMemoryBound(to: UInt32.self)
  }

  deinit {
    atomic.deinitialize(count: 1)
    atomic.deallocate()
  }

  var value: UInt32 { atomic.pointee.load(ordering: .sequentiallyConsistent) }

  func wait(_ value: UInt32) { sleep_while_equal(pointer, value) }

  /// - Parameter count: How many are to wake.
  func ring(for count: Int) {
    atomic.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
    wake_some(pointer, Int32(clamping: count))
  }
}
