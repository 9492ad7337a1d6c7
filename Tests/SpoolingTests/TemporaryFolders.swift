import Foundation
import Jobs
import Spooling

/// The folders of a spool of their own for a test.
struct TemporaryFolders {
  let folders: SpoolFolders

  init() throws {
    folders = SpoolFolders(
      root: FileManager.default.temporaryDirectory.appending(path: "scispool-\(UUID().uuidString)"))
    try folders.prepare()
  }

  func remove() { try? FileManager.default.removeItem(at: folders.root) }

  func drop(_ text: String, as name: String) throws -> Drop {
    try Data(text.utf8).write(to: folders.inbox.appending(path: name))
    return try only()
  }

  func only() throws -> Drop {
    let drops = try Drop.scan(folders.inbox)
    guard drops.count == 1 else { throw JobFailure(.internalError, "\(drops.count) drops") }
    return drops[0]
  }

  func take(_ drop: Drop, id: String = "1", files: FileSystem = .system) throws -> Claim? {
    let intent = Claim.Intent(drop, id: id, name: folders.freeName(for: drop.stem, taken: []))
    switch try Claim.take([intent], at: Date(timeIntervalSince1970: 0), in: folders, files: files)[0] {
    case .taken(let claim): return claim
    case .gone: return nil
    case .refused(let failure): throw failure
    }
  }

  func names(in folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }
}
