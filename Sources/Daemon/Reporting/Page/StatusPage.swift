import Foundation
import Jobs
import Ledger
import Spooling

/// How a spool stands, for people with a browser: `status.html` in its root.
package struct StatusPage: Sendable, Equatable {
  package struct Running: Sendable, Equatable {
    package var name: String
    package var kind: String
    package var attempt: Int
    package var startedAt: Date
    package var progress: JobProgress?

    package init(name: String, kind: String, attempt: Int, startedAt: Date, progress: JobProgress? = nil) {
      (self.name, self.kind, self.attempt) = (name, kind, attempt)
      (self.startedAt, self.progress) = (startedAt, progress)
    }
  }

  package struct Waiting: Sendable, Equatable {
    package var name: String
    package var kind: String
    package var priority: Int
    package var claimedAt: Date
    /// What it waits for beside its turn; nil for nothing.
    package var reason: String?
    /// Who dropped it.
    package var owner: String?

    package init(
      name: String, kind: String, priority: Int, claimedAt: Date, reason: String? = nil,
      owner: String? = nil
    ) {
      self.owner = owner
      (self.name, self.kind, self.priority) = (name, kind, priority)
      (self.claimedAt, self.reason) = (claimedAt, reason)
    }
  }

  /// A job in the outbox with what shows it.
  package struct Result: Sendable, Equatable {
    package var job: LatestJobs.Job
    /// The picture, relative to the spool's root; nil for a job that has none.
    package var picture: String?
    /// What a click on it opens, relative to the spool's root; nil when its folder is gone.
    package var link: String?

    package init(job: LatestJobs.Job, picture: String? = nil, link: String? = nil) {
      (self.job, self.picture, self.link) = (job, picture, link)
    }
  }

  /// What the machine has left; rounded, so that a page is not written for a few bytes.
  package struct Room: Sendable, Equatable {
    package var freeBytes: Int?
    package var availableMemory: Int?
    package var totalMemory: Int?
    /// Memory of the worker.
    package var workerMemory: Int?

    package init() {}
  }

  package var spool: String
  package var servedSince: Date
  /// Whether the daemon goes on after this page.
  package var isServed = true
  /// Why no job is to start, if so.
  package var pause: String?
  /// What is wrong with the inbox or the spool, if anything.
  package var degradation: String?
  package var running: Running?
  package var waiting: [Waiting] = []
  package var results: [Result] = []
  package var failures: [LatestJobs.Job] = []
  package var lastHour = LatestJobs.Throughput()
  package var lastDay = LatestJobs.Throughput()
  package var room = Room()

  package init(spool: String, servedSince: Date) { (self.spool, self.servedSince) = (spool, servedSince) }
}
