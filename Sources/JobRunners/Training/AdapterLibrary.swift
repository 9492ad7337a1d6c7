import CLinux
import Checkpoints
import Foundation
import Jobs

/// Where a model's adapters lie: `models/<model>/adapters/` of the spool.
///
/// `versions/` holds every adapter that a job made, each under a name of its own, never changed. `<name>` and `current` are
/// links to versions, switched by one rename; `previous` is what `current` was before.
package struct AdapterLibrary {
  package static let file = LowRankAdapter.fileName
  private let folder: String

  /// - Parameter model: The model as jobs name it: a name under `models/`, or a path, of which the last part counts.
  package init(spoolRoot: String, model: String) {
    folder = "\(spoolRoot)/models/\((model as NSString).lastPathComponent)/adapters"
  }

  /// Whether adapters can be kept here, as far as can be told before there is one.
  ///
  /// - Throws: ``JobFailure`` `cannot_write`.
  func check() throws(JobFailure) {
    var path = folder
    while !FileManager.default.fileExists(atPath: path) {
      path = (path as NSString).deletingLastPathComponent
    }
    guard access(path, W_OK) == 0 else {
      throw JobFailure(
        .cannotWrite, "adapters cannot be kept in \(folder): \(path): \(SystemError(errno))",
        hint: "Let the daemon write there.", field: "output")
    }
  }

  /// Puts a version there under its job's id and points the name at it.
  func install(_ adapter: String, as name: String, job: String) throws(JobFailure) {
    let version = "\(name)-\(job.prefix(8))"
    try perform("keep the adapter \(name)") {
      let manager = FileManager.default
      let target = "\(folder)/versions/\(version)"
      if !manager.fileExists(atPath: target) {
        let building = "\(folder)/versions/.\(version).part"
        try? manager.removeItem(atPath: building)
        try manager.createDirectory(atPath: building, withIntermediateDirectories: true)
        try manager.copyItem(atPath: adapter, toPath: "\(building)/\(Self.file)")
        try manager.moveItem(atPath: building, toPath: target)
      }
      try point(name, to: "versions/\(version)")
    }
  }

  /// Makes the adapter of a name the model's current one; the one before stays as `previous`.
  func promote(_ name: String) throws(JobFailure) {
    try perform("make \(name) the current adapter") {
      let manager = FileManager.default
      let version = try manager.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
      let current = try? manager.destinationOfSymbolicLink(atPath: "\(folder)/current")
      guard current != version else { return }
      if let current { try point("previous", to: current) }
      try point("current", to: version)
    }
  }

  /// Makes the previous adapter the current one again, and the current one the previous.
  ///
  /// The two links change places in one step where the file system can do that.
  ///
  /// - Returns: The version that is current now.
  /// - Throws: ``JobFailure`` `missing_input` when there is none to go back to.
  package func rollBack() throws(JobFailure) -> String {
    let manager = FileManager.default
    guard let previous = try? manager.destinationOfSymbolicLink(atPath: "\(folder)/previous") else {
      throw JobFailure(
        .missingInput, "there is no previous adapter in \(folder)",
        hint: "An adapter becomes previous when a later one is promoted.")
    }
    let current = try? manager.destinationOfSymbolicLink(atPath: "\(folder)/current")
    try perform("go back to the previous adapter") {
      if exchange_names("\(folder)/current", "\(folder)/previous") == 0 { return }
      try point("current", to: previous)
      if let current { try point("previous", to: current) }
    }
    return (previous as NSString).lastPathComponent
  }

  /// A link that is there as it was or as it shall be, never in between.
  private func point(_ name: String, to target: String) throws {
    let manager = FileManager.default
    let new = "\(folder)/.\(name).link"
    try? manager.removeItem(atPath: new)
    try manager.createSymbolicLink(atPath: new, withDestinationPath: target)
    guard rename(new, "\(folder)/\(name)") == 0 else {
      throw SystemError(errno)
    }
  }

  private func perform(_ action: String, _ body: () throws -> Void) throws(JobFailure) {
    try JobFailure.writing("\(action) in \(folder)", body)
  }
}
