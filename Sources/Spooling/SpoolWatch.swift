import CInotifyTools
import Foundation
import Glibc
import Jobs

/// Tells when something happens in the inbox or the control folder, through inotify.
///
/// A hint and nothing more: events may be lost, and whoever listens scans the folders anyway, at start and on a timer.
/// libinotifytools keeps one instance a process in static memory, so there is one of these a process, and one thread owns
/// every call to it. Start it before any child process: its descriptor is not closed on exec.
package enum SpoolWatch {
  /// Why a folder cannot be watched; nil when it can.
  package static func obstacle(to folder: URL) -> String? {
    let descriptor = inotify_init()
    guard descriptor >= 0 else { return String(cString: strerror(errno)) }
    defer { close(descriptor) }
    guard inotify_add_watch(descriptor, folder.path, UInt32(IN_MOVED_TO)) >= 0 else {
      return String(cString: strerror(errno))
    }
    return nil
  }

  /// Watches the folders until the process ends.
  ///
  /// - Parameters:
  ///   - onChange: Called on the watching thread after something was made, closed, moved in or removed, and when events were
  ///     lost. Pipes, links and folders are made without ever being closed.
  ///   - onLoss: Called when a folder can no longer be watched (deleted, unmounted): only the timer is left then.
  /// - Throws: ``JobFailure`` when inotify is not to be had, for example on a network file system without it.
  package static func start(
    _ folders: [URL], onChange: @escaping @Sendable () -> Void, onLoss: @escaping @Sendable (String) -> Void
  ) throws(JobFailure) {
    let events = Int32(IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF)
    var isReady = inotifytools_initialize() != 0
    for folder in folders {
      isReady = isReady && inotifytools_watch_file(folder.path, events) != 0
      guard isReady else {
        let reason = String(cString: strerror(inotifytools_error()))
        throw JobFailure(
          .busy, "cannot watch \(folder.path): \(reason)", hint: "The folder is scanned on a timer instead.")
      }
    }
    let names = folders.map(\.lastPathComponent).joined(separator: ", ")
    let thread = Thread {
      while true {
        guard let event = inotifytools_next_event(3600) else {
          // Nothing for an hour, or an error, which would come back at once and for ever.
          if inotifytools_error() == 0 { continue }
          onLoss(
            "\(names): cannot be watched any more: \(String(cString: strerror(inotifytools_error())))")
          return
        }
        let mask = event.pointee.mask
        if mask & UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED) != 0 {
          onLoss("\(names): one of them was deleted, moved or unmounted")
          return
        }
        onChange()
      }
    }
    thread.name = "spool watch"
    thread.start()
  }
}
