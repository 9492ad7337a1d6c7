import CLinux
import Foundation
import Glibc
import Jobs
import Threads

/// The file operations of the spool protocol, as closures so that tests can make any of them fail or never return.
///
/// What is renamed or created here is also synced, but by ``put(_:to:)``, ``link(_:as:)`` or where the call says otherwise: after a return, a
/// power cut does not undo it. A sync costs more than all else that is done to a small file.
package struct FileSystem: Sendable {
  /// Which of the folders that a change touches are synced.
  package enum Syncing: Sendable {
    /// None: what comes next syncs them, or the change may be undone.
    case none
    /// Where something is now; that it may be where it was, too, is harmless.
    case target
    case all
  }

  /// Makes a folder unless it is there.
  var makeFolderImplementation: @Sendable (URL, Syncing) throws(JobFailure) -> Void
  /// Renames without replacing; false when the target is taken.
  var renameImplementation: @Sendable (_ from: URL, _ to: URL, Syncing) throws(JobFailure) -> Bool
  /// Writes a file beside its place and renames it there.
  var writeImplementation: @Sendable (Data, URL) throws(JobFailure) -> Void
  /// Likewise, without waiting for the disk: for what ``syncImplementation`` syncs next.
  var putImplementation: @Sendable (Data, URL) throws(JobFailure) -> Void
  /// Gives a file a second name, or where that cannot be, makes a copy of that name.
  var linkImplementation: @Sendable (URL, _ other: URL) throws(JobFailure) -> Void
  var removeImplementation: @Sendable (URL) throws(JobFailure) -> Void
  /// Syncs files and folders, in no order.
  var syncImplementation: @Sendable ([URL]) throws(JobFailure) -> Void

  package func makeFolder(_ url: URL, syncing: Syncing = .all) throws(JobFailure) {
    try makeFolderImplementation(url, syncing)
  }
  package func rename(_ from: URL, to target: URL, syncing: Syncing = .all) throws(JobFailure) -> Bool {
    try renameImplementation(from, target, syncing)
  }
  package func write(_ data: Data, to url: URL) throws(JobFailure) { try writeImplementation(data, url) }
  package func put(_ data: Data, to url: URL) throws(JobFailure) { try putImplementation(data, url) }
  package func link(_ file: URL, as other: URL) throws(JobFailure) { try linkImplementation(file, other) }
  package func remove(_ url: URL) throws(JobFailure) { try removeImplementation(url) }
  package func sync(_ urls: [URL]) throws(JobFailure) { try syncImplementation(urls) }
  /// Syncs every file and folder of some trees, and others beside them.
  package func syncTrees(_ roots: [URL], and others: [URL] = []) throws(JobFailure) {
    try sync(roots.flatMap(Self.tree) + others)
  }

  /// The same operations, each announced before it begins and after it has ended.
  ///
  /// - Parameter observer: Gets the operation's name and the path it makes; what it throws, the operation throws.
  package func observed(
    by observer:
      @escaping @Sendable (_ operation: String, _ path: String, _ isOver: Bool) throws(JobFailure) -> Void
  ) -> FileSystem {
    let files = self
    return FileSystem(
      makeFolderImplementation: { (url, syncing) throws(JobFailure) in
        try observer("makeFolder", url.path, false)
        try files.makeFolder(url, syncing: syncing)
        try observer("makeFolder", url.path, true)
      },
      renameImplementation: { (from, to, syncing) throws(JobFailure) in
        try observer("rename", to.path, false)
        let isRenamed = try files.rename(from, to: to, syncing: syncing)
        try observer("rename", to.path, true)
        return isRenamed
      },
      writeImplementation: { (data, url) throws(JobFailure) in
        try observer("write", url.path, false)
        try files.write(data, to: url)
        try observer("write", url.path, true)
      },
      putImplementation: { (data, url) throws(JobFailure) in
        try observer("put", url.path, false)
        try files.put(data, to: url)
        try observer("put", url.path, true)
      },
      linkImplementation: { (file, other) throws(JobFailure) in
        try observer("link", other.path, false)
        try files.link(file, as: other)
        try observer("link", other.path, true)
      },
      removeImplementation: { (url) throws(JobFailure) in
        try observer("remove", url.path, false)
        try files.remove(url)
        try observer("remove", url.path, true)
      },
      syncImplementation: { (urls) throws(JobFailure) in
        try observer("sync", urls.last?.path ?? "", false)
        try files.sync(urls)
        try observer("sync", urls.last?.path ?? "", true)
      })
  }

  /// The number of the device that a path lies on.
  package func device(of url: URL) throws(JobFailure) -> UInt64 {
    var status = stat()
    guard stat(url.path, &status) == 0 else { throw Self.failure("look at", url) }
    return UInt64(status.st_dev)
  }

  /// A failure of the machine, with what the system says.
  static func failure(_ verb: String, _ url: URL) -> JobFailure {
    let reason = String(cString: strerror(errno))
    return JobFailure(
      .cannotWrite, "cannot \(verb) \(url.path): \(reason)",
      hint: "Check the folder's owner and permissions and the space on the disk.")
  }
}

extension FileSystem {
  /// For how many files the disk is waited for at once.
  static let waits = 8

  package static let system = FileSystem(
    makeFolderImplementation: { (url, syncing) throws(JobFailure) in
      if mkdir(url.path, 0o777) != 0 {
        var status = stat()
        if errno == EEXIST, stat(url.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        do {
          try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
          throw JobFailure(
            .cannotWrite, "cannot make the folder \(url.path): \(error.localizedDescription)",
            hint: "Check the owner and permissions of the folder above it.")
        }
      }
      if syncing != .none { try sync(url.deletingLastPathComponent()) }
    },
    renameImplementation: { (from, to, syncing) throws(JobFailure) in
      if rename_without_replacing(from.path, to.path) != 0 {
        if errno == EEXIST || errno == ENOTEMPTY { return false }
        // Some network file systems rename, but cannot promise not to replace. Only the daemon makes these names.
        var status = stat()
        guard errno == EINVAL else { throw failure("rename \(from.path) to", to) }
        if lstat(to.path, &status) == 0 { return false }
        guard Glibc.rename(from.path, to.path) == 0 else { throw failure("rename \(from.path) to", to) }
      }
      let (folder, source) = (to.deletingLastPathComponent(), from.deletingLastPathComponent())
      if syncing != .none { try sync(folder) }
      if syncing == .all, source.path != folder.path { try sync(source) }
      return true
    },
    writeImplementation: { (data, url) throws(JobFailure) in
      try put(data, at: url, isSynced: true)
      try sync(url.deletingLastPathComponent())
    },
    putImplementation: { (data, url) throws(JobFailure) in try put(data, at: url, isSynced: false) },
    linkImplementation: { (file, other) throws(JobFailure) in
      if Glibc.link(file.path, other.path) == 0 { return }
      try put(PlainFile.content(of: file, limit: .max), at: other, isSynced: false)
    },
    removeImplementation: { (url) throws(JobFailure) in
      var status = stat()
      guard lstat(url.path, &status) == 0 else { return }
      do {
        try FileManager.default.removeItem(at: url)
      } catch {
        throw JobFailure(.cannotWrite, "cannot remove \(url.path): \(error.localizedDescription)")
      }
    },
    syncImplementation: { (urls) throws(JobFailure) in
      // The disk is asked for all at once: each wait is most of the time.
      _ = try concurrentMap(urls, width: waits) { (url) throws(JobFailure) in try sync(url) }
    })

  /// The files and folders of a tree that can be synced, its root among them.
  private static func tree(_ root: URL) -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    var urls: [URL] = []
    for name in names {
      let url = root.appending(path: name, directoryHint: .notDirectory)
      var status = stat()
      guard lstat(url.path, &status) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      // What we may not even open we did not write: it was dropped so, and moved unread.
      case S_IFREG where access(url.path, R_OK) == 0: urls.append(url)
      case S_IFDIR where access(url.path, R_OK) == 0: urls += tree(url)
      default: break
      }
    }
    return urls + [root]
  }

  /// Writes a file beside its place and renames it there without waiting for the disk: for what may be lost.
  package static func replace(_ url: URL, by data: Data) throws(JobFailure) {
    try put(data, at: url, isSynced: false)
  }

  private static func put(_ data: Data, at url: URL, isSynced: Bool) throws(JobFailure) {
    let (sibling, file) = try beside(url)
    defer { close(file) }
    var written = 0
    while written < data.count {
      let count = data.withUnsafeBytes {
        Glibc.write(file, $0.baseAddress! + written, data.count - written)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("write", url)
      }
      written += count
    }
    guard !isSynced || fsync(file) == 0, Glibc.rename(sibling.path, url.path) == 0 else {
      throw failure("write", url)
    }
  }

  /// What a file is called until it is complete.
  static func temporaryName(of name: String) -> String { ".\(name).tmp" }

  /// A new file beside a place; never one that is there, or what a link of that name leads to.
  private static func beside(_ url: URL) throws(JobFailure) -> (URL, Int32) {
    let sibling = url.deletingLastPathComponent().appending(path: temporaryName(of: url.lastPathComponent))
    func made() -> Int32 {
      open(sibling.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    }
    var file = made()
    // What a crash left, or somebody put there: the name is ours.
    if file < 0, errno == EEXIST, unlink(sibling.path) == 0 { file = made() }
    guard file >= 0 else { throw failure("write", url) }
    return (sibling, file)
  }

  private static func sync(_ url: URL) throws(JobFailure) {
    let file = open(url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw failure("open", url) }
    defer { close(file) }
    // Some file systems cannot sync folders and say so; there is nothing to wait for then.
    guard fsync(file) == 0 || errno == EINVAL else { throw failure("sync", url) }
  }
}
