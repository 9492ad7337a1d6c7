import Glibc

/// A file under construction beside the one that it will replace by rename.
final class ReplacementFile {
  private let path: String
  private let sibling: String
  private var descriptor: Int32

  /// Opens a hidden sibling of `path` that nobody else has.
  init(for path: String) throws(CheckpointError) {
    let cut = path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex
    var attempt = 0
    while true {
      let name = "\(path[..<cut]).\(path[cut...]).\(getpid())-\(attempt).tmp"
      let opened = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
      if opened >= 0 {
        self.path = path
        sibling = name
        descriptor = opened
        return
      }
      // A sibling may be left over from a killed process that had our number.
      guard errno == EEXIST, attempt < 1000 else { throw Self.failure(path, "cannot be created") }
      attempt += 1
    }
  }

  func append<Element: BitwiseCopyable>(_ elements: [Element]) throws(CheckpointError) {
    let written = elements.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let count = Glibc.write(descriptor, buffer.baseAddress! + offset, buffer.count - offset)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return false }
        offset += count
      }
      return true
    }
    guard written else { throw Self.failure(path, "cannot be written") }
  }

  /// Syncs and renames the file, then syncs the folder, so that the name survives a power cut as well.
  func commit() throws(CheckpointError) {
    guard fsync(descriptor) == 0 else { throw Self.failure(path, "cannot be synced") }
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else { throw Self.failure(path, "cannot be closed") }
    guard rename(sibling, path) == 0 else { throw Self.failure(path, "cannot be replaced") }
    let folder = open(
      path.lastIndex(of: "/").map { String(path[...$0]) } ?? ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw Self.failure(path, "has a folder that cannot be opened") }
    defer { close(folder) }
    // Some file systems cannot sync folders and say EINVAL.
    guard fsync(folder) == 0 || errno == EINVAL else {
      throw Self.failure(path, "has a folder that cannot be synced")
    }
  }

  /// Removes what was written so far.
  func discard() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
    unlink(sibling)
  }

  private static func failure(_ path: String, _ problem: String) -> CheckpointError {
    CheckpointError(file: path, problem: "\(problem) (\(String(cString: strerror(errno))))")
  }
}
