import Foundation
import Glibc
import Jobs

/// Somebody's word that a published folder has been read and may go when the spool is cleaned: the file `.read` in it.
package enum ReadMark {
  package static let fileName = ".read"

  package static func isSet(in folder: URL) -> Bool {
    var status = stat()
    return lstat(folder.appending(path: fileName).path, &status) == 0
  }

  /// - Throws: ``JobFailure`` `cannot_write`.
  package static func set(in folder: URL) throws(JobFailure) {
    // What the mark says is all in its being there: half a file is as good.
    let file = open(
      folder.appending(path: fileName).path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw FileSystem.failure("mark as read", folder) }
    close(file)
  }

  package static func remove(from folder: URL) throws(JobFailure) {
    try FileSystem.system.remove(folder.appending(path: fileName))
  }
}
