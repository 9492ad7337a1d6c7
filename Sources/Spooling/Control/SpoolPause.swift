import Foundation
import Glibc
import Jobs

/// Somebody's word that no job is to start: the file `control/paused`. Jobs are still claimed.
package struct SpoolPause: Sendable, Equatable, Codable {
  package let reason: String
  package let pausedAt: Date
  /// Whether the running job is put back at its next step, or runs to its end.
  package let putsBack: Bool

  package init(reason: String, pausedAt: Date, putsBack: Bool) {
    (self.reason, self.pausedAt, self.putsBack) = (reason, pausedAt, putsBack)
  }

  enum CodingKeys: String, CodingKey {
    case reason
    case pausedAt = "paused_at"
    case putsBack = "puts_back"
  }

  /// What the folder says. A file that cannot be read, such as an empty one, pauses, too.
  package init?(in folders: SpoolFolders) {
    let file = Self.file(folders)
    var status = stat()
    guard lstat(file.path, &status) == 0 else { return nil }
    let data = try? PlainFile.content(of: file, limit: 64 << 10)
    self =
      data.flatMap { try? JobJSON.value(SpoolPause.self, from: $0) }
      ?? SpoolPause(
        reason: "control/paused is there",
        pausedAt: Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec)),
        putsBack: false)
  }

  package func write(in folders: SpoolFolders) throws(JobFailure) {
    try FileSystem.system.write(JobJSON.file(self), to: Self.file(folders))
  }

  package static func remove(in folders: SpoolFolders) throws(JobFailure) {
    try FileSystem.system.remove(file(folders))
  }

  private static func file(_ folders: SpoolFolders) -> URL { folders.control.appending(path: "paused") }
}
