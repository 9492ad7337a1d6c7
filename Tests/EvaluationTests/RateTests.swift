import Foundation
import Scenes
import Testing

@testable import Evaluation

@Suite("Rates")
struct RateTests {
  @Test("the standard error is the binomial one")
  func standardError() {
    let rate = Rate(successes: 90, n: 100)
    #expect(rate.rate == 0.9)
    #expect(abs(rate.standardError - 0.03) < 1e-12)
    #expect(Rate().rate == 0 && Rate().standardError == 0)
  }

  @Test("tasks add up to the total, and the report has both")
  func byTask() throws {
    var rates = RateByTask()
    for k in 0..<10 { rates.count(k % 2 == 0, for: k < 4 ? .rust : .melting) }
    #expect(rates.tasks[.rust] == Rate(successes: 2, n: 4) && rates.total == Rate(successes: 5, n: 10))
    let text = String(decoding: try JSONEncoder().encode(rates), as: UTF8.self)
    #expect(text.contains("\"rust\"") && text.contains("\"standard_error\""))
  }
}
