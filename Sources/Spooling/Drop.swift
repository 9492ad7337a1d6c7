import Foundation
import Glibc
import Jobs

/// Something that lies in the inbox.
package struct Drop: Sendable, Equatable {
  package enum Form: Sendable, Equatable {
    /// `name.json`
    case file
    /// `name.job/` with `job.json` and its inputs
    case folder
    /// A folder, link, pipe or device under the name of a job file.
    case other(String)
  }

  /// The file's name in the inbox.
  package let fileName: String
  package let form: Form
  /// When the file, or anything in the folder, was last written to.
  package let modified: Date
  /// The number of the user whose it is.
  package let owner: UInt32
  /// Of all files in it.
  package let bytes: Int

  /// What the job will be called unless the name is taken: the file's stem.
  package var stem: String {
    for ending in [".json", ".job"] where fileName.hasSuffix(ending) && fileName.count > ending.count {
      return String(fileName.dropLast(ending.count))
    }
    return fileName
  }

  /// Whether the daemon should look at a name at all: `*.json` and `*.job`, but nothing that editors and copying
  /// programs use while they write.
  package static func isEligible(_ fileName: String) -> Bool {
    guard fileName.hasSuffix(".json") || fileName.hasSuffix(".job") else { return false }
    guard !fileName.hasPrefix("."), !fileName.hasPrefix("_"), !fileName.hasSuffix("~") else { return false }
    return fileName != ".json" && fileName != ".job"
  }

  /// All eligible drops, oldest first, then by name.
  package static func scan(_ inbox: URL) throws(JobFailure) -> [Drop] {
    guard let folder = opendir(inbox.path) else { throw FileSystem.failure("read", inbox) }
    defer { closedir(folder) }
    var drops: [Drop] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard isEligible(name), let drop = look(at: name, in: inbox) else { continue }
      drops.append(drop)
    }
    return drops.sorted { ($0.modified, $0.fileName) < ($1.modified, $1.fileName) }
  }

  private static func time(_ status: stat) -> Double {
    Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9
  }

  private static func look(at name: String, in inbox: URL) -> Drop? {
    var status = stat()
    guard lstat(inbox.path + "/" + name, &status) == 0 else { return nil }
    var (modified, bytes) = (time(status), status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0)
    let form: Form
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      form =
        name.hasSuffix(".json") ? .file : .other("a file; a job folder ends in .job, a job file in .json")
    case S_IFDIR:
      form = name.hasSuffix(".job") ? .folder : .other("a folder; a job folder's name ends in .job")
    case S_IFLNK: form = .other("a symbolic link, which is not followed")
    case S_IFIFO: form = .other("a named pipe, which is not read")
    case S_IFSOCK: form = .other("a socket")
    default: form = .other("a device")
    }
    if form == .folder {
      var inner = stat()
      // A folder is as young as the youngest file in it: inputs may still be arriving.
      let inside = FileManager.default.enumerator(atPath: inbox.path + "/" + name)
      while let path = inside?.nextObject() as? String {
        guard lstat(inbox.path + "/" + name + "/" + path, &inner) == 0 else { continue }
        modified = max(modified, time(inner))
        if inner.st_mode & S_IFMT == S_IFREG { bytes += Int(inner.st_size) }
      }
    }
    return Drop(
      fileName: name, form: form, modified: Date(timeIntervalSince1970: modified),
      owner: status.st_uid, bytes: bytes)
  }
}
