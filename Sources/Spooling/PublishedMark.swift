import Foundation
import Jobs

/// What says which job a published folder is of, and beside the claim where it was about to appear.
struct PublishedMark: Codable {
  let id: String
  let isDone: Bool
  /// The name and the form that the job was dropped in; nil in folders of earlier versions.
  let droppedAs: String?
  let isFolder: Bool?
  /// Who dropped the job, and how many bytes; nil in folders of earlier versions.
  let owner: JobOwner?
  let bytes: Int?
  let parent: Claim.Parent?
  /// The run of the machine in which it was written beside the claim, while the disk was still asked to keep what it speaks
  /// of; nil when all of that had been kept by then.
  let bootID: String?

  enum CodingKeys: String, CodingKey {
    case id, isDone, owner, bytes, parent
    case bootID = "boot_id"
    case droppedAs = "file_name"
    case isFolder = "is_folder"
  }

  /// Its name in a published folder.
  static let fileName = ".job-id"

  init(of claim: Claim, isDone: Bool, bootID: String?) {
    self.bootID = bootID
    (id, self.isDone, droppedAs, isFolder) = (claim.id, isDone, claim.fileName, claim.isFolder)
    (owner, bytes, parent) = (claim.owner, claim.bytes, claim.parent)
  }

  /// The mark in a folder, if it has one that can be read.
  init?(in folder: URL) {
    guard let mark = try? PlainFile.value(Self.self, at: folder.appending(path: Self.fileName)) else {
      return nil
    }
    self = mark
  }
}

/// How the files of a drop are called in `failed/<name>/`, among ours.
enum FailedFolder {
  /// Also the names that ours have until they are complete: a dropped link of such a name is not to be written through,
  /// nor a dropped file to be replaced.
  private static let ours = {
    let written = ["error.json", "log.txt", PublishedMark.fileName, ChildList.fileName]
    return written + written.map(FileSystem.temporaryName) + [ReadMark.fileName]
  }()
  private static let prefix = "dropped-"

  /// A drop's file that bears one of our names, or would be taken for one that does, gets a prefix: each name has one
  /// and ``droppedName(of:)`` finds it back.
  static func name(of dropped: String) -> String { isAmbiguous(dropped) ? prefix + dropped : dropped }

  /// What a file was called in the drop; nil for a file of ours.
  static func droppedName(of name: String) -> String? {
    if ours.contains(name) { return nil }
    return isAmbiguous(name) ? String(name.dropFirst(prefix.count)) : name
  }

  private static func isAmbiguous(_ name: String) -> Bool {
    var rest = Substring(name)
    while rest.hasPrefix(prefix) { rest = rest.dropFirst(prefix.count) }
    return ours.contains(String(rest))
  }
}
