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

  /// Seconds until a folder that cannot be watched is tried again; each further pause is twice as long.
  private static let (firstPause, longestPause) = (1, 60)

  /// Watches the folders until the process ends. One that is replaced is watched anew, one that is gone as soon as it is
  /// there again.
  ///
  /// - Parameters:
  ///   - onChange: Called on the watching thread after something was made, closed, moved in or removed, after permissions
  ///     changed, when events were lost, and when a watch was lost or is back. Pipes, links and folders are made without
  ///     ever being closed.
  ///   - tell: Called with the reason when not all folders can be watched, and with nil when all are again.
  package static func start(
    _ folders: [URL], onChange: @escaping @Sendable () -> Void, tell: @escaping @Sendable (String?) -> Void
  ) {
    let trouble = watch(folders)
    if let trouble { tell(trouble) }
    let thread = Thread {
      var (trouble, pause) = (trouble, firstPause)
      while true {
        // Without an instance there is nothing to wait for; an error other than 0, which is the end of the time, would
        // come back at once and for ever.
        let isReady = inotifytools_initialize() != 0
        let event = isReady ? inotifytools_next_event(trouble == nil ? 3600 : pause) : nil
        let isBroken = !isReady || (event == nil && inotifytools_error() != 0)
        if isBroken { sleep(UInt32(pause)) }
        if isBroken || event.map({ $0.pointee.mask & losses != 0 }) == true
          || (trouble != nil && event == nil)
        {
          let now = watch(folders)
          if (now == nil) != (trouble == nil) { tell(now) }
          pause = now == nil ? firstPause : min(longestPause, pause * 2)
          trouble = now
        }
        if event != nil { onChange() }
      }
    }
    thread.name = "spool watch"
    thread.start()
  }

  private static let losses = UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

  /// Asks for events of all folders; a folder that is watched already stays so.
  ///
  /// - Returns: Why not all can be watched.
  private static func watch(_ folders: [URL]) -> String? {
    let events = Int32(
      IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)
    func reason(_ what: String) -> String { "\(what): \(String(cString: strerror(inotifytools_error())))" }
    guard inotifytools_initialize() != 0 else { return reason("inotify is not to be had") }
    var trouble: String?
    for folder in folders where inotifytools_watch_file(folder.path, events) == 0 {
      trouble = trouble ?? reason("\(folder.lastPathComponent)/ cannot be watched")
    }
    return trouble
  }
}
