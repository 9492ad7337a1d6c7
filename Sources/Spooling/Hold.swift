import Foundation
import Glibc
import Jobs

/// Somebody's word that a job is to wait until it is released; it lies beside the claim, so that restarts keep to it.
package struct Hold: Sendable, Equatable, Codable {
  package let reason: String
  package let heldAt: Date

  package init(reason: String, heldAt: Date) { (self.reason, self.heldAt) = (reason, heldAt) }

  enum CodingKeys: String, CodingKey {
    case reason
    case heldAt = "held_at"
  }

  /// The hold of a claim, if it has one. A file that cannot be read holds, too.
  package init?(of claim: Claim, in folders: SpoolFolders) {
    let file = Claim.Place(claim.id, in: folders).hold
    var status = stat()
    guard lstat(file.path, &status) == 0 else { return nil }
    let written = (try? Data(contentsOf: file)).flatMap { try? JobJSON.value(Hold.self, from: $0) }
    self =
      written
      ?? Hold(
        reason: "held.json cannot be read", heldAt: Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec))
      )
  }

  package func write(to claim: Claim, in folders: SpoolFolders, files: FileSystem = .system)
    throws(JobFailure)
  {
    try files.write(JobJSON.file(self), to: Claim.Place(claim.id, in: folders).hold)
  }

  /// Releases a claim; nothing happens to one that is not held.
  package static func remove(
    from claim: Claim, in folders: SpoolFolders, files: FileSystem = .system
  ) throws(JobFailure) {
    try files.remove(Claim.Place(claim.id, in: folders).hold)
  }
}
