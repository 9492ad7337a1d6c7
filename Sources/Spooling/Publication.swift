import Foundation
import Glibc
import Jobs

/// The end of a claim: its folder appears in the outbox or in `failed/` by one rename, complete and synced.
package struct Publication: Sendable {
  package let folders: SpoolFolders
  package let files: FileSystem

  package init(folders: SpoolFolders, files: FileSystem = .system) {
    (self.folders, self.files) = (folders, files)
  }

  /// What says, inside a published folder, which job it is of.
  private struct Mark: Codable {
    var id: String
  }

  /// Publishes the worker's output folder, with the log, as `outbox/<name>/`.
  package func publish(_ claim: Claim) throws(JobFailure) {
    let place = Claim.Place(claim.id, in: folders)
    try addLog(of: place, to: place.output)
    try finish(place.output, of: claim, in: folders.outbox)
  }

  /// Publishes a failure as `failed/<name>/`: the drop as it was, `error.json` and the log.
  package func publish(_ failure: JobFailure, of claim: Claim) throws(JobFailure) {
    let place = Claim.Place(claim.id, in: folders)
    try files.makeFolder(place.failure)
    // The reason first: from here on a restart goes on with this failure, see `interruptedFailure(of:)`.
    try files.write(JobJSON.file(failure), to: place.failure.appending(path: "error.json"))
    var status = stat()
    // The drop moves over entry by entry; what an earlier, interrupted try moved already is there.
    if lstat(place.drop.path, &status) == 0 {
      let entries = (try? FileManager.default.contentsOfDirectory(atPath: place.drop.path)) ?? []
      for entry in entries.sorted() {
        _ = try files.rename(place.drop.appending(path: entry), to: place.failure.appending(path: entry))
      }
    }
    try addLog(of: place, to: place.failure)
    try finish(place.failure, of: claim, in: folders.failed)
  }

  /// The failure whose publication was begun and not finished.
  package func interruptedFailure(of claim: Claim) -> JobFailure? {
    let file = Claim.Place(claim.id, in: folders).failure.appending(path: "error.json")
    return (try? Data(contentsOf: file)).flatMap { try? JobJSON.value(JobFailure.self, from: $0) }
  }

  /// Whether the claim's folder is already in the outbox or in `failed/`: a crash came between rename and record.
  package func isPublished(_ claim: Claim) -> (done: Bool, failed: Bool) {
    (
      carries(claim.id, folders.outbox.appending(path: claim.name)),
      carries(claim.id, folders.failed.appending(path: claim.name))
    )
  }

  /// Removes what is left of a published claim.
  package func forget(_ claim: Claim) throws(JobFailure) {
    try files.remove(Claim.Place(claim.id, in: folders).folder)
  }

  private func carries(_ id: String, _ folder: URL) -> Bool {
    guard let data = try? Data(contentsOf: folder.appending(path: ".job-id")) else { return false }
    return (try? JobJSON.value(Mark.self, from: data))?.id == id
  }

  private func addLog(of place: Claim.Place, to folder: URL) throws(JobFailure) {
    let log = (try? Data(contentsOf: place.log)) ?? Data()
    try files.write(log, to: folder.appending(path: "log.txt"))
  }

  private func finish(_ folder: URL, of claim: Claim, in target: URL) throws(JobFailure) {
    try files.write(JobJSON.file(Mark(id: claim.id)), to: folder.appending(path: ".job-id"))
    try files.syncTree(folder)
    let (done, failed) = isPublished(claim)
    if !done, !failed {
      guard try files.rename(folder, to: target.appending(path: claim.name)) else {
        throw JobFailure(
          .cannotWrite,
          "\(target.appending(path: claim.name).path) is taken by something that is not this job",
          hint: "Move it away; the job is published at the next start.")
      }
    }
  }
}
