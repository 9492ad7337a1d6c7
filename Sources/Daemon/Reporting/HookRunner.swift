import ChildProcesses
import Dispatch
import Foundation
import Logging
import Threads

/// Runs a program after every end of a job, one at a time, on a thread of its own: the daemon does not wait for it.
///
/// There is no shell and there are no arguments; the facts are in the environment.
final class HookRunner: Sendable {
  /// How a job ended.
  struct Event: Sendable {
    /// `done` or `failed`.
    var what: String
    var id: String
    var name: String
    /// The published folder.
    var folder: String
    var spool: String
    /// Of the failure.
    var code = ""
    var message = ""

    fileprivate var environment: [String: String] {
      [
        "SCISPOOL_EVENT": what, "SCISPOOL_ID": id, "SCISPOOL_NAME": name, "SCISPOOL_FOLDER": folder,
        "SCISPOOL_SPOOL": spool, "SCISPOOL_CODE": code, "SCISPOOL_MESSAGE": message,
      ]
    }
  }

  private let mailbox = Mailbox<Event?>()
  private let isOver = DispatchSemaphore(value: 0)

  /// - Parameter limit: Seconds after which a run is killed.
  init(_ program: String, limit: Double, log: Logger) {
    startThread("hook") { [mailbox, isOver] in
      while true {
        for event in mailbox.take(until: Date(timeIntervalSinceNow: 3600)) {
          guard let event else {
            isOver.signal()
            return
          }
          Self.run(program, event, limit, log)
        }
      }
    }
  }

  func tell(_ event: Event) { mailbox.post(event) }

  /// Ends after the runs that are due.
  func close() { mailbox.post(nil) }

  /// Waits for the runs that are due, at most so many seconds.
  func finish(within seconds: Double) {
    close()
    _ = isOver.wait(timeout: .now() + seconds)
  }

  private static func run(_ program: String, _ event: Event, _ limit: Double, _ log: Logger) {
    do {
      let environment = ProcessInfo.processInfo.environment.merging(event.environment) { $1 }
      let process = try ChildProcess(program, [], environment: environment)
      if process.wait(within: limit) == nil { process.send(signal: SIGKILL) }
      let end = process.wait()
      if end != .exited(status: 0) { log.warning("the hook for \(event.name) ended with \(end)") }
    } catch {
      log.error("the hook \(program) cannot be started: \(error.localizedDescription)")
    }
  }
}
