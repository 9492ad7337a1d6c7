import Dispatch
import Foundation
import Synchronization
import Testing

@testable import Threads

@Suite("Threads")
struct StartThreadTests {
  @Test("has its name's first bytes and its stack")
  func name() {
    let over = DispatchSemaphore(value: 0)
    let name = Mutex("")
    startThread("a name longer than the kernel keeps", stackSize: 1 << 20) {
      let text = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
      name.withLock { $0 = text ?? "" }
      over.signal()
    }
    over.wait()
    #expect(name.withLock { $0 } == "a name longer t\n")
  }

  /// What ends with the body may use libdispatch, though the body has left things in its cache: under Foundation's threads
  /// that frees them twice.
  @Test("what the body holds ends on the thread, before the thread does")
  func ends() throws {
    final class Last: Sendable {
      let queue = DispatchQueue(label: "last")
      let thread = Atomic<UInt>(0)
      let ended: @Sendable (Bool) -> Void
      init(_ ended: @escaping @Sendable (Bool) -> Void) { self.ended = ended }
      deinit {
        let here = thread.load(ordering: .relaxed) == pthread_self()
        queue.sync { ended(here) }
      }
    }
    let results = Mutex([Bool]())
    let count = 200
    final class Flag: Sendable { let isSet = Atomic<Bool>(false) }
    func go() -> Flag {
      let (last, isAlone) = (Last { here in results.withLock { $0.append(here) } }, Flag())
      startThread("ends") {
        last.thread.store(pthread_self(), ordering: .relaxed)
        DispatchQueue.concurrentPerform(iterations: 3) { _ in }
        while !isAlone.isSet.load(ordering: .acquiring) { usleep(50) }
      }
      return isAlone
    }
    // The starter has let go when it returns: the thread's body is the last to hold it.
    for _ in 0..<count { go().isSet.store(true, ordering: .releasing) }
    for _ in 0..<1000 where results.withLock({ $0.count }) < count { usleep(10_000) }
    #expect(results.withLock { $0 } == [Bool](repeating: true, count: count))
  }
}
