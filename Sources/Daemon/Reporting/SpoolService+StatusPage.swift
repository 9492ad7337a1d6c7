import Foundation
import Glibc
import Jobs
import Ledger
import Spooling

extension SpoolService {
  /// How many ended jobs of either sort the page shows.
  private static let shownJobs = 12

  /// Writes the page when something has happened, a minute has passed, or at once.
  func showPage(now isDue: Bool) {
    let now = options.clock.now
    guard isDue || (now >= nextPage && (hasNews || now >= nextPageCheck)) else { return }
    hasNews = false
    (nextPage, nextPageCheck) = (now.addingTimeInterval(options.pagePause), now.addingTimeInterval(60))
    let failure = statusFile.show(at: now) { () throws(JobFailure) in try page(at: now, isServed: !isDue) }
    if let failure {
      log.warning("status.html is not written, which hurts no job: \(failure.message)")
    }
  }

  private func page(at now: Date, isServed: Bool) throws(JobFailure) -> StatusPage {
    let latest = try ledger.latest(Self.shownJobs, at: now)
    var page = StatusPage(spool: options.folders.root.path, servedSince: startedAt)
    page.isServed = isServed
    page.pause = pause?.reason
    page.degradation = degradation?.reason
    page.running = attempt.map {
      StatusPage.Running(
        name: $0.entry.claim.name, kind: $0.entry.request.kind.rawValue, attempt: $0.number,
        startedAt: $0.started, progress: $0.progress)
    }
    page.waiting = queue.ranked(at: now).map {
      StatusPage.Waiting(
        name: $0.claim.name, kind: $0.kind, priority: $0.request.options.priority,
        claimedAt: $0.claim.claimedAt, reason: recordedWaits[$0.claim.id]?.detail,
        owner: $0.claim.owner?.name)
    }
    page.results = latest.done.map(result)
    page.failures = latest.failed
    (page.lastHour, page.lastDay) = (latest.lastHour, latest.lastDay)
    page.room.freeBytes = Machine.freeBytes(of: options.folders.root).map(Self.rounded)
    if let memory = Machine.memory() {
      page.room.availableMemory = Self.rounded(memory.available)
      page.room.totalMemory = Self.rounded(memory.total)
    }
    page.room.workerMemory = worker.flatMap { Machine.resident($0.processID) }.map(Self.rounded)
    return page
  }

  /// To a tenth of a gigabyte.
  private static func rounded(_ bytes: Int) -> Int { (bytes + 50_000_000) / 100_000_000 * 100_000_000 }

  /// A job with the picture that shows it: a thumbnail of its gallery, else its first picture or its contact sheet.
  private func result(_ job: LatestJobs.Job) -> StatusPage.Result {
    return StatusPage.Result(
      job: job, picture: picture(ofJobNamed: job.name, first: job.firstImage).map { "outbox/\($0)" },
      link: (published("report.html", of: job.name) ?? published("result.json", of: job.name)).map {
        "outbox/\($0)"
      })
  }

  /// The picture that shows a finished job, relative to the outbox; nil when it has none.
  ///
  /// - Parameter first: The first picture of its result.
  func picture(ofJobNamed name: String, first: String?) -> String? {
    ["thumbnails/00000.jpg", first, "contact-sheet.png"].lazy.compactMap { $0 }
      .compactMap { self.published($0, of: name) }.first
  }

  /// A file of a finished job, relative to the outbox; nil when it is not there.
  private func published(_ file: String, of name: String) -> String? {
    // A score job names its pictures itself, as paths from elsewhere.
    guard !file.hasPrefix("/"), !file.split(separator: "/").contains("..") else { return nil }
    let path = "\(name)/\(file)"
    var status = stat()
    return lstat("\(options.folders.outbox.path)/\(path)", &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      ? path : nil
  }
}
