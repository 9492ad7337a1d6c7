import Fingerprints
import Foundation
import Jobs

/// The checkpoints of one training job: complete folders in its output folder, the newest good one being what an attempt
/// goes on from.
///
/// A checkpoint is written under a dotted name, synced and renamed; `checksums.json` says what each of its files must
/// be. Reading passes over damaged ones. The newest two are kept.
struct TrainingCheckpoints {
  static let folder = ".checkpoints"
  private static let sums = "checksums.json"
  private let root: String

  /// - Parameter output: The job's output folder.
  init(output: String) { root = "\(output)/\(Self.folder)" }

  struct Found {
    let step: Int
    let path: String
  }

  /// The newest checkpoint whose files are all as they were written.
  ///
  /// - Parameter onDamage: Told the name of every newer one, and what is wrong with it.
  func newest(onDamage: (_ name: String, _ reason: String) -> Void) -> Found? {
    for (step, name) in steps().reversed() {
      if let reason = damage(of: "\(root)/\(name)") {
        onDamage(name, reason)
      } else {
        return Found(step: step, path: "\(root)/\(name)")
      }
    }
    return nil
  }

  /// Drops the checkpoints after a step, which an attempt that goes on from there makes anew; all of them without one.
  func drop(after step: Int?) {
    for (number, name) in steps() where number > step ?? -1 {
      try? FileManager.default.removeItem(atPath: "\(root)/\(name)")
    }
  }

  /// Where a file lies that goes with the checkpoints.
  func companion(_ name: String) -> String { "\(root)/.\(name)" }

  /// Writes a file that goes with the checkpoints.
  ///
  /// - Parameter write: Writes it to the path it is given.
  /// - Returns: Where it lies.
  func keep(_ name: String, _ write: (String) throws -> Void) throws(JobFailure) -> String {
    let path = companion(name)
    try JobFailure.writing("keep \(name)", then: Self.goesOn) {
      try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
      try? FileManager.default.removeItem(atPath: path)
      try write(path)
    }
    return path
  }

  /// Writes a checkpoint and drops those before the one before it.
  ///
  /// - Parameter write: Writes the files into the folder it is given.
  /// - Throws: ``JobFailure`` `cannot_write`, and what `write` throws; older checkpoints stay as they are.
  func save(step: Int, _ write: (String) throws -> Void) throws(JobFailure) {
    let name = Self.name(of: step)
    let building = "\(root)/.\(name).part"
    let manager = FileManager.default
    // What was begun must not fill the disk.
    defer { try? manager.removeItem(atPath: building) }
    try JobFailure.writing("write the checkpoint of step \(step)", then: Self.goesOn) {
      try? manager.removeItem(atPath: building)
      try manager.createDirectory(atPath: building, withIntermediateDirectories: true)
      try write(building)
      var sums: [String: String] = [:]
      for file in try manager.contentsOfDirectory(atPath: building) {
        sums[file] = try SHA256.hexDigest(ofFile: URL(filePath: "\(building)/\(file)"))
        try Self.sync("\(building)/\(file)")
      }
      try JobJSON.file(sums).write(to: URL(filePath: "\(building)/\(Self.sums)"))
      try Self.sync("\(building)/\(Self.sums)")
      try Self.sync(building)
      // One of this step may be there: a run that went on from an earlier one because this was damaged.
      try? manager.removeItem(atPath: "\(root)/\(name)")
      try manager.moveItem(atPath: building, toPath: "\(root)/\(name)")
      try Self.sync(root)
    }
    for (_, old) in steps().dropLast(2) { try? manager.removeItem(atPath: "\(root)/\(old)") }
  }

  /// The job is done: checkpoints are not for publication.
  func remove() { try? FileManager.default.removeItem(atPath: root) }

  private static func name(of step: Int) -> String {
    let digits = String(step)
    return "step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  /// Those there are, oldest first.
  private func steps() -> [(step: Int, name: String)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return names.compactMap { name in
      guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)) else { return nil }
      return (step, name)
    }.sorted { $0.step < $1.step }
  }

  private func damage(of folder: String) -> String? {
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(Self.sums)"),
      let sums = try? JobJSON.value([String: String].self, from: data), !sums.isEmpty
    else { return "\(Self.sums) is missing or cannot be read" }
    for (file, sum) in sums.sorted(by: { $0.key < $1.key }) {
      guard let found = try? SHA256.hexDigest(ofFile: URL(filePath: "\(folder)/\(file)")) else {
        return "\(file) is missing or cannot be read"
      }
      guard found == sum else { return "\(file) is not what was written" }
    }
    return nil
  }

  private static let goesOn = "the job goes on from its last checkpoint."

  private static func sync(_ path: String) throws {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw SystemError(errno) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw SystemError(errno) }
  }
}
