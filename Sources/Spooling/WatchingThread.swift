import CInotifyTools
import Foundation
import Glibc
import Synchronization
import Threads

/// The one thread of a process that owns every call to libinotifytools, which keeps one instance in static memory.
///
/// Listeners that are added while it waits are heard of within ``patience`` seconds.
final class WatchingThread: Sendable {
  static let shared = WatchingThread()

  struct Listener: Sendable {
    let paths: [String]
    let onChange: @Sendable () -> Void
    let tell: @Sendable (String?) -> Void
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
  private static let losses = UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

  func add(_ listener: Listener) -> Int {
    let (key, runs) = state.withLock { state in
      state.next += 1
      state.added[state.next] = listener
      defer { state.runs = true }
      return (state.next, state.runs)
    }
    if !runs {
      startThread("spool watch") { self.run() }
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
    while true {
      let (added, removed) = state.withLock { state in
        defer { (state.added, state.removed) = ([:], []) }
        return (state.added, state.removed)
      }
      for key in removed { watched.removeValue(forKey: key)?.end() }
      for (key, listener) in added {
        watched[key] = Watched(listener)
        // What came before the watch began was told to nobody.
        listener.onChange()
      }
      // Without an instance there is nothing to wait for, and an error other than 0, the end of the time, would come back at
      // once and for ever.
      let isReady = !watched.isEmpty && inotifytools_initialize() != 0
      let event = isReady ? inotifytools_next_event(Self.patience) : nil
      let isBroken = isReady && event == nil && inotifytools_error() != 0
      if !isReady || isBroken { sleep(UInt32(Self.patience)) }
      for key in watched.keys {
        if let event { watched[key]?.take(event.pointee) }
        watched[key]?.tryAgain(isBroken: isBroken)
      }
    }
  }

  /// A listener, and how far its folders are watched.
  private struct Watched {
    let listener: Listener
    /// Why not all are; tried again then.
    private var trouble: String?
    private var pause = firstPause
    private var next = Date.distantPast

    /// Seconds until a folder that cannot be watched is tried again; each further pause is twice as long.
    private static let (firstPause, longestPause) = (1.0, 60.0)
    private static let events = Int32(
      IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)

    init(_ listener: Listener) {
      self.listener = listener
      watch()
    }

    /// Who watches the folder of an event hears of it; all do when events were lost.
    mutating func take(_ event: inotify_event) {
      if event.wd >= 0 {
        // By name: the library goes on to give the old number of a folder that was replaced.
        guard let name = inotifytools_filename_from_wd(event.wd).map({ String(cString: $0) }),
          listener.paths.contains(where: { name == $0 || name == "\($0)/" })
        else { return }
        if event.mask & WatchingThread.losses != 0 { watch() }
      }
      listener.onChange()
    }

    mutating func tryAgain(isBroken: Bool) {
      guard isBroken || (trouble != nil && next <= Date()) else { return }
      watch()
      if trouble == nil { listener.onChange() }
    }

    /// Asks for events of all folders; a folder that is watched already stays so.
    private mutating func watch() {
      let now = Self.trouble(with: listener.paths)
      if (now == nil) != (trouble == nil) { listener.tell(now) }
      pause = now == nil || trouble == nil ? Self.firstPause : min(Self.longestPause, pause * 2)
      trouble = now
      next = Date().addingTimeInterval(pause)
    }

    private static func trouble(with paths: [String]) -> String? {
      func reason(_ what: String) -> String { "\(what): \(String(cString: strerror(inotifytools_error())))" }
      guard inotifytools_initialize() != 0 else { return reason("inotify is not to be had") }
      var trouble: String?
      for path in paths where inotifytools_watch_file(path, events) == 0 {
        trouble = trouble ?? reason("\(URL(filePath: path).lastPathComponent)/ cannot be watched")
      }
      return trouble
    }

    func end() {
      // A folder is kept with a slash behind it.
      for path in listener.paths where inotifytools_remove_watch_by_filename("\(path)/") == 0 {
        inotifytools_remove_watch_by_filename(path)
      }
    }
  }
}
