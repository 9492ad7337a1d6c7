import Daemon
import Foundation
import Glibc
import Jobs
import Spooling
import Testing

@Suite(.timeLimit(.minutes(20)))
struct OwnerLimitsTests {
  @Test func `says what is beyond`() {
    #expect(OwnerLimits().obstacle(to: 1 << 40, jobs: 1 << 20, bytes: 1 << 40) == nil)
    let limits = OwnerLimits(jobs: 2, bytes: 1000)
    #expect(limits.obstacle(to: 400, jobs: 1, bytes: 600) == nil)
    #expect(limits.obstacle(to: 1, jobs: 2, bytes: 0) == "2 jobs wait or run, the limit is 2")
    #expect(
      limits.obstacle(to: 401, jobs: 1, bytes: 600)
        == "600 B wait or run and this has 401 B, the limit is 1.0 kB")
    // What never fits is let in to be refused.
    #expect(limits.isBeyond(1001) && !limits.isBeyond(1000))
    #expect(limits.obstacle(to: 1001, jobs: 0, bytes: 0) == nil)
  }

  @Test func `drops beyond the limit wait in the inbox, and are taken when there is room`() throws {
    let spool = try TemporarySpool()
    defer { spool.remove() }
    for name in ["a", "b", "c"] {
      try spool.drop(
        TemporarySpool.job("done", name == "a" ? ", \"after\": [\"c\"]" : ""), as: name + ".json")
    }
    try spool.drain { $0.ownerLimits = OwnerLimits(jobs: 1) }
    // a waits for a job that is not let in: nothing is left that could start.
    #expect(try spool.names(in: spool.folders.inbox) == ["b.json", "c.json"])
    #expect(try spool.names(in: spool.folders.outbox).isEmpty)
    try spool.drain { $0.ownerLimits = OwnerLimits(jobs: 2) }
    #expect(try spool.names(in: spool.folders.outbox) == ["a", "b", "c"])
    #expect(try spool.summary(of: "b")?.owner == JobOwner(uid: geteuid()))
  }

  @Test func `a drop larger than the limit fails with both numbers`() throws {
    let spool = try TemporarySpool()
    defer { spool.remove() }
    let job = TemporarySpool.job()
    try spool.drop(job, as: "large.json")
    try spool.drain { $0.ownerLimits = OwnerLimits(bytes: job.count - 1) }
    let failure = try spool.failure(of: "large")
    #expect(failure.code == .tooLarge && failure.message.contains("\(job.count) bytes"))
    #expect(try spool.names(in: spool.folders.inbox).isEmpty)
  }
}
