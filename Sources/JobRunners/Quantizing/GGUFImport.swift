import Checkpoints
import FLUX
import Foundation

/// Makes a pipeline of a transformer in a GGUF file and the other parts of a folder.
package struct GGUFImport {
  private let transformer: GGUFTransformer
  private let parts: URL

  /// - Parameters:
  ///   - file: The transformer's file.
  ///   - parts: A FLUX pipeline's folder, whose text encoders, autoencoder, tokenizers and configurations are taken.
  package init(file: String, parts: String) throws(CheckpointError) {
    transformer = try GGUFTransformer(path: file)
    self.parts = URL(filePath: parts)
    let index = try ModelConfiguration(path: "\(parts)/model_index.json")
    _ = try index.string("_class_name", oneOf: ["FluxPipeline"])
  }

  package var bytes: Int { transformer.byteCount }

  /// Writes the folder, which must not be there; it appears when its transformer has been loaded once, strictly.
  ///
  /// - Throws: `CheckpointError` for a transformer that does not fit the folder's configuration; nothing is left then.
  package func write(to folder: String, progress: (Int) throws -> Void = { _ in }) throws {
    let manager = FileManager.default
    try EmergingFolder.make(at: folder) { building in
      for name in try manager.contentsOfDirectory(atPath: parts.path)
      where !["transformer", "adapters"].contains(name) {
        try manager.copyItem(
          at: parts.appending(path: name).resolvingSymlinksInPath(), to: building.appending(path: name))
      }
      let place = building.appending(path: "transformer")
      try manager.createDirectory(at: place, withIntermediateDirectories: true)
      try manager.copyItem(
        at: parts.appending(path: "transformer/config.json").resolvingSymlinksInPath(),
        to: place.appending(path: "config.json"))
      var done = 0
      try transformer.write(to: place.path) { bytes in
        done += bytes
        try progress(done)
      }
      _ = try FluxTransformer2DModel(folder: place.path)
    }
  }
}
