import Foundation
import Glibc
import Synchronization

/// Does `body(0)` to `body(count - 1)` on several threads, this one among them; returns when all are done.
///
/// For work that waits for disks, or of milliseconds an item. May be called from anywhere, from within a body too: the
/// caller always works itself, and helpers join when there are any to spare. What libdispatch has for this leaves its
/// cache in the caller's thread; see ``startThread(_:stackSize:_:)``.
///
/// - Parameter width: How many threads at most; the machine's processors unless said.
package func concurrently(
  _ count: Int, width: Int = ProcessInfo.processInfo.activeProcessorCount, _ body: @Sendable (Int) -> Void
) {
  Helpers.shared.perform(count, width: width, body)
}

/// The results for each element, in their order, computed as by ``concurrently(_:width:_:)``.
///
/// - Throws: The error of the first element that has one; the others are all tried.
package func concurrentMap<Element: Sendable, Value: Sendable, Failure: Error>(
  _ elements: [Element], width: Int = ProcessInfo.processInfo.activeProcessorCount,
  _ transform: @Sendable (Element) throws(Failure) -> Value
) throws(Failure) -> [Value] {
  let results = Mutex([Int: Result<Value, Failure>]())
  concurrently(elements.count, width: width) { index in
    let result: Result<Value, Failure>
    do throws(Failure) { result = .success(try transform(elements[index])) } catch {
      result = .failure(error)
    }
    results.withLock { $0[index] = result }
  }
  let all = results.withLock { $0 }
  var values: [Value] = []
  for index in elements.indices { values.append(try all[index]!.get()) }
  return values
}

/// Threads that wait for rounds of work to join.
private final class Helpers: @unchecked Sendable {
  // Unchecked: all that changes is changed under the lock.

  static let shared = Helpers()

  /// Helpers at most, however many rounds there are at once.
  private static let limit = 64

  private final class Round: Sendable {
    let count: Int
    let body: @Sendable (Int) -> Void
    let next = Atomic<Int>(0)

    init(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) { (self.count, self.body) = (count, body) }

    func work() {
      while true {
        let item = next.add(1, ordering: .relaxed).oldValue
        guard item < count else { return }
        body(item)
      }
    }
  }

  private struct Entry {
    let round: Round
    /// Helpers that may still join.
    var places: Int
    /// Helpers that are in it.
    var inside = 0
  }

  private let lock = Lock()
  /// Where helpers wait for a round, and where those whose round they are in wait for them.
  private let (opened, left) = (Lock.Condition(), Lock.Condition())
  private var entries: [Int: Entry] = [:]
  private var number = 0
  /// Helpers that wait and have not been called, calls that none has answered yet, and helpers in all.
  private var (idle, calls, threads) = (0, 0, 0)

  func perform(_ count: Int, width: Int, _ body: @Sendable (Int) -> Void) {
    let width = min(width, count)
    guard width > 1 else {
      for item in 0..<count { body(item) }
      return
    }
    withoutActuallyEscaping(body) { body in
      let number = open(Round(count, body), places: width - 1)
      work(on: number)
      close(number)
    }
  }

  private func open(_ round: Round, places: Int) -> Int {
    lock.hold {
      number += 1
      entries[number] = Entry(round: round, places: places)
      let called = min(places, idle)
      (idle, calls) = (idle - called, calls + called)
      for _ in 0..<called { opened.wakeOne() }
      for _ in 0..<max(0, min(places - called, Self.limit - threads)) {
        // Without it the others do its share.
        guard startHelper("helper \(threads + 1)", { self.help() }) else { break }
        threads += 1
      }
      return number
    }
  }

  /// Lets nobody in any more, and waits for those who are in.
  private func close(_ number: Int) {
    lock.hold {
      entries[number]?.places = 0
      while entries[number]?.inside ?? 0 > 0 { left.wait(lock) }
      entries[number] = nil
    }
  }

  /// In a function of its own: nothing of the round is held when it returns, for its body does not outlive the round.
  @inline(never)
  private func work(on number: Int) { lock.hold { entries[number]?.round }?.work() }

  /// What a helper does for ever.
  private func help() {
    while true {
      let number = enter()
      work(on: number)
      lock.hold {
        entries[number]?.inside -= 1
        // Nobody waits for it before the caller has done its own part.
        if let entry = entries[number], entry.places == 0, entry.inside == 0 { left.wakeAll() }
      }
    }
  }

  /// Waits for a round with a place, the oldest first.
  private func enter() -> Int {
    lock.hold {
      while true {
        if let number = entries.filter({ $0.value.places > 0 }).keys.min() {
          entries[number]?.places -= 1
          entries[number]?.inside += 1
          return number
        }
        idle += 1
        while calls == 0 { opened.wait(lock) }
        calls -= 1
      }
    }
  }
}

/// A lock with several things to wait for; Foundation's has one, at which everybody wakes for everything.
private final class Lock: @unchecked Sendable {
  // Unchecked: what it points at is made for use by several threads.

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  init() { pthread_mutex_init(mutex, nil) }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func hold<Value>(_ body: () -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  final class Condition: @unchecked Sendable {
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() { pthread_cond_init(condition, nil) }

    deinit {
      pthread_cond_destroy(condition)
      condition.deallocate()
    }

    /// The lock is held before and after, not meanwhile; may return without having been woken.
    func wait(_ lock: Lock) { pthread_cond_wait(condition, lock.mutex) }
    func wakeOne() { pthread_cond_signal(condition) }
    func wakeAll() { pthread_cond_broadcast(condition) }
  }
}
