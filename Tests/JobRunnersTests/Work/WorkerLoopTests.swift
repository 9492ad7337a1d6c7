import Foundation
import Jobs
import Synchronization
import Testing
import Threads

@testable import JobRunners

extension ComputingTests {
  /// The loop as the supervisor sees it: lines in, lines out.
  @Suite struct WorkerLoopTests {
    private let spool: TemporarySpool

    init() throws { spool = try TemporarySpool() }

    private func events(after commands: [WorkerCommand]) throws -> [WorkerEvent] {
      let (input, output) = (Pipe(), Pipe())
      for command in commands { try input.fileHandleForWriting.write(contentsOf: JobJSON.line(command)) }
      let loop = WorkerLoop(output: output.fileHandleForWriting, beat: 0.01)
      let reading = input.fileHandleForReading
      let thread = Thread {
        loop.run(
          input: reading, runner: JobRunner(shelf: ModelShelf(budget: 1 << 30), version: "test"),
          version: "test")
        try? output.fileHandleForWriting.close()
      }
      thread.start()
      var events: [WorkerEvent] = []
      var rest = Data()
      while case let piece = output.fileHandleForReading.availableData, !piece.isEmpty {
        rest += piece
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
          let event = try JobJSON.value(WorkerEvent.self, from: Data(rest[rest.startIndex..<end]))
          rest = Data(rest[rest.index(after: end)...])
          events.append(event)
          if event.endsAJob {
            try input.fileHandleForWriting.write(contentsOf: JobJSON.line(WorkerCommand.shutdown))
          }
        }
      }
      return events
    }

    @Test(.timeLimit(.minutes(20))) func reportsAJobFromReadyToResult() throws {
      let order = spool.order(TemporarySpool.generate(#""prompts": ["x"]"#))
      let events = try events(after: [.run(order)])
      #expect(events.first == .ready(processID: getpid(), version: "test"))
      #expect(events.contains(.heartbeat))
      #expect(events.contains { if case .progress(order.id, _) = $0 { true } else { false } })
      #expect(
        events.contains { if case .artifact(order.id, let a) = $0 { a.file == "report.html" } else { false } }
      )
      guard case .result(order.id, let result) = events.last else {
        Issue.record("ends with \(String(describing: events.last))")
        return
      }
      #expect(try result.images().count == 1)
    }

    @Test(.timeLimit(.minutes(20))) func reportsABadJobAsAFailure() throws {
      let events = try events(after: [.run(spool.order(#"{"kind": "generate"}"#))])
      guard case .failure(_, let failure) = events.last else {
        Issue.record("ends with \(String(describing: events.last))")
        return
      }
      #expect(failure.problems.compactMap(\.field) == ["model", "prompts"])
    }

    @Test(.timeLimit(.minutes(20))) func stopsACancelledJob() throws {
      let order = spool.order(
        #"{"kind": "generate", "model": "flux-mini", "prompts": ["x"], "num_inference_steps": 1000}"#)
      let events = try events(after: [.run(order), .cancel(id: order.id)])
      guard case .failure(order.id, let failure) = events.last else {
        Issue.record("ends with \(String(describing: events.last))")
        return
      }
      #expect(failure.code == .cancelled)
    }

    @Test(.timeLimit(.minutes(20))) func `rests once when nothing is to do`() throws {
      let (input, output) = (Pipe(), Pipe())
      let rests = Mutex(0)
      let loop = WorkerLoop(output: output.fileHandleForWriting, beat: 0.01, patience: 0.05) {
        rests.withLock { $0 += 1 }
        startThread("later") {
          // Time enough to rest again, were it to.
          usleep(300_000)
          try? input.fileHandleForWriting.write(contentsOf: JobJSON.line(WorkerCommand.shutdown))
        }
      }
      loop.run(
        input: input.fileHandleForReading,
        runner: JobRunner(shelf: ModelShelf(budget: 1 << 30), version: "test"), version: "test")
      #expect(rests.withLock { $0 } == 1)
    }

    @Test(.timeLimit(.minutes(20))) func endsAtOnceWhenToldToBeforeAnyJob() throws {
      #expect(try events(after: [.shutdown]) == [.ready(processID: getpid(), version: "test")])
    }
  }
}

extension WorkerEvent {
  fileprivate var endsAJob: Bool {
    switch self {
    case .result, .failure: true
    default: false
    }
  }
}
