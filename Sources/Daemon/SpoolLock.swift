import Foundation
import Glibc
import Jobs

/// The right of one daemon to serve a spool, held as long as this object lives and its process runs.
final class SpoolLock: Sendable {
  private let file: Int32

  /// Takes the lock, and writes this process's number into the file.
  ///
  /// - Throws: ``JobFailure``: `busy` when another daemon holds it, `cannot_write` when the file cannot be made.
  init(_ url: URL) throws(JobFailure) {
    file = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else {
      throw JobFailure(.cannotWrite, "cannot write \(url.path): \(String(cString: strerror(errno)))")
    }
    guard Self.isLocked(file, within: 2) else {
      let owner =
        (try? String(contentsOf: url, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
      throw JobFailure(
        .busy,
        "another daemon (process \(owner.isEmpty ? "unknown" : owner)) serves \(url.deletingLastPathComponent().path)",
        hint: "One daemon serves a spool; stop the other one first.")
    }
    ftruncate(file, 0)
    let text = "\(getpid())\n"
    _ = text.withCString { write(file, $0, strlen($0)) }
  }

  deinit {
    guard file >= 0 else { return }
    // Closing alone is not enough: a process that is just being started shares the open file until its exec.
    flock(file, LOCK_UN)
    close(file)
  }

  /// Waits a little, for a daemon that was killed may have left the lock with a child that is not yet at its exec.
  private static func isLocked(_ file: Int32, within seconds: Double) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while flock(file, LOCK_EX | LOCK_NB) != 0 {
      guard Date() < end else { return false }
      usleep(20_000)
    }
    return true
  }
}
