import Evaluation
import Foundation
import Jobs
import LocalServer
import Testing

@testable import JobRunners

@Suite struct PairwiseBenchmarkTests {
  private let spool: JudgeSpool
  private static let tuples = 6

  init() throws {
    spool = try JudgeSpool()
    try spool.writeTuples(Self.tuples)
  }

  private func result(
    _ fields: String..., by answer: @escaping @Sendable (LocalServer.Request) -> LocalServer.Behaviour
  ) throws -> (PairwiseBenchmarkResult, [LocalServer.Request]) {
    let server = try LocalServer(answer)
    defer { server.stop() }
    let job = JudgeSpool.job(
      "pairwise", server.base, ([#""max_retries": 0"#] + fields).joined(separator: ", "))
    return (try spool.compared(job), server.received)
  }

  private static func chooses(_ number: Int) -> LocalServer.Behaviour {
    .says(#"{"choice": "image-\#(number)"}"#)
  }

  @Test func whoKnowsTheAnswerIsRightInBothOrders() throws {
    let (result, requests) = try result { Self.chooses($0.pictures[0] % 2 == 0 ? 1 : 2) }
    let overall = try #require(result.overall)
    #expect(overall.accuracy == 1 && overall.n == Self.tuples && overall.both == Self.tuples)
    #expect(overall.consistency == 1 && overall.positionBias == 0)
    #expect(overall.rightFirst == 1 && overall.rightSecond == 1)
    let interval = Rate(successes: Self.tuples, n: Self.tuples).wilsonInterval
    #expect(overall.low == interval.lowerBound && overall.high == interval.upperBound)
    #expect(requests.count == 2 * Self.tuples)
    for tuple in 0..<Self.tuples {
      for order in [[2 * tuple, 2 * tuple + 1], [2 * tuple + 1, 2 * tuple]] {
        #expect(requests.count { $0.pictures == order } == 1)
      }
    }
    #expect(requests.allSatisfy { $0.text.contains("prompt \(($0.pictures[0]) / 2)") })
    #expect(Set(result.categories.keys) == ["even", "odd"] && result.categories["odd"]?.n == 3)
    #expect(result.laws.count == Self.tuples && result.orientations.isEmpty)
  }

  @Test func whoAlwaysTakesTheFirstHasHalfRightAndABias() throws {
    let (result, _) = try result { _ in Self.chooses(1) }
    let overall = try #require(result.overall)
    #expect(overall.accuracy == 0.5 && overall.consistency == 0 && overall.positionBias == 0.5)
    #expect(overall.rightFirst == 1 && overall.rightSecond == 0)
    // Tuples, not answers, are what the interval counts.
    let interval = Rate(successes: 3, n: 6).wilsonInterval
    #expect(overall.low == interval.lowerBound && overall.high == interval.upperBound)
    let page = String(decoding: try spool.spool.read("output/report.html"), as: UTF8.self)
    #expect(page.contains("<th>bias</th>") && page.contains("<td>50.0</td>"))
    #expect(page.contains("Answered wrongly: \(Self.tuples) tuples"))
    #expect(page.contains("right picture first: found · right picture second: not found"))
    #expect(page.matches(of: /<img [^>]*src="data:image/).count == 2 * Self.tuples)
  }

  @Test func whatHasNoScoreIsCountedApart() throws {
    // Tuple 0: only the first order can be read, and is right. Tuple 1: no order. The others: wrong in both.
    let (result, _) = try result { request in
      switch request.pictures {
      case [0, 1]: Self.chooses(1)
      case [1, 0], [2, 3]: .says("both are nice")
      case [3, 2]: .status(422)
      default: Self.chooses(request.pictures[0] % 2 == 0 ? 2 : 1)
      }
    }
    let overall = try #require(result.overall)
    #expect(overall.n == 5 && overall.both == 4 && overall.accuracy == 0.2 && overall.consistency == 1)
    #expect(result.usage.unparsable == 2 && result.usage.unanswered == 1 && result.usage.questions == 12)
    #expect(result.laws["law 1"] == nil && result.laws["law 0"]?.accuracy == 1)
    let rows = try spool.spool.read("output/scores.jsonl").split(separator: UInt8(ascii: "\n")).map {
      try JobJSON.value(PairwiseBenchmarkResult.Row.self, from: Data($0))
    }
    #expect(
      rows[0].orders.map(\.isRight) == [true, nil] && rows[0].orders.map(\.choice) == ["image-1", nil])
    #expect(rows[0].explicitImage == "tuples/0-right.png" && rows[1].orders.allSatisfy { $0.problem != nil })
    #expect(rows[2].orders.map(\.isRight) == [false, false])
  }

  @Test func reasoningIsAskedForAndItsLastWordCounts() throws {
    let (result, requests) = try result(#""chain_of_thought": true, "limit": 1"#) { _ in
      .says(#"At first {"choice": "image-2"} seems right, but no. {"choice": "image-1"}"#)
    }
    #expect(requests.count == 2 && requests.allSatisfy { $0.text.contains("step by step") })
    #expect(result.chainOfThought && result.overall?.n == 1 && result.overall?.positionBias == 0.5)
  }
}
