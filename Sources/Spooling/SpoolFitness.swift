import Foundation
import Glibc
import Jobs

/// Whether the places of a spool that others may touch are as the daemon needs them, looked at anew each time.
package struct SpoolFitness: Sendable {
  private let folders: SpoolFolders
  /// The root's, as long as it is the spool that was there at first.
  private let (device, inode): (dev_t, ino_t)

  /// - Throws: ``JobFailure`` `cannot_write` when there is no such spool.
  package init(_ folders: SpoolFolders) throws(JobFailure) {
    var status = stat()
    guard stat(folders.root.path, &status) == 0 else { throw FileSystem.failure("look at", folders.root) }
    (self.folders, device, inode) = (folders, status.st_dev, status.st_ino)
  }

  package enum Verdict: Sendable, Equatable {
    case fit
    /// Nothing can be dropped, or nothing asked for; the jobs that are claimed are out of harm's way.
    case degraded(String)
    /// Another folder, or none, lies where the spool was: nothing may be written there.
    case away(String)

    package var isAway: Bool { if case .away = self { true } else { false } }

    package var reason: String? {
      switch self {
      case .fit: nil
      case .degraded(let reason), .away(let reason): reason
      }
    }
  }

  package func verdict() -> Verdict {
    if let reason = absence { return .away(reason) }
    for folder in [folders.inbox, folders.control] {
      if let reason = obstacle(in: folder) { return .degraded(reason) }
    }
    return .fit
  }

  private var absence: String? {
    var status = stat()
    guard stat(folders.root.path, &status) == 0 else {
      return "\(folders.root.path) cannot be looked at: \(Self.why(errno))"
    }
    guard status.st_dev == device, status.st_ino == inode else {
      return "another folder lies at \(folders.root.path) now"
    }
    return nil
  }

  private func obstacle(in folder: URL) -> String? {
    let name = "\(folder.lastPathComponent)/"
    var status = stat()
    guard lstat(folder.path, &status) == 0 else { return "\(name) cannot be looked at: \(Self.why(errno))" }
    guard status.st_mode & S_IFMT == S_IFDIR else { return "\(name) is no folder" }
    guard status.st_dev == device else {
      return "\(name) lies on another file system than the spool: nothing can be taken from it by a rename"
    }
    guard access(folder.path, R_OK | W_OK | X_OK) == 0, let opened = opendir(folder.path) else {
      return "\(name) cannot be read and written: \(Self.why(errno))"
    }
    closedir(opened)
    return nil
  }

  private static func why(_ code: Int32) -> String { String(cString: strerror(code)) }
}
