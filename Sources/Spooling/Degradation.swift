import Foundation
import Glibc
import Jobs

/// That a served spool is not as it should be, and why: the file `degraded.json`, which is there as long as it is so.
package struct Degradation: Sendable, Equatable, Codable {
  package let reason: String
  package let since: Date

  package init(reason: String, since: Date) { (self.reason, self.since) = (reason, since) }

  /// What the file says; nil for a spool that is well.
  package init?(in folders: SpoolFolders) {
    guard let data = try? PlainFile.content(of: Self.file(folders), limit: 64 << 10),
      let value = try? JobJSON.value(Degradation.self, from: data)
    else { return nil }
    self = value
  }

  package func write(in folders: SpoolFolders) throws(JobFailure) {
    try FileSystem.replace(Self.file(folders), by: JobJSON.file(self))
  }

  package static func remove(in folders: SpoolFolders) { unlink(file(folders).path) }

  private static func file(_ folders: SpoolFolders) -> URL { folders.root.appending(path: "degraded.json") }
}
