import Daemon
import Testing

struct BackoffTests {
  @Test(arguments: Backoff.Fault.allCases)
  func `doubles up to the limit, and spreads by a quarter at most`(fault: Backoff.Fault) {
    let backoff = Backoff()
    let pauses = (1...30).map { backoff.pause(after: fault, count: $0, jitter: 0) }
    for (earlier, later) in zip(pauses, pauses.dropFirst()) {
      #expect(later == min(backoff.limit, earlier * 2))
    }
    #expect(pauses.last == backoff.limit)
    for count in 1...30 {
      let longest = backoff.pause(after: fault, count: count, jitter: 1)
      #expect(longest == pauses[count - 1] * 1.25)
    }
  }
}
