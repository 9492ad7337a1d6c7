import Daemon
import Foundation
import Jobs

/// The place of a model folder that a command is about to make, and what there is to see meanwhile.
struct NewModelFolder {
  private let url: URL
  var path: String { url.path }

  /// - Throws: ``JobFailure`` when something is there already.
  init(_ path: String) throws(JobFailure) {
    url = URL(filePath: path)
    guard access(url.path, F_OK) != 0 else {
      throw JobFailure(.cannotWrite, "\(url.path) exists", hint: "Name another folder, or remove that one.")
    }
  }

  /// - Parameters:
  ///   - bytes: What will be written.
  ///   - source: What has them, for the message.
  /// - Throws: ``JobFailure`` `disk_full`.
  func requireRoom(for bytes: Int, of source: String) throws(JobFailure) {
    let parent = url.deletingLastPathComponent()
    guard let free = Machine.freeBytes(of: parent), free < bytes else { return }
    throw JobFailure(
      .diskFull,
      "\(source) takes \(bytes / 1_000_000) MB, and \(free / 1_000_000) MB are free in \(parent.path)",
      hint: "Make room, or name a folder on another disk.")
  }

  /// Runs the writing with a line of progress: bytes of weights, and the time they will take.
  func withProgress<Result>(
    _ stage: String, of bytes: Int, _ body: (_ progress: (_ done: Int) -> Void) throws -> Result
  ) rethrows -> Result {
    var line = Terminal.ProgressLine()
    defer { line.close() }
    let began = Date()
    return try body { done in
      let elapsed = Date().timeIntervalSince(began)
      // The first moments tell nothing of the rest.
      let left = elapsed < 1 ? nil : max(0, elapsed / Double(max(1, done)) * Double(bytes - done))
      line.show(
        url.lastPathComponent,
        JobProgress(stage: "\(stage) MB", step: done / 1_000_000, total: bytes / 1_000_000, eta: left))
    }
  }
}
