import Foundation

/// The questions that path rules ask a file system; tests may answer them themselves.
package struct FileLookup: Sendable {
  /// The path without symlinks, `.` and `..`; nil when nothing is there or it cannot be reached.
  package var realPath: @Sendable (String) -> String?
  package var kind: @Sendable (String) -> Kind
  /// Names in a folder, in any order; empty when there is no such folder.
  package var entries: @Sendable (String) -> [String]

  package init(
    realPath: @escaping @Sendable (String) -> String?, kind: @escaping @Sendable (String) -> Kind,
    entries: @escaping @Sendable (String) -> [String]
  ) {
    self.realPath = realPath
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
    kind: { path in
      var status = stat()
      guard stat(path, &status) == 0 else { return .missing }
      return switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      case S_IFIFO: .fifo
      case S_IFSOCK: .socket
      default: .device
      }
    },
    entries: { path in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] })
}
