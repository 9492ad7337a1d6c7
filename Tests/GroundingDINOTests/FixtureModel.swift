import Checkpoints
import Foundation

/// The small detector among the parity cases, and altered copies of it.
enum FixtureModel {
  static let caseFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/parity/grounding-dino").path
  static let folder = "\(caseFolder)/model"

  /// A tensor of a checkpoint under way.
  struct Entry {
    var values: [Float]
    var shape: [Int]
  }

  /// Calls `body` with a copy of the folder whose tensors `change` has altered; it is removed afterwards.
  static func withCopy<Result>(
    changing change: (inout [String: Entry]) -> Void, _ body: (String) throws -> Result
  ) throws -> Result {
    let files = FileManager.default
    let copy = files.temporaryDirectory.appending(path: "grounding-dino-\(UUID().uuidString)").path
    try files.copyItem(atPath: folder, toPath: copy)
    defer { try? files.removeItem(atPath: copy) }
    let weights = "\(copy)/model.safetensors"
    let file = try SafetensorsFile(path: weights)
    var entries: [String: Entry] = [:]
    for name in file.names {
      entries[name] = Entry(values: try file.floats(name), shape: try file.entry(name).shape)
    }
    change(&entries)
    var writer = SafetensorsWriter()
    for (name, entry) in entries { writer.add(name, entry.values, shape: entry.shape) }
    try writer.write(to: weights)
    return try body(copy)
  }
}
