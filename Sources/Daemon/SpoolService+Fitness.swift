import Foundation
import Jobs
import Spooling

/// How the service lives with an inbox, or a whole spool, that others take away and bring back.
extension SpoolService {
  /// Has inotify shorten the wait, and finds out how far it can be relied on.
  ///
  /// - Returns: To be ended; nil when nothing is watched.
  func beginToWatch() -> SpoolWatch? {
    Degradation.remove(in: options.folders)
    let kind = FileSystemKind(of: options.folders.inbox)
    if let kind, kind.changesUnheard {
      isHeard = false
      let seconds = min(options.poll, options.rescan).formatted()
      log.info("inbox/ lies on \(kind.name), where things change unheard: it is scanned every \(seconds) s")
    }
    guard options.watches else { return nil }
    let (mailbox, log, rescan) = (mailbox, log, options.rescan.formatted())
    return SpoolWatch(
      [options.folders.inbox, options.folders.control], onChange: { mailbox.post(.spoolChanged) },
      tell: { trouble in
        if let trouble {
          log.warning("\(trouble); the folders are scanned every \(rescan) s")
        } else {
          log.info("inbox/ and control/ are watched again")
        }
        mailbox.post(.spoolChanged)
      })
  }

  /// What lies in the inbox; nil when it cannot be read, which is said and passes.
  ///
  /// - Throws: ``JobFailure`` when the service drains: there is nobody to wait for.
  func dropsIfFit() throws(JobFailure) -> [Drop]? {
    if verdict == .fit {
      do throws(JobFailure) { return try Drop.scan(options.folders.inbox) } catch {
        note(.degraded(error.message))
      }
    }
    nextScan = options.clock.now.addingTimeInterval(min(options.poll, options.rescan))
    guard options.drains, let reason = verdict.reason else { return nil }
    throw JobFailure(
      .cannotWrite, reason, hint: "Check the folder's owner and permissions and what is mounted there.")
  }

  /// Whether the spool lies where it did; while it does not, nothing is started, recorded or published.
  func isThere() -> Bool {
    guard options.clock.now >= scanDue || verdict.isAway else { return true }
    let wasAway = verdict.isAway
    note(fitness.verdict())
    if verdict.isAway {
      nextScan = options.clock.now.addingTimeInterval(min(options.poll, options.rescan))
      return false
    }
    if wasAway {
      // Whatever the worker said meanwhile comes next, as if it had just been said.
      if lastHeard != nil { lastHeard = .now }
      for message in deferred { mailbox.post(message) }
      deferred = []
      nextScan = .distantPast
    }
    return true
  }

  /// Whether a message has to wait until the spool is back.
  func isDeferred(_ message: Message) -> Bool {
    guard verdict.isAway, case .worker = message else { return false }
    deferred.append(message)
    return true
  }

  /// Says what has changed: in the log, in `degraded.json`, and through ``degradation`` on the page and in the metrics.
  private func note(_ now: SpoolFitness.Verdict) {
    guard now != verdict else { return }
    let wasAway = verdict.isAway
    verdict = now
    hasNews = true
    if let reason = now.reason {
      degradation = Degradation(reason: reason, since: degradation?.since ?? options.clock.now)
      log.error("degraded: \(reason); the daemon goes on when that is mended")
      if !now.isAway { try? degradation?.write(in: options.folders) }
    } else {
      log.info("no longer degraded\(wasAway ? ": the spool is back" : "")")
      degradation = nil
      Degradation.remove(in: options.folders)
    }
  }
}
