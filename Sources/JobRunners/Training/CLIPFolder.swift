import Foundation
import Jobs

/// Model folders that reward training makes.
enum CLIPFolder {
  /// A transformers CLIPModel folder with new weights; everything else is the base model's.
  static func write(weights: String, like base: String, to folder: String) throws {
    let manager = FileManager.default
    try? manager.removeItem(atPath: folder)
    try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in try manager.contentsOfDirectory(atPath: base).sorted() where isCompanion(name) {
      if name == "config.json" {
        try configuration(of: "\(base)/\(name)").write(to: URL(filePath: "\(folder)/\(name)"))
      } else {
        // By content: the base may be a link, or a file that is replaced later.
        try Data(contentsOf: URL(filePath: "\(base)/\(name)")).write(to: URL(filePath: "\(folder)/\(name)"))
      }
    }
    try manager.copyItem(atPath: weights, toPath: "\(folder)/model.safetensors")
  }

  private static func isCompanion(_ name: String) -> Bool {
    (name.hasSuffix(".json") || name.hasSuffix(".txt") || name.hasSuffix(".model"))
      && !name.hasSuffix(".index.json") && !name.hasPrefix(".")
  }

  /// The base's configuration for float32 weights: transformers rounds to what `dtype` says.
  private static func configuration(of path: String) throws -> Data {
    let data = try Data(contentsOf: URL(filePath: path))
    guard var members = try JSONSerialization.jsonObject(with: data) as? [String: Any] else { return data }
    for key in ["dtype", "torch_dtype"] where members[key] != nil { members[key] = "float32" }
    for part in ["text_config", "vision_config"] {
      guard var inner = members[part] as? [String: Any] else { continue }
      for key in ["dtype", "torch_dtype"] where inner[key] != nil { inner[key] = "float32" }
      members[part] = inner
    }
    return try JSONSerialization.data(
      withJSONObject: members, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
  }

  /// Copies a folder to the spool's models, in one rename; what was there before stays as `.<name>.previous`.
  static func install(_ folder: String, as name: String, in spoolRoot: String) throws(JobFailure) {
    let manager = FileManager.default
    let models = "\(spoolRoot)/models"
    do {
      let (building, target, previous) = (
        "\(models)/.\(name).part", "\(models)/\(name)", "\(models)/.\(name).previous"
      )
      try? manager.removeItem(atPath: building)
      try manager.createDirectory(atPath: models, withIntermediateDirectories: true)
      try manager.copyItem(atPath: folder, toPath: building)
      if manager.fileExists(atPath: target) {
        try? manager.removeItem(atPath: previous)
        try manager.moveItem(atPath: target, toPath: previous)
      }
      try manager.moveItem(atPath: building, toPath: target)
    } catch {
      throw JobFailure(
        .cannotWrite, "cannot keep the model as \(models)/\(name): \(error.localizedDescription)",
        hint: "Check the folder's permissions and the disk's free space.")
    }
  }
}
