import Foundation
import Spooling
import Testing

struct ClaimIDsTests {
  @Test func `sorts in the order of making, within a millisecond and when the clock goes back`() {
    var ids = ClaimIDs()
    var made: [String] = []
    for second in [1_000_000.0, 1_000_000, 1_000_000.5, 999_999, 1_000_001] {
      for _ in 0..<3000 { made.append(ids.next(at: Date(timeIntervalSince1970: second))) }
    }
    #expect(made == made.sorted())
    #expect(Set(made).count == made.count)
  }

  @Test func `is a UUID of version 7 that tells its time`() throws {
    var ids = ClaimIDs()
    let id = ids.next(at: Date(timeIntervalSince1970: 1_645_557_742))
    #expect(UUID(uuidString: id)?.uuidString.lowercased() == id)
    // The time of the example in RFC 9562, A.6.
    #expect(id.hasPrefix("017f22e2-79b0-7"))
    #expect("89ab".contains(try #require(id.split(separator: "-")[3].first)))
  }
}
