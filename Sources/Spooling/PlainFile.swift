import Foundation
import Glibc
import Jobs

/// Reads files that others put down: regular ones only, not followed if links, never waited for.
package enum PlainFile {
  /// A file's bytes. Trouble of the machine is given 0.1 s to pass.
  ///
  /// - Throws: ``JobFailure`` `not_a_file`, `too_large` beyond `limit` bytes, `cannot_write` for a disk that cannot be read.
  package static func content(of file: URL, limit: Int, hint: String? = nil) throws(JobFailure) -> Data {
    for _ in 0..<2 {
      do throws(JobFailure) { return try read(file, limit, hint) } catch {
        guard error.code == .cannotWrite else { throw error }
        usleep(50_000)
      }
    }
    return try read(file, limit, hint)
  }

  /// What a file of ours says; nil when there is none, when it is not ours to read, or says something else.
  ///
  /// - Throws: ``JobFailure`` `cannot_write` for a disk that cannot be read: what a job has come to must not be guessed.
  package static func value<Value: Decodable>(_ type: Value.Type, at file: URL) throws(JobFailure) -> Value? {
    let data: Data
    do throws(JobFailure) { data = try content(of: file, limit: .max) } catch {
      guard error.code != .cannotWrite else { throw error }
      return nil
    }
    return try? JobJSON.value(type, from: data)
  }

  private static func read(_ file: URL, _ limit: Int, _ hint: String?) throws(JobFailure) -> Data {
    let name = file.lastPathComponent
    let descriptor = open(file.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      let (number, reason) = (errno, String(cString: strerror(errno)))
      if troubles.contains(number) { throw JobFailure(.cannotWrite, "\(name) cannot be opened: \(reason)") }
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

  /// Errors of opening that say nothing about the file.
  private static let troubles = [EIO, EINTR, EAGAIN, EMFILE, ENFILE, ENOMEM, ESTALE]
}
