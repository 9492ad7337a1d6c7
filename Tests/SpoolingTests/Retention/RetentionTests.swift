import Foundation
import Spooling
import Testing

struct RetentionTests {
  private let now = Date(timeIntervalSince1970: 10_000_000)

  /// Five folders of 100 bytes, of 5, 4, 3, 2 and 1 days.
  private func jobs(unread: Set<String> = []) -> [StoredJob] {
    zip(["a", "b", "c", "d", "e"], [5.0, 4, 3, 2, 1]).map { name, days in
      StoredJob(
        area: .outbox, name: name, id: "id-\(name)", endedAt: now.addingTimeInterval(-days * 86400),
        bytes: 100,
        isRead: !unread.contains(name))
    }
  }

  private func gone(
    _ jobs: [StoredJob], need: Set<String> = [], _ change: (inout Retention) -> Void
  ) -> [String] {
    var retention = Retention()
    change(&retention)
    return retention.verdicts(on: jobs, at: now) { need.contains($0.name) ? "other" : nil }
      .compactMap { if case .goes = $0.verdict { $0.job.name } else { nil } }
  }

  @Test func `each limit takes the oldest`() {
    #expect(gone(jobs()) { _ in }.isEmpty)
    #expect(gone(jobs()) { $0.days = 3.5 } == ["a", "b"])
    #expect(gone(jobs()) { $0.days = 5 }.isEmpty)
    #expect(gone(jobs()) { $0.jobs = 2 } == ["a", "b", "c"])
    #expect(gone(jobs()) { $0.bytes = 299 } == ["a", "b", "c"])
    #expect(gone(jobs()) { $0.bytes = 300 } == ["a", "b"])
    #expect(gone(jobs()) { $0.jobs = 0 } == ["a", "b", "c", "d", "e"])
    #expect(
      gone(jobs()) {
        $0.days = 4.5
        $0.jobs = 3
      } == ["a", "b"])
  }

  @Test func `what is unread or needed stays, and younger ones make way for it`() {
    #expect(gone(jobs(unread: ["a"])) { $0.days = 3.5 } == ["b"])
    #expect(gone(jobs(unread: ["a"])) { $0.jobs = 3 } == ["b", "c"])
    #expect(gone(jobs(), need: ["b"]) { $0.bytes = 200 } == ["a", "c", "d"])
    #expect(
      gone(jobs(unread: ["a", "b"]), need: ["b"]) {
        $0.jobs = 3
        $0.includesUnread = true
      } == ["a", "c"])
  }

  @Test func `says what it keeps beyond the limits, and for whom`() {
    var retention = Retention()
    retention.days = 2.5
    let verdicts = retention.verdicts(on: jobs(unread: ["a"]), at: now) { $0.name == "b" ? "next" : nil }
    #expect(verdicts.map { $0.verdict } == [.unread, .needed(by: "next"), .goes("older than 2.5 days")])
  }

  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
    (3_210_000_000, "3.2 GB"), (5_000_000_000_000_000, "5000.0 TB"),
  ])
  func `sizes are readable`(bytes: Int, text: String) { #expect(Retention.size(bytes) == text) }
}
