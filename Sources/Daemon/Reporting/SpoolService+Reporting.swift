import Foundation
import Jobs
import Ledger
import Spooling

extension SpoolService {
  /// Seconds between two writings of the metrics.
  private static let reportPause = 15.0

  /// Writes metrics and page when it is time, or for the last time.
  func report(now isDue: Bool = false) {
    writeMetrics(now: isDue)
    if !verdict.isAway { showPage(now: isDue) }
  }

  func writeMetrics(now isDue: Bool = false) {
    guard let file = options.metrics, isDue || options.clock.now >= nextReport else { return }
    nextReport = options.clock.now.addingTimeInterval(Self.reportPause)
    do throws(JobFailure) {
      // The next ones come soon: they are not worth a wait for the disk.
      try FileSystem.replace(file, by: Data(try metrics().text.utf8))
    } catch { log.warning("the metrics are not written: \(error.message)") }
  }

  private func metrics() throws(JobFailure) -> MetricsText {
    var metrics = MetricsText()
    metrics.spool = options.name
    metrics.figures = try ledger.figures()
    for cause in JobWait.Cause.allCases { metrics.waiting[cause.rawValue] = 0 }
    for wait in recordedWaits.values { metrics.waiting[wait.cause.rawValue, default: 0] += 1 }
    metrics.waiting["turn"] = queue.waiting.count - recordedWaits.count
    metrics.isRunning = attempt != nil
    metrics.isPaused = pause != nil
    metrics.isDegraded = degradation != nil
    metrics.freeBytes = Machine.freeBytes(of: options.folders.root)
    (metrics.startedAt, metrics.writtenAt) = (
      startedAt.timeIntervalSince1970, options.clock.now.timeIntervalSince1970
    )
    return metrics
  }

  /// Has the hook run for a job that has ended.
  func tellHook(of claim: Claim, failure: JobFailure? = nil) {
    let folder = (failure == nil ? options.folders.outbox : options.folders.failed).appending(
      path: claim.name)
    hook?.tell(
      HookRunner.Event(
        what: failure == nil ? "done" : "failed", id: claim.id, name: claim.name, folder: folder.path,
        spool: options.folders.root.path, code: failure?.code.rawValue ?? "", message: failure?.message ?? "")
    )
  }
}
