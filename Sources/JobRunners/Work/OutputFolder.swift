import Fingerprints
import Foundation
import Jobs

/// The folder that a job's results are built in, and that is published as a whole when the job is done.
///
/// Files appear complete or not at all: each is written under a dotted name and renamed. Who publishes the folder syncs all of
/// it; what a later attempt relies on is synced when it is written.
struct OutputFolder {
  /// Where the folder is, or will be when ``make()`` is called.
  let path: String

  /// Makes the folder, and `images/` in it, unless an earlier attempt did.
  ///
  /// - Throws: ``JobFailure`` `cannot_write`.
  func make() throws(JobFailure) {
    do {
      try FileManager.default.createDirectory(atPath: "\(path)/images", withIntermediateDirectories: true)
    } catch {
      throw JobFailure(.cannotWrite, "cannot make the folder \(path): \(error.localizedDescription)")
    }
  }

  /// Makes a folder inside.
  func makeFolder(_ name: String) throws(JobFailure) {
    do {
      try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
    } catch {
      throw JobFailure(.cannotWrite, "cannot make the folder \(name): \(error.localizedDescription)")
    }
  }

  func url(_ file: String) -> URL { URL(filePath: "\(path)/\(file)") }

  /// Writes a file of the folder and describes it.
  ///
  /// - Parameter isSynced: Whether it outlives a power cut before the job is done.
  @discardableResult
  func write(_ content: Data, to file: String, isSynced: Bool = true) throws(JobFailure) -> JobArtifact {
    let folder = (file as NSString).deletingLastPathComponent
    let name = (file as NSString).lastPathComponent
    let temporary = "\(path)/\(folder.isEmpty ? "" : folder + "/").\(name).part"
    try Self.perform("write \(file)") {
      // Left by an attempt that was killed.
      unlink(temporary)
      let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { return false }
      defer { close(descriptor) }
      return Self.writeAll(content, to: descriptor) && (!isSynced || fsync(descriptor) == 0)
    }
    try Self.perform("write \(file)") { rename(temporary, "\(path)/\(file)") == 0 }
    return JobArtifact(file: file, bytes: content.count, sha256: SHA256.hexDigest(of: content))
  }

  /// Adds to the end of a file.
  ///
  /// - Parameter isSynced: As of ``write(_:to:isSynced:)``.
  func append(_ content: Data, to file: String, isSynced: Bool = true) throws(JobFailure) {
    try Self.perform("write \(file)") {
      let descriptor = open(
        "\(path)/\(file)", O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { return false }
      defer { close(descriptor) }
      return Self.writeAll(content, to: descriptor) && (!isSynced || fsync(descriptor) == 0)
    }
  }

  func remove(_ file: String) { unlink("\(path)/\(file)") }

  private static func writeAll(_ content: Data, to descriptor: Int32) -> Bool {
    content.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count {
        let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return false }
        written += count
      }
      return true
    }
  }

  private static func perform(_ action: String, _ body: () -> Bool) throws(JobFailure) {
    guard body() else {
      let reason = errno
      let isFull = reason == ENOSPC || reason == EDQUOT
      throw JobFailure(
        isFull ? .diskFull : .cannotWrite, "cannot \(action): \(String(cString: strerror(reason)))",
        hint: isFull ? "Make room on the disk." : "Check the folder's permissions.")
    }
  }
}
