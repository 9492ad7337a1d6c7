import CLinux
import Foundation

/// The questions that path rules ask a file system; tests may answer them themselves.
package struct FileLookup: Sendable {
  /// The path without symlinks, `.` and `..`; nil when nothing is there or it cannot be reached.
  package var realPath: @Sendable (String) -> String?
  /// What a path leads to: its real path and its kind, both of one thing that is held open meanwhile; nil when nothing is
  /// there or it cannot be reached.
  package var found: @Sendable (String) -> Found?
  package var kind: @Sendable (String) -> Kind
  /// Names in a folder, in any order; empty when there is no such folder.
  package var entries: @Sendable (String) -> [String]

  package struct Found: Sendable, Equatable {
    package let realPath: String
    package let kind: Kind

    package init(realPath: String, kind: Kind) { (self.realPath, self.kind) = (realPath, kind) }
  }

  package init(
    realPath: @escaping @Sendable (String) -> String?, found: @escaping @Sendable (String) -> Found?,
    kind: @escaping @Sendable (String) -> Kind, entries: @escaping @Sendable (String) -> [String]
  ) {
    (self.realPath, self.found) = (realPath, found)
    self.kind = kind
    self.entries = entries
  }

  package enum Kind: String, Sendable {
    case file, folder, fifo, socket, device, missing

    var phrase: String {
      switch self {
      case .file: "a file"
      case .folder: "a folder"
      case .fifo: "a FIFO"
      case .socket: "a socket"
      case .device: "a device"
      case .missing: "not there any more"
      }
    }
  }

  package static let system = FileLookup(
    realPath: { path in
      guard let resolved = realpath(path, nil) else { return nil }
      defer { free(resolved) }
      return String(cString: resolved)
    },
    found: { path in
      // One opening decides: whatever becomes of the links on the way, path and kind are of the same thing.
      let place = open_place(path)
      guard place >= 0 else { return nil }
      defer { close(place) }
      var (status, linked) = (stat(), stat())
      guard fstat(place, &status) == 0,
        let real = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(place)"),
        // What was removed meanwhile has a path that nobody has, or that another thing has.
        real.hasPrefix("/"), lstat(real, &linked) == 0, linked.st_ino == status.st_ino,
        linked.st_dev == status.st_dev
      else { return nil }
      return Found(realPath: real, kind: kind(of: status))
    },
    kind: { path in
      var status = stat()
      return stat(path, &status) == 0 ? kind(of: status) : .missing
    },
    entries: { path in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] })

  private static func kind(of status: stat) -> Kind {
    switch status.st_mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .folder
    case S_IFIFO: .fifo
    case S_IFSOCK: .socket
    default: .device
    }
  }
}
