import Foundation
import Jobs

/// Where folders go that are to be removed: `.trash/` in the spool, one rename away, so that none is ever seen half gone.
package struct Trash: Sendable {
  private let folders: SpoolFolders
  private let files: FileSystem

  package init(_ folders: SpoolFolders, files: FileSystem = .system) {
    (self.folders, self.files) = (folders, files)
  }

  private var folder: URL { folders.root.appending(path: ".trash", directoryHint: .isDirectory) }

  /// What an earlier cleaning left, with the ids of the jobs where their folders still tell.
  package func rest() -> [(folder: URL, id: String?)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().map {
      let place = folder.appending(path: $0)
      return (place, PublishedMark(in: place)?.id)
    }
  }

  /// Takes a published folder out of sight; nil when it has left by itself, or another has taken its place.
  package func take(_ job: StoredJob) throws(JobFailure) -> URL? {
    let source = folders.url(of: job.area).appending(path: job.name)
    guard PublishedMark(in: source)?.id == job.id else { return nil }
    try files.makeFolder(folder)
    let target = folder.appending(path: UUID().uuidString.lowercased())
    return try files.rename(source, to: target) ? target : nil
  }

  package func remove(_ place: URL) throws(JobFailure) { try files.remove(place) }
}
