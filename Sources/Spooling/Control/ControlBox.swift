import Foundation
import Glibc
import Jobs

/// The control folder: requests appear in it by rename, and stay until they are answered.
///
/// A request that is interrupted by a crash is found again and carried out again; all of them may be.
package struct ControlBox: Sendable {
  package let folders: SpoolFolders
  package let files: FileSystem

  package init(folders: SpoolFolders, files: FileSystem = .system) {
    (self.folders, self.files) = (folders, files)
  }

  /// A request as it lies there.
  package struct Posted: Sendable {
    /// The file's stem; the answer has the same.
    package let id: String
    package let content: Result<ControlRequest, JobFailure>
    /// The login name of the file's owner, or the number.
    package let owner: String
  }

  private static let sizeLimit = 64 << 10

  /// Leaves a request; returns its id.
  package func post(_ request: ControlRequest) throws(JobFailure) -> String {
    let id = UUID().uuidString.lowercased()
    try files.write(JobJSON.file(request), to: folders.control.appending(path: "\(id).json"))
    return id
  }

  /// The answer to a request, once it is there; it is taken away.
  package func takeAnswer(to id: String) -> ControlAnswer? {
    let file = folders.answers.appending(path: "\(id).json")
    guard let data = try? Data(contentsOf: file) else { return nil }
    // Who may not remove it leaves it to the daemon's sweep.
    unlink(file.path)
    return try? JobJSON.value(ControlAnswer.self, from: data)
  }

  /// All requests, oldest first; other things in the folder are left alone.
  package func requests() throws(JobFailure) -> [Posted] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folders.control.path) else {
      throw FileSystem.failure("read", folders.control)
    }
    var found: [(time: Double, request: Posted)] = []
    for name in names where name.hasSuffix(".json") && !name.hasPrefix(".") {
      let file = folders.control.appending(path: name)
      var status = stat()
      guard lstat(file.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      let posted = Posted(
        id: String(name.dropLast(5)), content: Self.read(file), owner: JobOwner(uid: status.st_uid).name)
      found.append((Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9, posted))
    }
    return found.sorted { ($0.time, $0.request.id) < ($1.time, $1.request.id) }.map(\.request)
  }

  /// Answers a request and takes it away; answers that nobody fetched in an hour are cleared away.
  package func answer(_ posted: Posted, _ answer: ControlAnswer, at now: Date) throws(JobFailure) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folders.answers.path)) ?? [] {
      let file = folders.answers.appending(path: name)
      var status = stat()
      if lstat(file.path, &status) == 0, now.timeIntervalSince1970 - Double(status.st_mtim.tv_sec) > 3600 {
        unlink(file.path)
      }
    }
    // Who may write to control/ could put a link in its place, through which the answer would go anywhere.
    var place = stat()
    guard lstat(folders.answers.path, &place) == 0, place.st_mode & S_IFMT == S_IFDIR,
      place.st_uid == geteuid()
    else {
      throw JobFailure(
        .cannotWrite, "control/answers is no folder of the daemon's user",
        hint: "Remove it and restart the daemon; mode 3770 of control/ keeps others from replacing it.")
    }
    try files.write(JobJSON.file(answer), to: folders.answers.appending(path: "\(posted.id).json"))
    try files.remove(folders.control.appending(path: "\(posted.id).json"))
  }

  private static func read(_ file: URL) -> Result<ControlRequest, JobFailure> {
    do throws(JobFailure) {
      let data = try PlainFile.content(of: file, limit: sizeLimit)
      guard let request = try? JobJSON.value(ControlRequest.self, from: data) else {
        throw JobFailure(
          .badInput, "control/\(file.lastPathComponent) is no request",
          hint: "One looks so: {\"verb\": \"cancel\", \"name\": \"night\"}")
      }
      guard !request.name.isEmpty, !request.name.contains("/"), ![".", ".."].contains(request.name) else {
        throw JobFailure(.badInput, "\(request.name.quotedForMessage()) is not a job's name", field: "name")
      }
      return .success(request)
    } catch { return .failure(error) }
  }
}
