import Foundation
import Glibc
import Jobs

/// Reads files that others put down: regular ones only, not followed if links, never waited for.
package enum PlainFile {
  /// - Throws: ``JobFailure`` `not_a_file`, `too_large` beyond `limit` bytes, `cannot_write` for a disk that cannot be read.
  package static func content(of file: URL, limit: Int, hint: String? = nil) throws(JobFailure) -> Data {
    let name = file.lastPathComponent
    let descriptor = open(file.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      let reason = String(cString: strerror(errno))
      throw JobFailure(
        .notAFile, "\(name) cannot be opened: \(reason)", hint: "Drop a plain file that the daemon may read.")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw JobFailure(.notAFile, "\(name) is not a regular file")
    }
    guard Int(status.st_size) <= limit else {
      throw JobFailure(
        .tooLarge, "\(name) has \(status.st_size) bytes, more than the limit of \(limit)", hint: hint)
    }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
    do { return try handle.readToEnd() ?? Data() } catch {
      throw JobFailure(.cannotWrite, "\(name) cannot be read: \(error.localizedDescription)")
    }
  }
}
