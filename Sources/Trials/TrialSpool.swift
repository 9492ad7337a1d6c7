import ChildProcesses
import Foundation
import Glibc
import Jobs
import Spooling

/// A spool that is made for a trial and removed after it.
package struct TrialSpool: Sendable {
  package let folders: SpoolFolders

  /// - Parameter parent: Where its folder is made; on the disk that is to be measured.
  package init(in parent: URL) throws(JobFailure) {
    folders = SpoolFolders(
      root: parent.appending(path: "scispool-trial-\(getpid())-\(UInt32.random(in: 0 ... .max))"))
    try folders.prepare()
  }

  package func remove() { try? FileManager.default.removeItem(at: folders.root) }

  /// A job for a ``StandInWorker``.
  package static func job(_ labels: [String: String] = [:], options: String = "") -> Data {
    let text = labels.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \"\($0.value)\"" }.joined(
      separator: ", ")
    return Data(
      """
      {"kind": "score", "model": "none", "items": [{"prompt": "a green apple", "images": ["a.png"]}],
       "labels": {\(text)}\(options)}
      """.utf8)
  }

  /// Drops a job as a careful script does: complete, by one rename.
  package func drop(_ job: Data, as name: String) throws(JobFailure) {
    let hidden = "\(folders.inbox.path)/.\(name).tmp"
    let file = open(hidden, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    let written = file < 0 ? -1 : job.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    close(file)
    guard written == job.count, rename(hidden, "\(folders.inbox.path)/\(name).json") == 0 else {
      throw JobFailure(.cannotWrite, "cannot drop \(name): \(String(cString: strerror(errno)))")
    }
  }

  /// Names in one of the folders, hidden ones left out.
  package func names(in folder: URL) -> [String] {
    guard let open = opendir(folder.path) else { return [] }
    defer { closedir(open) }
    var names: [String] = []
    while let entry = readdir(open) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }

  /// Starts a supervisor; it writes its log to `daemon.log` in the spool.
  package func serve(_ program: String, _ arguments: [String]) throws(JobFailure) -> ChildProcess {
    do {
      return try ChildProcess(
        program, arguments + ["--spool", folders.root.path],
        errors: .file(folders.root.appending(path: "daemon.log").path))
    } catch {
      throw JobFailure(.noDaemon, "cannot start \(program): \(error.localizedDescription)")
    }
  }

  /// Waits for a condition, looking every few milliseconds.
  ///
  /// - Throws: ``JobFailure`` `busy` when it does not come about within the time.
  package func wait(
    _ what: String, seconds: Double = 600, every pause: Double = 0.005,
    until condition: () throws(JobFailure) -> Bool
  ) throws(JobFailure) {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try !condition() {
      guard ContinuousClock.now < deadline else {
        throw JobFailure(
          .busy, "waited \(Int(seconds)) s in vain for \(what)",
          hint: "Look at \(folders.root.path)/daemon.log.")
      }
      usleep(UInt32(pause * 1e6))
    }
  }
}
