import Foundation
import Synchronization
import Threads

/// Asks questions on several threads, and hands out the answers on the calling one.
package enum ParallelQuestions {
  package typealias Outcome = Result<ChatClient.Answer, ChatFault>

  /// Returns when every question has been answered or nothing runs any more.
  ///
  /// - Parameters:
  ///   - width: Questions under way at a time.
  ///   - isCancelled: Asked on the calling thread, ten times a second; then nothing new begins and what runs is broken off.
  ///   - ask: Called on other threads, with the question's number and whether to break off.
  ///   - receive: Called on the calling thread in the order in which answers come, also with those that come after a stop;
  ///     false to stop.
  package static func run(
    count: Int, width: Int, isCancelled: () -> Bool,
    ask: @escaping @Sendable (Int, _ isStopped: () -> Bool) -> Outcome, receive: (Int, Outcome) -> Bool
  ) {
    let shared = Shared(count: count)
    let threads = min(max(1, width), count)
    for number in 0..<threads {
      startThread("question \(number)", stackSize: 1 << 20) { shared.work(ask) }
    }
    var running = threads
    while running > 0 {
      if shared.arrived.wait(timeout: .now() + .milliseconds(100)) == .success, let item = shared.take() {
        switch item {
        case .threadEnded: running -= 1
        case .answer(let number, let outcome, let isReceived):
          defer { isReceived.signal() }
          if !receive(number, outcome) { shared.stop() }
        }
      }
      if isCancelled() { shared.stop() }
    }
  }

  private enum Item: Sendable {
    case answer(Int, Outcome, isReceived: DispatchSemaphore)
    case threadEnded
  }

  private final class Shared: Sendable {
    let arrived = DispatchSemaphore(value: 0)
    private let count: Int
    private let next = Atomic<Int>(0)
    private let stopped = Atomic<Bool>(false)
    private let items = Mutex<[Item]>([])

    init(count: Int) { self.count = count }

    var isStopped: Bool { stopped.load(ordering: .relaxed) }
    func stop() { stopped.store(true, ordering: .relaxed) }

    func take() -> Item? { items.withLock { $0.isEmpty ? nil : $0.removeFirst() } }

    func work(_ ask: (Int, () -> Bool) -> Outcome) {
      let isReceived = DispatchSemaphore(value: 0)
      while !isStopped {
        let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard number < count else { break }
        put(.answer(number, ask(number) { self.isStopped }, isReceived: isReceived))
        // Nothing new is asked before an answer is in safe hands.
        isReceived.wait()
      }
      put(.threadEnded)
    }

    private func put(_ item: Item) {
      items.withLock { $0.append(item) }
      arrived.signal()
    }
  }
}
