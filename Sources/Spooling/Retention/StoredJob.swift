import Foundation
import Glibc
import Jobs

/// A published folder as it lies in the outbox or in `failed/`.
package struct StoredJob: Sendable, Equatable {
  package enum Area: String, Sendable, CaseIterable {
    case outbox, failed
  }

  package let area: Area
  package let name: String
  /// The job's id in the ledger.
  package let id: String
  package let endedAt: Date
  /// What its files take on the disk.
  package let bytes: Int
  package let isRead: Bool

  package init(area: Area, name: String, id: String, endedAt: Date, bytes: Int, isRead: Bool) {
    (self.area, self.name, self.id) = (area, name, id)
    (self.endedAt, self.bytes, self.isRead) = (endedAt, bytes, isRead)
  }

  /// As from the spool's root.
  package var path: String { "\(area.rawValue)/\(name)" }
}

extension StoredJob {
  /// All folders of an area that the daemon published, the oldest first; others are nobody's business.
  ///
  /// - Throws: ``JobFailure`` `cannot_write` for an area that cannot be read.
  package static func all(in area: Area, of folders: SpoolFolders) throws(JobFailure) -> [StoredJob] {
    let place = folders.url(of: area)
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: place.path) } catch {
      throw JobFailure(.cannotWrite, "cannot read \(place.path): \(error.localizedDescription)")
    }
    return names.compactMap { StoredJob(named: $0, in: area, of: folders) }
      .sorted { ($0.endedAt, $0.name) < ($1.endedAt, $1.name) }
  }

  private init?(named name: String, in area: Area, of folders: SpoolFolders) {
    let folder = folders.url(of: area).appending(path: name)
    var status = stat()
    // Its mark was the last file written before it was published, and nobody writes to it again.
    guard lstat(folder.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
      let mark = PublishedMark(in: folder),
      lstat(folder.appending(path: PublishedMark.fileName).path, &status) == 0
    else { return nil }
    self.init(
      area: area, name: name, id: mark.id,
      endedAt: Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec)), bytes: Self.size(of: folder),
      isRead: ReadMark.isSet(in: folder))
  }

  /// Links are not followed.
  private static func size(of folder: URL) -> Int {
    var bytes = 0
    let inside = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    while let file = inside?.nextObject() as? URL {
      var status = stat()
      if lstat(file.path, &status) == 0 { bytes += Int(status.st_blocks) * 512 }
    }
    return bytes
  }
}

extension SpoolFolders {
  package func url(of area: StoredJob.Area) -> URL {
    switch area {
    case .outbox: outbox
    case .failed: failed
    }
  }
}
