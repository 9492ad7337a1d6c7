import Dispatch
import Foundation
import Jobs
import Synchronization
import Tensors
import Threads

/// The worker process's life: commands come in a line each, events go out a line each, one job runs at a time.
///
/// Commands are read on a thread of their own, so that a cancellation reaches the job that runs. When the supervisor
/// goes away, its end of the pipe closes: the running job stops at its next step, and the process ends.
package final class WorkerLoop: Sendable {
  private let output: FileHandle
  private let outputLock = Mutex(())
  private let state = Mutex(State())
  private let arrived = DispatchSemaphore(value: 0)

  private struct State {
    var waiting: [WorkOrder] = []
    var cancelled: Set<String> = []
    var isRunning = false
    var isClosing = false
  }

  /// Seconds between signs of life.
  private let beat: Double
  /// Seconds without an order after which the worker rests.
  private let patience: Double
  private let rest: @Sendable () -> Void

  /// - Parameter rest: Called when nothing has been to do for a while, until there is again: gives back memory that is kept for
  ///   the next job.
  package init(
    output: FileHandle = .standardOutput, beat: Double = 2, patience: Double = 10,
    rest: @escaping @Sendable () -> Void = { FloatMemory.releaseSpare() }
  ) {
    (self.output, self.beat, self.patience, self.rest) = (output, beat, patience, rest)
  }

  /// Works until the shutdown command or the end of the input.
  ///
  /// Call it on the thread that is to compute.
  package func run(input: FileHandle = .standardInput, runner: JobRunner, version: String) {
    startThread("commands") { self.readCommands(from: input) }
    send(.ready(processID: getpid(), version: version))
    startThread("heartbeat") { self.giveSignsOfLife() }
    while let order = nextOrder() {
      state.withLock { $0.isRunning = true }
      let end = event(for: order, runner)
      state.withLock { $0.isRunning = false }
      send(end)
    }
  }

  /// A stopped or wedged process sends none; a long step does not keep this thread from it.
  private func giveSignsOfLife() {
    while true {
      Thread.sleep(forTimeInterval: beat)
      let (isRunning, isClosing) = state.withLock { ($0.isRunning, $0.isClosing) }
      if isClosing { return }
      if isRunning { send(.heartbeat) }
    }
  }

  private func event(for order: WorkOrder, _ runner: JobRunner) -> WorkerEvent {
    let context = JobContext(
      progress: { self.send(.progress(id: order.id, $0)) },
      artifact: { self.send(.artifact(id: order.id, $0)) },
      log: { self.send(.log(id: order.id, $0)) },
      isCancelled: { self.state.withLock { $0.isClosing || $0.cancelled.contains(order.id) } })
    do throws(JobFailure) {
      return .result(id: order.id, try runner.run(order, context))
    } catch {
      return .failure(id: order.id, error)
    }
  }

  private func nextOrder() -> WorkOrder? {
    while true {
      if arrived.wait(timeout: .now() + patience) == .timedOut {
        rest()
        arrived.wait()
      }
      let (order, isClosing) = state.withLock { state -> (WorkOrder?, Bool) in
        if state.isClosing { return (nil, true) }
        guard !state.waiting.isEmpty else { return (nil, false) }
        return (state.waiting.removeFirst(), false)
      }
      if let order { return order }
      if isClosing { return nil }
    }
  }

  private func readCommands(from input: FileHandle) {
    var rest = Data()
    // FileHandle waits until a buffer is full; a command has to be obeyed when it comes.
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(input.fileDescriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      rest += buffer[..<count]
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        obey(Data(rest[rest.startIndex..<end]))
        rest = Data(rest[rest.index(after: end)...])
      }
    }
    close()
  }

  private func obey(_ line: Data) {
    do throws(JobFailure) {
      switch try JobJSON.value(WorkerCommand.self, from: line) {
      case .run(let order):
        state.withLock {
          $0.cancelled.remove(order.id)
          $0.waiting.append(order)
        }
        arrived.signal()
      case .cancel(let id): state.withLock { _ = $0.cancelled.insert(id) }
      case .shutdown: close()
      }
    } catch {
      send(.log(id: nil, LogLine(.error, "a command that is none: \(error.message)")))
    }
  }

  private func close() {
    state.withLock { $0.isClosing = true }
    arrived.signal()
  }

  private func send(_ event: WorkerEvent) {
    guard let line = try? JobJSON.line(event) else { return }
    // Without a reader there is nobody to tell; the input's end stops the work.
    outputLock.withLock { _ in try? output.write(contentsOf: line) }
  }
}
