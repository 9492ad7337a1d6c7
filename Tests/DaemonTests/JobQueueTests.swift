import Daemon
import Foundation
import Jobs
import Ledger
import Spooling
import Testing

struct JobQueueTests {
  private let now = Date(timeIntervalSince1970: 1_000_000)

  private func entry(_ name: String, _ change: (inout JobOptions) -> Void = { _ in }) throws -> JobQueue.Entry
  {
    let record = """
      {"id": "id-\(name)", "name": "\(name)", "file_name": "\(name).json", "is_folder": false,
       "claimed_at": "2026-01-01T00:00:00Z"}
      """
    var options = JobOptions()
    change(&options)
    return JobQueue.Entry(
      claim: try JobJSON.value(Claim.self, from: Data(record.utf8)),
      request: JobRequest(options: options, work: .score(ScoreRequest(model: "m", source: .items([])))))
  }

  private func started(_ decisions: [JobQueue.Decision]) -> [String] {
    decisions.compactMap { if case .start(let entry) = $0 { entry.claim.name } else { nil } }
  }

  private func failed(_ decisions: [JobQueue.Decision]) -> [String: JobFailure.Code] {
    var codes: [String: JobFailure.Code] = [:]
    for case .fail(let entry, let failure) in decisions { codes[entry.claim.name] = failure.code }
    return codes
  }

  @Test func `starts the highest priority first, then the oldest claim, one at a time`() throws {
    var queue = JobQueue()
    for (name, priority) in [("a", 0), ("b", 5), ("c", 5), ("d", -1)] {
      #expect(queue.add(try entry(name) { $0.priority = priority }).isEmpty)
    }
    var order: [String] = []
    while let name = started(queue.decide(at: now) { _ in .open }).first {
      #expect(queue.decide(at: now) { _ in .open }.isEmpty)
      order.append(name)
      queue.finish("id-\(name)")
    }
    #expect(order == ["b", "c", "a", "d"])
    #expect(queue.isIdle)
  }

  @Test func `the spool's priority adds to each job's, and asks for the turn with the sum`() throws {
    var queue = JobQueue()
    queue.spoolPriority = -50
    _ = queue.add(try entry("a") { $0.priority = 20 })
    _ = queue.add(try entry("b") { $0.priority = 60 })
    var asked: [Double?] = []
    let none = queue.decide(
      at: now,
      mayStart: {
        asked.append($0?.rank)
        return false
      }, dependency: { _ in .open })
    #expect(none.isEmpty && asked == [10] && queue.running == nil)
    let bid = queue.bid(of: queue.waiting[0], at: now)
    #expect(bid.isBackground && !queue.bid(of: queue.waiting[1], at: now).isBackground)
    // While none may start the spool asks for nothing.
    _ = queue.decide(
      at: now, isPaused: true,
      mayStart: {
        asked.append($0?.rank)
        return true
      }, dependency: { _ in .open })
    #expect(asked == [10, nil])
    #expect(started(queue.decide(at: now) { _ in .open }) == ["b"])
  }

  @Test func `holds a job until not_before and says when to look again`() throws {
    var queue = JobQueue()
    let moment = now.addingTimeInterval(60)
    _ = queue.add(try entry("a") { $0.notBefore = moment })
    #expect(queue.decide(at: now) { _ in .open }.isEmpty)
    #expect(queue.nextMoment(after: now) == moment)
    #expect(started(queue.decide(at: moment) { _ in .open }) == ["a"])
  }

  @Test func `fails a job that has not started by its deadline, but not one that runs`() throws {
    var queue = JobQueue()
    let deadline = now.addingTimeInterval(60)
    _ = queue.add(try entry("a") { $0.deadline = deadline })
    _ = queue.add(try entry("b") { $0.deadline = deadline })
    #expect(started(queue.decide(at: now) { _ in .open }) == ["a"])
    #expect(failed(queue.decide(at: deadline) { _ in .open }) == ["b": .deadlinePassed])
    #expect(queue.running?.claim.name == "a")
  }

  @Test func `waits for what a job names, and says when that has failed`() throws {
    var queue = JobQueue()
    _ = queue.add(try entry("a") { $0.after = ["x", "y"] })
    #expect(queue.decide(at: now) { $0 == "x" ? .done : .open }.isEmpty)
    #expect(queue.decide(at: now) { $0 == "x" ? .done : .failed }.isEmpty)
    let wait = try #require(queue.waits(at: now) { $0 == "x" ? .done : .failed }["id-a"])
    #expect(wait.cause == .after && wait.detail.contains("y, which it waits for, has failed"))
    #expect(started(queue.decide(at: now) { _ in .done }) == ["a"])
  }

  @Test func `waiting raises a job's rank, but no background job's above the others`() throws {
    let claimed = Date(timeIntervalSince1970: 1_767_225_600)
    func order(_ jobs: [(String, Int)], hours: Double) throws -> [String] {
      var queue = JobQueue()
      let moment = claimed.addingTimeInterval(hours * 3600)
      for (name, priority) in jobs {
        _ = queue.add(
          try entry(name) {
            $0.priority = priority
            // The one called new has waited for nothing.
            if name == "new" { $0.notBefore = moment }
          })
      }
      var names: [String] = []
      while let name = started(queue.decide(at: moment) { _ in .open }).first {
        names.append(name)
        queue.finish("id-\(name)")
      }
      return names
    }
    #expect(try order([("old", 0), ("new", 50)], hours: 4.9) == ["new", "old"])
    #expect(try order([("old", 0), ("new", 50)], hours: 5.1) == ["old", "new"])
    #expect(try order([("old", -50), ("new", -10)], hours: 4.1) == ["old", "new"])
    #expect(try order([("old", -50), ("new", 0)], hours: 1000) == ["new", "old"])
  }

  @Test func `a background job gives way to one that could start, and to no other`() throws {
    var queue = JobQueue()
    _ = queue.add(try entry("a") { $0.priority = -1 })
    #expect(started(queue.decide(at: now) { _ in .open }) == ["a"])
    _ = queue.add(try entry("b") { $0.priority = -1 })
    _ = queue.add(try entry("c") { $0.after = ["x"] })
    #expect(queue.decide(at: now) { _ in .open }.isEmpty)
    let decisions = queue.decide(at: now) { _ in .done }
    guard case .yield(let entry, let other)? = decisions.first, decisions.count == 1 else {
      Issue.record("\(decisions)")
      return
    }
    #expect(entry.claim.name == "a" && other.claim.name == "c")
    queue.putBack("id-a")
    #expect(started(queue.decide(at: now) { _ in .done }) == ["c"])
    queue.finish("id-c")
    #expect(started(queue.decide(at: now) { _ in .done }) == ["a"])
  }

  @Test func `a paused spool starts nothing`() throws {
    var queue = JobQueue()
    _ = queue.add(try entry("a"))
    #expect(queue.decide(at: now, isPaused: true) { _ in .open }.isEmpty)
    #expect(started(queue.decide(at: now) { _ in .open }) == ["a"])
  }

  @Test func `skips a newcomer whose unique_key waits or runs`() throws {
    var queue = JobQueue()
    _ = queue.add(try entry("a") { $0.uniqueKey = "k" })
    #expect(failed(queue.add(try entry("b") { $0.uniqueKey = "k" })) == ["b": .duplicate])
    #expect(started(queue.decide(at: now) { _ in .open }) == ["a"])
    #expect(failed(queue.add(try entry("c") { $0.uniqueKey = "k" })) == ["c": .duplicate])
    queue.finish("id-a")
    #expect(queue.add(try entry("d") { $0.uniqueKey = "k" }).isEmpty)
  }

  @Test func `replaces the waiting job of the same unique_key and cancels the running one`() throws {
    var queue = JobQueue()
    _ = queue.add(try entry("a") { $0.uniqueKey = "k" })
    _ = queue.decide(at: now) { _ in .open }
    let newcomer = try entry("b") {
      $0.uniqueKey = "k"
      $0.onConflict = .replace
    }
    let running = try #require(queue.running)
    guard case .cancelRunning(running, let failure)? = queue.add(newcomer).first else {
      Issue.record("the running job goes on")
      return
    }
    #expect(failure.code == .cancelled && failure.message.contains("b replaces it"))
    let last = try entry("c") {
      $0.uniqueKey = "k"
      $0.onConflict = .replace
    }
    #expect(failed(queue.add(last)) == ["b": .duplicate])
    #expect(queue.waiting.map(\.claim.name) == ["c"])
  }

  @Test func `queues a newcomer behind its unique_key when asked to`() throws {
    var queue = JobQueue()
    for name in ["a", "b"] {
      let newcomer = try entry(name) {
        $0.uniqueKey = "k"
        $0.onConflict = .queue
      }
      #expect(queue.add(newcomer).isEmpty)
    }
    #expect(queue.waiting.count == 2)
  }

  @Test func `pauses a job a minute at a time on a full disk, however often`() throws {
    var queue = JobQueue()
    _ = queue.add(try entry("a") { $0.maxAttempts = 1 })
    var moment = now
    for _ in 0..<20 {
      #expect(started(queue.decide(at: moment) { _ in .open }) == ["a"])
      queue.pause("id-a", because: JobFailure(.diskFull, "full"), at: moment)
      #expect(queue.awaitsRetry)
      #expect(started(queue.decide(at: moment.addingTimeInterval(59)) { _ in .open }).isEmpty)
      moment = moment.addingTimeInterval(60)
    }
  }

  @Test(arguments: [
    (JobFailure.Code.cannotWrite, [1.0, 2, 4]), (.busy, [1, 2, 4]), (.outOfMemory, [30, 60, 120]),
  ])
  func `pauses longer after each failed attempt, by the kind of fault, and gives up after max_attempts`(
    code: JobFailure.Code, pauses: [Double]
  ) throws {
    var queue = JobQueue { 0 }
    let failure = JobFailure(code, "no")
    _ = queue.add(try entry("a") { $0.maxAttempts = 4 })
    var moment = now
    for pause in pauses {
      #expect(started(queue.decide(at: moment) { _ in .open }) == ["a"])
      #expect(queue.retry("id-a", after: failure, at: moment) == nil)
      #expect(queue.awaitsRetry)
      #expect(queue.nextMoment(after: moment) == moment.addingTimeInterval(pause))
      #expect(started(queue.decide(at: moment.addingTimeInterval(pause - 0.1)) { _ in .open }).isEmpty)
      moment = moment.addingTimeInterval(pause)
    }
    #expect(started(queue.decide(at: moment) { _ in .open }) == ["a"])
    #expect(queue.retry("id-a", after: failure, at: moment) == failure)
    #expect(queue.isIdle)
  }

  @Test func `tries again after two crashes without using up attempts, and gives up at the third`() throws {
    var queue = JobQueue { 0.999 }
    _ = queue.add(try entry("a") { $0.maxAttempts = 1 })
    _ = queue.add(try entry("b"))
    var moment = now
    for pause in [5.0, 10] {
      #expect(started(queue.decide(at: moment) { _ in .open }) == ["a"])
      #expect(queue.crash("id-a", from: nil, "signal 9", at: moment) == nil)
      // Others go first meanwhile.
      let later = moment.addingTimeInterval(pause * 1.24)
      if pause == 5 {
        #expect(started(queue.decide(at: later) { _ in .open }) == ["b"])
        queue.finish("id-b")
      } else {
        #expect(queue.decide(at: later) { _ in .open }.isEmpty)
      }
      moment = moment.addingTimeInterval(pause * 1.25)
    }
    #expect(started(queue.decide(at: moment) { _ in .open }) == ["a"])
    let failure = queue.crash("id-a", from: nil, "signal 9", at: moment)
    #expect(failure?.code == .workerDied && failure?.disposition == .quarantine)
  }

  @Test func `a job that used up its time goes behind the others, as long as it gets on`() throws {
    var queue = JobQueue()
    let deadline = now.addingTimeInterval(1)
    _ = queue.add(try entry("a") { $0.deadline = deadline })
    _ = queue.add(try entry("b"))
    #expect(started(queue.decide(at: now) { _ in .open }) == ["a"])
    let first = queue.endSlice("id-a", from: 1, at: now)
    #expect(started(queue.decide(at: now) { _ in .open }) == ["b"])
    queue.finish("id-b")
    // It has started once: the deadline is met.
    #expect(started(queue.decide(at: deadline) { _ in .open }) == ["a"])
    let second = queue.endSlice("id-a", from: 5, at: now)
    _ = queue.decide(at: deadline) { _ in .open }
    let third = queue.endSlice("id-a", from: 5, at: now)
    #expect([first, second, third] == [true, true, false])
  }

  @Test func `ignores answers about jobs that do not run`() throws {
    var queue = JobQueue()
    _ = queue.add(try entry("a"))
    _ = queue.decide(at: now) { _ in .open }
    queue.finish("id-b")
    queue.putBack("id-b")
    #expect(queue.crash("id-b", from: nil, "signal 9", at: now) == nil)
    #expect(queue.running?.claim.name == "a")
    queue.putBack("id-a")
    #expect(queue.waiting.map(\.claim.name) == ["a"])
  }

  @Test func `does not start a held job, whatever else it waits for, until it is released`() throws {
    var queue = JobQueue()
    _ = queue.add(try entry("a") { $0.priority = 100 })
    _ = queue.add(try entry("b"))
    queue.set(Hold(reason: "not now", heldAt: now), of: "id-a", at: now)
    #expect(queue.waits(at: now) { _ in .open } == ["id-a": JobWait(.held, "not now")])
    #expect(started(queue.decide(at: now) { _ in .open }) == ["b"])
    queue.finish("id-b")
    #expect(queue.decide(at: now) { _ in .open }.isEmpty)
    #expect(!queue.awaitsRetry)
    queue.set(nil, of: "id-a", at: now)
    #expect(started(queue.decide(at: now) { _ in .open }) == ["a"])
  }

  @Test func `holds a running job once it is put back`() throws {
    var queue = JobQueue()
    _ = queue.add(try entry("a"))
    _ = queue.decide(at: now) { _ in .open }
    queue.set(Hold(reason: "not now", heldAt: now), of: "id-a", at: now)
    queue.putBack("id-a")
    #expect(queue.decide(at: now) { _ in .open }.isEmpty)
  }

  @Test func `says why each job waits`() throws {
    var queue = JobQueue()
    _ = queue.add(try entry("later") { $0.notBefore = now.addingTimeInterval(60) })
    _ = queue.add(try entry("follower") { $0.after = ["x", "y"] })
    _ = queue.add(try entry("failing"))
    _ = queue.decide(at: now) { $0 == "x" ? .done : .open }
    #expect(queue.retry("id-failing", after: JobFailure(.cannotWrite, "no room"), at: now) == nil)
    let waits = queue.waits(at: now) { $0 == "x" ? .done : .open }
    #expect(waits["id-later"] == JobWait(.notBefore, "not before 1970-01-12T13:47:40Z"))
    #expect(waits["id-follower"] == JobWait(.after, "after y"))
    #expect(waits["id-failing"] == JobWait(.pause, "tried again at 1970-01-12T13:46:41Z: no room"))
    queue.endPause("id-failing")
    #expect(queue.waits(at: now) { _ in .open }["id-failing"] == nil)
  }

  @Test func `finds jobs by name and takes out those that wait`() throws {
    var queue = JobQueue()
    for name in ["a", "b"] { _ = queue.add(try entry(name)) }
    _ = queue.decide(at: now) { _ in .open }
    #expect(queue.entry(named: "a")?.claim.id == "id-a" && queue.entry(named: "c") == nil)
    let removed = ["id-a", "id-b"].map { queue.remove($0) }
    #expect(removed == [false, true] && queue.waiting.isEmpty)
  }
}
