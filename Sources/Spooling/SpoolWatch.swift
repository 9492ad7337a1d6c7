import CInotifyTools
import Foundation
import Glibc
import Jobs

/// Tells when something happens in the inbox or the control folder of a spool, through inotify, until ``end()``.
///
/// A hint and nothing more: events may be lost, and whoever listens scans the folders anyway, at start and on a timer.
package final class SpoolWatch: Sendable {
  private let key: Int

  /// - Parameters:
  ///   - onChange: Called on the watching thread after something was made, closed, moved in or removed, and when events were
  ///     lost. Pipes, links and folders are made without ever being closed.
  ///   - onLoss: Called when a folder cannot be watched, for example on a network file system, or no longer (deleted,
  ///     unmounted): only the timer is left then.
  package init(
    _ folders: [URL], onChange: @escaping @Sendable () -> Void, onLoss: @escaping @Sendable (String) -> Void
  ) {
    key = WatchingThread.shared.add(
      WatchingThread.Listener(paths: folders.map(\.path), onChange: onChange, onLoss: onLoss))
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
