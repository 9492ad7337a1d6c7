import Foundation
import Jobs
import Logging

/// What a spool that is served beside others has to do with them.
extension SpoolService {
  /// Has a background job make way for another spool's, and an idle worker for one that computes.
  func heedOtherSpools() {
    if attempt == nil, hasOutdatedWorker {
      hasOutdatedWorker = false
      dismissWorker("the next one is started otherwise")
    }
    guard let turn = options.turn else { return }
    if let attempt {
      guard turn.mustYield, attempt.stop == nil else { return }
      log.info("\(attempt.entry.claim.name) gives way to a job of another spool at its next step")
      stopAttempt(.putBack)
    } else if worker != nil, turn.mustLetGo {
      dismissWorker("another spool computes")
    }
  }

  /// Takes over what may change while the spool is served.
  func take(_ new: Options, _ level: Logger.Level) {
    let before = options
    options = options.changed(to: new)
    hasOutdatedWorker = hasOutdatedWorker || before.worker != options.worker
    queue.spoolPriority = options.priority
    if let running = queue.running { options.turn?.rerank(queue.bid(of: running, at: options.clock.now)) }
    if log.logLevel != level { log.logLevel = level }
    guard (before.hook, before.hookLimit) != (options.hook, options.hookLimit) else { return }
    // What the old one has still to be told it is told.
    hook?.close()
    hook = options.hook.map { HookRunner($0, limit: options.hookLimit, log: log) }
  }
}
