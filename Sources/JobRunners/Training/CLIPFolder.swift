import CLinux
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

  /// Says that a reward job made the folder, so that another may replace it.
  private static let mark = ".made-by-reward"

  /// Whether a model can be kept under a name: nothing but a former reward job's model is ever replaced.
  ///
  /// - Throws: ``JobFailure`` `conflict` or `cannot_write` about the field `output`.
  static func check(_ name: String, in spoolRoot: String) throws(JobFailure) {
    let (manager, models) = (FileManager.default, "\(spoolRoot)/models")
    let target = "\(models)/\(name)"
    guard !manager.fileExists(atPath: target) || manager.fileExists(atPath: "\(target)/\(mark)") else {
      throw JobFailure(
        .conflict, "there is a model models/\(name) that no reward job made", hint: "Choose another name.",
        field: "output")
    }
    guard !manager.fileExists(atPath: models) || access(models, W_OK) == 0 else {
      throw JobFailure(
        .cannotWrite, "models cannot be kept in \(models): \(SystemError(errno))",
        hint: "Let the daemon write there.", field: "output")
    }
  }

  /// Copies a folder to the spool's models; what was there before stays as `.<name>.previous`.
  ///
  /// There is one at every moment where the file system can exchange names; elsewhere two renames follow each other.
  static func install(_ folder: String, as name: String, in spoolRoot: String) throws(JobFailure) {
    let (manager, models) = (FileManager.default, "\(spoolRoot)/models")
    let (building, target, previous) = (
      "\(models)/.\(name).part", "\(models)/\(name)", "\(models)/.\(name).previous"
    )
    try JobFailure.writing("keep the model as \(target)") {
      try? manager.removeItem(atPath: building)
      try manager.createDirectory(atPath: models, withIntermediateDirectories: true)
      try manager.copyItem(atPath: folder, toPath: building)
      try Data().write(to: URL(filePath: "\(building)/\(mark)"))
      if manager.fileExists(atPath: target) {
        try? manager.removeItem(atPath: previous)
        if exchange_names(building, target) == 0 {
          try manager.moveItem(atPath: building, toPath: previous)
          return
        }
        try manager.moveItem(atPath: target, toPath: previous)
      }
      try manager.moveItem(atPath: building, toPath: target)
    }
  }
}
