import Foundation
import Glibc
import Jobs
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(20)))
struct SpoolGlanceTests {
  let spool: TemporarySpool

  init() throws { spool = try TemporarySpool() }

  private func look(_ sampler: inout ProcessSampler, served: Bool) throws -> SpoolGlance {
    try SpoolGlance(
      spool.folders, name: "nightly", isServed: served, waiting: 1, at: Date(), &sampler)
  }

  @Test func `tells what runs, what waits and what was done`() throws {
    defer { spool.remove() }
    var sampler = ProcessSampler()
    // Before any daemon came.
    let empty = try look(&sampler, served: false)
    #expect(empty.running == nil && empty.waitingCount == 0 && empty.supervisor == nil)
    try spool.drop(TemporarySpool.job(), as: "good.json")
    try spool.drop(TemporarySpool.job("refuse"), as: "bad.json")
    try spool.drain()
    for name in ["b", "c"] {
      try spool.drop(TemporarySpool.job("done", ", \"after\": [\"never\"]"), as: "\(name).json")
    }
    try spool.drop(TemporarySpool.job("stay", ", \"priority\": 9"), as: "a.json")
    let service = try spool.service { $0.drains = false }
    let stopper = service.stopper
    let (over, box) = (DispatchSemaphore(value: 0), Box(service))
    Thread.detachNewThread {
      try? box.value.run()
      over.signal()
    }
    var seen: SpoolGlance?
    let deadline = Date(timeIntervalSinceNow: 30)
    while Date() < deadline, seen?.running == nil || seen?.waitingCount != 2 {
      usleep(10_000)
      seen = try look(&sampler, served: true)
    }
    let glance = try #require(seen)
    stopper()
    over.wait()
    #expect(glance.running?.name == "a" && glance.running?.attempt == 1 && glance.inbox == 0)
    #expect(glance.waitingCount == 2 && glance.waiting.map(\.name) == ["b"])
    #expect(glance.lastHour.done == 1 && glance.lastHour.failed == 1 && glance.lastDay == glance.lastHour)
    #expect(glance.supervisor?.processID == Int(getpid()) && glance.worker?.processID != nil)
    // An attempt that a daemon left open is not shown as running.
    #expect(try look(&sampler, served: false).running == nil)
    let text = String(decoding: try JobJSON.line(glance), as: UTF8.self)
    for field in [
      "\"served\":true", "\"waiting_count\":2", "\"rss_bytes\":", "\"last_hour\":{\"done\":1,\"failed\":1",
    ] {
      #expect(text.contains(field), "\(field) in \(text)")
    }
  }

  private struct Box: @unchecked Sendable {
    // Unchecked: only the new thread uses it.
    let value: SpoolService
    init(_ value: SpoolService) { self.value = value }
  }

  @Test func `measures the use of the processor between two looks`() {
    defer { spool.remove() }
    var sampler = ProcessSampler()
    let own = Int(getpid())
    let first = sampler.sample(own)
    #expect(first != nil && first?.cpu == nil)
    // Busy until the kernel has counted some ticks.
    func used() -> Double { Machine.processorSeconds(of: getpid()) ?? 0 }
    let before = used()
    let deadline = Date(timeIntervalSinceNow: 30)
    while used() < before + 0.1, Date() < deadline {}
    let second = sampler.sample(own)
    #expect((second?.cpu ?? 0) > 0 && (second?.residentBytes ?? 0) > 1_000_000)
    let nobody = sampler.sample(Int(Int32.max))
    #expect(nobody == nil)
  }
}
