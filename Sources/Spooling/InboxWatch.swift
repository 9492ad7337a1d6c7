import CInotifyTools
import Foundation
import Glibc
import Jobs

/// Tells when something happens in the inbox, through inotify.
///
/// A hint and nothing more: events may be lost, and whoever listens scans the folder anyway, at start and on a timer.
/// libinotifytools keeps one instance a process in static memory, so there is one watch a process, and one thread owns
/// every call to it. Start it before any child process: its descriptor is not closed on exec.
package enum InboxWatch {
  /// Watches the folder until the process ends.
  ///
  /// - Parameters:
  ///   - onChange: Called on the watching thread after something was made, closed or moved in, and when events were
  ///     lost. Pipes, links and folders are made without ever being closed.
  ///   - onLoss: Called when the folder can no longer be watched (deleted, unmounted): only the timer is left then.
  /// - Throws: ``JobFailure`` when inotify is not to be had, for example on a network file system without it.
  package static func start(
    _ inbox: URL, onChange: @escaping @Sendable () -> Void, onLoss: @escaping @Sendable (String) -> Void
  ) throws(JobFailure) {
    let events = Int32(IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)
    guard inotifytools_initialize() != 0, inotifytools_watch_file(inbox.path, events) != 0 else {
      let reason = String(cString: strerror(inotifytools_error()))
      throw JobFailure(
        .busy, "cannot watch \(inbox.path): \(reason)", hint: "The inbox is scanned on a timer instead.")
    }
    let thread = Thread {
      while true {
        guard let event = inotifytools_next_event(3600) else {
          // Nothing for an hour, or an error, which would come back at once and for ever.
          if inotifytools_error() == 0 { continue }
          onLoss(
            "\(inbox.path) cannot be watched any more: \(String(cString: strerror(inotifytools_error())))")
          return
        }
        let mask = event.pointee.mask
        if mask & UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED) != 0 {
          onLoss("\(inbox.path) was deleted, moved or unmounted")
          return
        }
        onChange()
      }
    }
    thread.name = "inbox watch"
    thread.start()
  }
}
