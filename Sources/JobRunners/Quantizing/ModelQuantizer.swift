import Checkpoints
import Foundation

/// Copies a model folder with the large matrices of its blocks as signed bytes.
///
/// What sets the tone keeps its precision: norms and the modulation that drives them, embeddings, the layers that enter and
/// leave a model, and the autoencoder.
package struct ModelQuantizer {
  private let source: URL
  private let parts: [Part]
  /// Inputs that share a scale; nil for all of an output channel.
  package var groupSize: Int?

  /// A folder with weights, and which of its matrices are quantized.
  private struct Part {
    /// Within the model's folder; empty for the folder itself.
    let folder: String
    let chosen: @Sendable (String) -> Bool
  }

  /// - Throws: `CheckpointError` for a folder that holds neither a FLUX pipeline nor a CLIP model.
  package init(folder: String) throws(CheckpointError) {
    source = URL(filePath: folder)
    if FileManager.default.fileExists(atPath: "\(folder)/model_index.json") {
      let index = try ModelConfiguration(path: "\(folder)/model_index.json")
      _ = try index.string("_class_name", oneOf: ["FluxPipeline"])
      parts = [
        Part(folder: "transformer") { $0.contains("transformer_blocks.") && !$0.contains("norm") },
        Part(folder: "text_encoder", chosen: Self.isCLIPLayer),
        Part(folder: "text_encoder_2") {
          ($0.contains(".SelfAttention.") || $0.contains(".DenseReluDense."))
            && !$0.contains("relative_attention_bias")
        },
      ]
    } else {
      let file = try ModelConfiguration(path: folder)
      guard file["text_config"] != nil || file["text_config_dict"] != nil else {
        throw CheckpointError(
          file: folder, problem: "is neither a FLUX pipeline nor a CLIP model",
          hint: "Give a folder with a model_index.json, or with the config.json of a CLIPModel")
      }
      parts = [Part(folder: "", chosen: Self.isCLIPLayer)]
    }
  }

  private static let isCLIPLayer: @Sendable (String) -> Bool = {
    $0.contains("encoder.layers.") && ($0.contains(".self_attn.") || $0.contains(".mlp."))
  }

  /// Bytes of the weights that are read.
  package var bytes: Int {
    parts.reduce(0) { $0 + ((try? Checkpoint(path: path(of: $1))).map(\.byteCount) ?? 0) }
  }

  private func path(of part: Part) -> String {
    part.folder.isEmpty ? source.path : "\(source.path)/\(part.folder)"
  }

  /// Writes the copy, which must not be there; it appears when it is complete. Adapters are not copied.
  ///
  /// - Parameter progress: Gets the bytes read so far; what it throws ends the writing.
  /// - Returns: How many matrices were quantized.
  package func write(to folder: String, progress: (Int) throws -> Void = { _ in }) throws -> Int {
    try EmergingFolder.make(at: folder) { building in
      try copyOthers(to: building)
      var (done, count) = (0, 0)
      for part in parts {
        let place = part.folder.isEmpty ? building.path : "\(building.path)/\(part.folder)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        count += try Int8Quantization.convert(
          path(of: part), to: place, groupSize: groupSize, chosen: part.chosen
        ) { bytes in
          done += bytes
          try progress(done)
        }
      }
      return count
    }
  }

  /// Everything but the weights that are written anew.
  private func copyOthers(to building: URL) throws {
    let manager = FileManager.default
    let files = manager.enumerator(atPath: source.path)
    while let path = files?.nextObject() as? String {
      let folder = (path as NSString).deletingLastPathComponent
      let isWeight = path.hasSuffix(".safetensors") || path.hasSuffix(".safetensors.index.json")
      if path.hasPrefix("adapters") || (isWeight && parts.contains { $0.folder == folder }) { continue }
      var isFolder: ObjCBool = false
      guard manager.fileExists(atPath: "\(source.path)/\(path)", isDirectory: &isFolder) else { continue }
      let target = building.appending(path: path)
      if isFolder.boolValue {
        try manager.createDirectory(at: target, withIntermediateDirectories: true)
      } else {
        // Links lead elsewhere: their content is what is wanted.
        let real = URL(filePath: "\(source.path)/\(path)").resolvingSymlinksInPath()
        try manager.copyItem(at: real, to: target)
      }
    }
  }
}
