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
  /// Modules that stay as they are: parts of their names, such as `attn`, `ff.net.2`, `transformer_blocks.0`,
  /// `text_encoder_2`; as `modules_to_not_convert` of diffusers' quantization configurations.
  package var keptModules: [String] = []

  /// The matrices of the same place in all blocks.
  package struct Kind: Sendable {
    /// Of the module, without the numbers of blocks.
    package let name: String
    package fileprivate(set) var matrices = 0
    package fileprivate(set) var elementCount = 0
    fileprivate var squares = 0.0
    fileprivate var errorSquares = 0.0

    /// Root mean square of what rounding changed, over that of the weights.
    package var error: Double { squares > 0 ? (errorSquares / squares).squareRoot() : 0 }

    fileprivate mutating func add(_ matrix: Int8Quantization.Matrix) {
      matrices += 1
      elementCount += matrix.elementCount
      squares += matrix.squares
      errorSquares += matrix.errorSquares
    }
  }

  /// A folder with weights, and which of its matrices are quantized.
  private struct Part {
    /// Within the model's folder; empty for the folder itself.
    let folder: String
    let chosen: @Sendable (String) -> Bool

    /// The modules that a tensor belongs to, from the outermost on.
    private func modules(of name: String) -> [Substring] {
      (folder.isEmpty ? [] : [folder[...]]) + name.split(separator: ".").dropLast()
    }

    func has(module: String, _ name: String) -> Bool {
      ".\(modules(of: name).joined(separator: ".")).".contains(".\(module).")
    }

    func kind(of name: String) -> String {
      // A number may also tell a layer's place within a block, as in ff.net.2: only that of the block is left out.
      var modules = modules(of: name)
      if let block = modules.firstIndex(where: { Int($0) != nil }) { modules.remove(at: block) }
      return modules.joined(separator: ".")
    }
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
  /// - Returns: What was quantized, in the order of the parts and then by name.
  /// - Throws: `CheckpointError` for one of the ``keptModules`` that there is none of; and what `progress` throws.
  package func write(to folder: String, progress: (Int) throws -> Void = { _ in }) throws -> [Kind] {
    try checkKeptModules()
    return try EmergingFolder.make(at: folder) { building in
      try copyOthers(to: building)
      var (done, kinds) = (0, [Kind]())
      for part in parts {
        let place = part.folder.isEmpty ? building.path : "\(building.path)/\(part.folder)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let matrices = try Int8Quantization.convert(
          path(of: part), to: place, groupSize: groupSize,
          chosen: { name in part.chosen(name) && !keptModules.contains { part.has(module: $0, name) } }
        ) { bytes in
          done += bytes
          try progress(done)
        }
        var byName: [String: Kind] = [:]
        for matrix in matrices {
          let name = part.kind(of: matrix.name)
          byName[name, default: Kind(name: name)].add(matrix)
        }
        kinds += byName.values.sorted { $0.name < $1.name }
      }
      return kinds
    }
  }

  private func checkKeptModules() throws {
    guard !keptModules.isEmpty else { return }
    var kinds: Set<String> = []
    var unmatched = keptModules
    for part in parts {
      let checkpoint = try Checkpoint(path: path(of: part))
      for name in checkpoint.keys
      where part.chosen(name) && Int8Quantization.canQuantize(name, of: checkpoint) {
        kinds.insert(part.kind(of: name))
        unmatched.removeAll { part.has(module: $0, name) }
      }
    }
    guard let module = unmatched.first else { return }
    throw CheckpointError(
      file: source.path, key: module, problem: "is no module with a matrix that would be quantized",
      hint:
        "Name a part of one of these, with or without the number of a block: \(kinds.sorted().joined(separator: ", "))"
    )
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
