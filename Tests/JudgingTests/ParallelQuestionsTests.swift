import Foundation
import LocalServer
import Synchronization
import Testing

@testable import Judging

@Suite struct ParallelQuestionsTests {
  private static let never: @Sendable () -> Bool = { false }

  private func answer(_ number: Int) throws -> ParallelQuestions.Outcome {
    let body = Data(#"{"choices":[{"message":{"content":"\#(number)"}}]}"#.utf8)
    return .success(ChatClient.Answer(body: body, reply: try ChatReply(body), retries: 0))
  }

  @Test(arguments: [1, 3, 64]) func everyQuestionIsAskedOnce(width: Int) throws {
    var got: [Int: String] = [:]
    ParallelQuestions.run(count: 50, width: width, isCancelled: Self.never) { number, _ in
      (try? answer(number)) ?? .failure(ChatFault(.question, "no answer"))
    } receive: { number, outcome in
      #expect(got[number] == nil)
      got[number] = (try? outcome.get())?.reply.content
      return true
    }
    #expect(got == Dictionary(uniqueKeysWithValues: (0..<50).map { ($0, "\($0)") }))
  }

  @Test func asManyAtATimeAsWereAsked() throws {
    let open = Mutex<(now: Int, most: Int)>((0, 0))
    var count = 0
    ParallelQuestions.run(count: 12, width: 3, isCancelled: Self.never) { number, _ in
      open.withLock { ($0.now, $0.most) = ($0.now + 1, max($0.most, $0.now + 1)) }
      // Long enough for the other threads to begin.
      for _ in 0..<100 where open.withLock({ $0.most }) < 3 { Thread.sleep(forTimeInterval: 0.05) }
      open.withLock { $0.now -= 1 }
      return (try? answer(number)) ?? .failure(ChatFault(.question, "no answer"))
    } receive: { _, _ in
      count += 1
      return true
    }
    #expect(count == 12 && open.withLock { $0.most } == 3)
  }

  @Test func stopsWhenTheReceiverHasEnough() throws {
    let asked = Atomic<Int>(0)
    var received = 0
    ParallelQuestions.run(count: 1000, width: 2, isCancelled: Self.never) { number, _ in
      asked.wrappingAdd(1, ordering: .relaxed)
      Thread.sleep(forTimeInterval: 0.005)
      return (try? answer(number)) ?? .failure(ChatFault(.question, "no answer"))
    } receive: { _, _ in
      received += 1
      return received < 5
    }
    #expect(received >= 5 && received == asked.load(ordering: .relaxed) && received < 100)
  }

  @Test func aCancellationBreaksOffWhatRuns() throws {
    let server = try LocalServer { _ in .silence(seconds: 60) }
    defer { server.stop() }
    let client = ChatClient(try #require(ChatEndpoint(server.base)), key: nil, settings: .init())
    let end = ContinuousClock.now + .milliseconds(300)
    let isLate: @Sendable () -> Bool = { ContinuousClock.now > end }
    var outcomes: [ChatFault.Kind] = []
    ParallelQuestions.run(count: 100, width: 4, isCancelled: isLate) { _, isStopped in
      do throws(ChatFault) { return .success(try client.ask(Data("{}".utf8), isCancelled: isStopped)) } catch
      {
        return .failure(error)
      }
    } receive: { _, outcome in
      if case .failure(let fault) = outcome { outcomes.append(fault.kind) }
      return true
    }
    #expect(outcomes == Array(repeating: .cancelled, count: 4))
    #expect(server.received.count <= 4)
  }
}
