import Checkpoints
import Foundation

/// A model folder of a published shape with random weights: what takes time and memory as the published one does, and
/// needs no licence and no download.
package struct SyntheticModel {
  private let parts: [(part: ModelPart, tensors: WeightList)]
  private let files: [String: String]
  package var type = SafetensorsWriter.FloatType.bfloat16
  /// Bytes of a shard, as diffusers cuts them unless told otherwise; transformers' are half as large.
  package var shardBytes = 10_000_000_000
  package var seed: UInt64 = 0

  package init(like shape: PublishedShape) throws { try self.init(parts: shape.parts, files: shape.files) }

  package init(parts: [ModelPart], files: [String: String]) throws {
    self.parts = try parts.map { ($0, try $0.tensors()) }
    self.files = files
  }

  package var parameters: Int { parts.reduce(0) { $0 + $1.tensors.parameters } }

  /// Bytes that the weights will have.
  package var bytes: Int { parameters * (type == .float32 ? 4 : 2) }

  /// Writes the folder, which must not be there; it appears when it is complete.
  ///
  /// - Parameter progress: Gets the bytes of weights so far; what it throws ends the writing.
  /// - Throws: `CheckpointError`, and errors of the file system; nothing is left then.
  package func write(to folder: String, progress: (Int) throws -> Void = { _ in }) throws {
    let manager = FileManager.default
    try EmergingFolder.make(at: folder) { building in
      for (path, text) in files {
        let file = building.appending(path: path)
        try manager.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
      var done = 0
      for (part, tensors) in parts {
        let place = part.folder.isEmpty ? building : building.appending(path: part.folder)
        try manager.createDirectory(at: place, withIntermediateDirectories: true)
        try Data(part.configuration.utf8).write(to: place.appending(path: "config.json"))
        let limit = part.stem == "model" ? shardBytes / 2 : shardBytes
        let weights = SyntheticWeights(
          tensors, stem: part.stem, type: type, shardBytes: limit, seed: seed)
        try weights.write(to: place.path) { bytes in
          done += bytes
          try progress(done)
        }
      }
    }
  }
}
