import CInotifyTools
import Foundation
import Glibc
import Jobs

/// Tells when something happens in the inbox or the control folder of a spool, through inotify, until ``end()``.
///
/// A hint and nothing more: events may be lost, and whoever listens scans the folders anyway, at start and on a timer.
package final class SpoolWatch: Sendable {
  private let key: Int

  /// One that is replaced is watched anew, one that is gone as soon as it is there again.
  ///
  /// - Parameters:
  ///   - onChange: Called on the watching thread after something was made, closed, moved in or removed, after permissions
  ///     changed, when events were lost, and when a watch was lost or is back. Pipes, links and folders are made without
  ///     ever being closed.
  ///   - tell: Called with the reason when not all folders can be watched, and with nil when all are again.
  package init(
    _ folders: [URL], onChange: @escaping @Sendable () -> Void, tell: @escaping @Sendable (String?) -> Void
  ) {
    key = WatchingThread.shared.add(
      WatchingThread.Listener(paths: folders.map(\.path), onChange: onChange, tell: tell))
  }

  package func end() { WatchingThread.shared.remove(key) }

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
}
