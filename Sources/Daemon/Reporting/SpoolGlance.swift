import Foundation
import Jobs
import Ledger
import Spooling

/// How a spool stands at one moment, seen from outside its daemon.
package struct SpoolGlance: Sendable, Encodable {
  package struct Running: Sendable, Encodable {
    package let name: String
    package let kind: String?
    package let attempt: Int
    package let startedAt: String
    package let progress: JobProgress?

    enum CodingKeys: String, CodingKey {
      case name, kind, attempt
      case startedAt = "started_at"
      case progress
    }
  }

  /// What the configuration calls the spool.
  package let name: String?
  package let root: String
  package let isServed: Bool
  /// Why no job is to start, if so.
  package let paused: String?
  package let running: Running?
  /// Drops that are not claimed yet.
  package let inbox: Int
  package let waitingCount: Int
  /// The first of those that wait.
  package let waiting: [LedgerReader.Summary]
  package let lastHour: LatestJobs.Throughput
  package let lastDay: LatestJobs.Throughput
  package let supervisor: ProcessFigures?
  package let worker: ProcessFigures?

  enum CodingKeys: String, CodingKey {
    case name, root
    case isServed = "served"
    case paused, running, inbox
    case waitingCount = "waiting_count"
    case waiting
    case lastHour = "last_hour"
    case lastDay = "last_day"
    case supervisor, worker
  }

  /// - Parameters:
  ///   - isServed: Whether a daemon holds the spool's lock.
  ///   - limit: How many waiting jobs are looked at.
  /// - Throws: ``JobFailure`` of a ledger that cannot be read; one that is not there yet is empty.
  package init(
    _ folders: SpoolFolders, name: String?, isServed: Bool, waiting limit: Int, at now: Date,
    _ sampler: inout ProcessSampler
  ) throws(JobFailure) {
    (self.name, root, self.isServed) = (name, folders.root.path, isServed)
    paused = SpoolPause(in: folders)?.reason
    inbox = (try? Drop.scan(folders.inbox).count) ?? 0
    guard FileManager.default.fileExists(atPath: folders.ledger.path) else {
      (running, waitingCount, self.waiting, supervisor, worker) = (nil, 0, [], nil, nil)
      (lastHour, lastDay) = (LatestJobs.Throughput(), LatestJobs.Throughput())
      return
    }
    let ledger = try Ledger.reading(path: folders.ledger.path)
    // An attempt that is open without a daemon runs no more.
    let open = try isServed ? ledger.running() : nil
    running = open.map { open in
      let file = Claim.Place(open.id, in: folders).folder.appending(path: "progress.json")
      let progress = (try? Data(contentsOf: file)).flatMap { try? JobJSON.value(JobProgress.self, from: $0) }
      return Running(
        name: open.name, kind: open.kind, attempt: open.attempt, startedAt: open.startedAt, progress: progress
      )
    }
    (waitingCount, self.waiting) = try ledger.waiting(limit)
    (lastHour, lastDay) = try ledger.throughput(before: now)
    let owner = isServed ? (try? String(contentsOf: folders.lock, encoding: .utf8)) : nil
    supervisor = owner.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
      .flatMap { sampler.sample($0) }
    worker = open?.worker.flatMap { sampler.sample($0) }
  }
}
