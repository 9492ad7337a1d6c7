import Foundation
import Glibc
import Jobs

extension Claim {
  /// Takes a failed job out of `failed/` to be tried again, under its name and with its log.
  ///
  /// The rename of the folder into the new claim is the claim itself; what follows is finished by
  /// ``all(in:files:)`` after a crash.
  ///
  /// - Parameters:
  ///   - id: New; the failed attempt's record keeps its own.
  ///   - parent: The matrix that it is tried again for, if so.
  /// - Returns: Nil when `failed/` has no such folder.
  package static func retake(
    failed name: String, id: String, parent: Parent? = nil, at now: Date, in folders: SpoolFolders,
    files: FileSystem = .system
  ) throws(JobFailure) -> Claim? {
    let source = folders.failed.appending(path: name)
    guard let dropped = FailedJob(source) else { return nil }
    let claim = Claim(
      id: id, name: name, fileName: dropped.fileName, isFolder: dropped.isFolder, claimedAt: now,
      owner: dropped.owner, bytes: dropped.bytes, parent: parent)
    let place = Place(id, in: folders)
    try files.makeFolder(place.folder)
    try files.write(JobJSON.file(claim), to: place.record)
    guard try files.rename(source, to: place.retried) else {
      throw JobFailure(.internalError, "the new claim \(id) already holds a job")
    }
    try claim.unpackRetried(in: folders, files)
    return claim
  }

  /// Puts the files of a retaken folder where those of a claim belong, and removes what was ours.
  func unpackRetried(in folders: SpoolFolders, _ files: FileSystem) throws(JobFailure) {
    let place = Place(id, in: folders)
    try files.makeFolder(place.drop)
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: place.retried.path)) ?? []
    for entry in entries.sorted() {
      let target: URL
      if let name = FailedFolder.droppedName(of: entry) {
        target = place.drop.appending(path: name)
      } else if entry == place.log.lastPathComponent {
        target = place.log
      } else if entry == ChildList.fileName {
        target = place.children
      } else {
        continue
      }
      guard try files.rename(place.retried.appending(path: entry), to: target) else {
        throw JobFailure(.internalError, "\(target.path) is there already")
      }
    }
    try files.remove(place.retried)
  }

  /// What a folder in `failed/` was dropped as.
  private struct FailedJob {
    let fileName: String
    let isFolder: Bool
    let owner: JobOwner
    let bytes: Int?

    init?(_ folder: URL) {
      var status = stat()
      guard lstat(folder.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
        lstat(folder.appending(path: "job.json").path, &status) == 0
      else { return nil }
      let mark = PublishedMark(in: folder)
      bytes = mark?.bytes
      let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      isFolder = mark?.isFolder ?? (entries.compactMap(FailedFolder.droppedName).count > 1)
      if let owner = mark?.owner { self.owner = owner } else { owner = JobOwner(uid: status.st_uid) }
      fileName = mark?.droppedAs ?? folder.lastPathComponent + (isFolder ? ".job" : ".json")
    }
  }
}
