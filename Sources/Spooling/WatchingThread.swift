import CInotifyTools
import Foundation
import Glibc
import Synchronization

/// The one thread of a process that owns every call to libinotifytools, which keeps one instance in static memory.
///
/// Listeners that are added while it waits are heard of within ``patience`` seconds.
final class WatchingThread: Sendable {
  static let shared = WatchingThread()

  struct Listener: Sendable {
    let paths: [String]
    let onChange: @Sendable () -> Void
    let onLoss: @Sendable (String) -> Void
  }

  private struct State {
    var next = 0
    var runs = false
    var added: [Int: Listener] = [:]
    var removed: Set<Int> = []
  }

  private let state = Mutex(State())
  /// Seconds between two looks at what was added and removed; the library cannot be woken.
  private static let patience: Int = 1

  private static let events = Int32(
    IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF)
  private static let losses = UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

  func add(_ listener: Listener) -> Int {
    let (key, runs) = state.withLock { state in
      state.next += 1
      state.added[state.next] = listener
      defer { state.runs = true }
      return (state.next, state.runs)
    }
    if !runs {
      let thread = Thread { self.run() }
      thread.name = "spool watch"
      thread.start()
    }
    return key
  }

  func remove(_ key: Int) {
    state.withLock {
      $0.added[key] = nil
      $0.removed.insert(key)
    }
  }

  private func run() {
    var watched: [Int: Watched] = [:]
    let isReady = inotifytools_initialize() != 0
    let obstacle = String(cString: strerror(inotifytools_error()))
    while true {
      let (added, removed) = state.withLock { state in
        defer { (state.added, state.removed) = ([:], []) }
        return (state.added, state.removed)
      }
      for key in removed { watched.removeValue(forKey: key)?.end() }
      for (key, listener) in added {
        guard isReady else {
          listener.onLoss("\(listener.folderNames) cannot be watched: \(obstacle)")
          continue
        }
        watched[key] = Watched(listener, Self.events)
        // What came before the watch began was told to nobody.
        listener.onChange()
      }
      guard isReady, !watched.isEmpty else {
        sleep(UInt32(Self.patience))
        continue
      }
      if let event = inotifytools_next_event(Self.patience) {
        Self.tell(&watched, event.pointee)
      } else if inotifytools_error() != 0 {
        // It would come back at once and for ever.
        let reason = String(cString: strerror(inotifytools_error()))
        for one in watched.values {
          one.listener.onLoss("\(one.listener.folderNames) cannot be watched: \(reason)")
        }
        watched = [:]
      }
    }
  }

  /// Whoever watches the folder of the event hears of it; all do when events were lost.
  private static func tell(_ watched: inout [Int: Watched], _ event: inotify_event) {
    for (key, one) in watched where event.wd < 0 || one.numbers.contains(event.wd) {
      if event.wd >= 0, event.mask & losses != 0 {
        one.listener.onLoss("one of \(one.listener.folderNames) was deleted, moved or unmounted")
        watched.removeValue(forKey: key)?.end(without: event.wd)
      } else {
        one.listener.onChange()
      }
    }
  }

  /// A listener with the numbers that inotify gave its folders.
  private struct Watched {
    let listener: Listener
    private(set) var numbers: Set<Int32> = []

    init(_ listener: Listener, _ events: Int32) {
      self.listener = listener
      for path in listener.paths {
        guard inotifytools_watch_file(path, events) != 0 else {
          listener.onLoss("cannot watch \(path): \(String(cString: strerror(inotifytools_error())))")
          continue
        }
        // A folder is kept with a slash behind it.
        let number = inotifytools_wd_from_filename(path)
        numbers.insert(number >= 0 ? number : inotifytools_wd_from_filename(path + "/"))
      }
    }

    /// - Parameter lost: What the kernel has let go of already.
    func end(without lost: Int32? = nil) {
      for number in numbers where number != lost { inotifytools_remove_watch_by_wd(number) }
    }
  }
}

extension WatchingThread.Listener {
  fileprivate var folderNames: String {
    paths.map { URL(filePath: $0).lastPathComponent }.joined(separator: " and ")
  }
}
