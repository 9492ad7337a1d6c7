import Checkpoints
import Foundation

@testable import CLIP

/// A CLIP of a few hundred parameters, written to a folder the way transformers saves one.
///
/// Every value follows from its tensor's name and place, so that no two tensors are alike.
struct TinyCLIP {
  var tensors: [String: (values: [Float], shape: [Int])] = [:]

  static let textConfig = """
    {"vocab_size": 12, "hidden_size": 8, "intermediate_size": 10, "num_hidden_layers": 2, "num_attention_heads": 2,
     "max_position_embeddings": 6, "projection_dim": 5, "eos_token_id": 11}
    """
  static let visionConfig = """
    {"hidden_size": 6, "intermediate_size": 7, "num_hidden_layers": 1, "num_attention_heads": 3, "image_size": 7,
     "patch_size": 3}
    """
  static var config: String {
    "{\"projection_dim\": 4, \"text_config\": \(textConfig), \"vision_config\": \(visionConfig)}"
  }

  /// The whole model.
  static func whole() -> TinyCLIP {
    var clip = TinyCLIP()
    clip.addText(prefix: "text_model.")
    clip.add("vision_model.embeddings.class_embedding", [6])
    clip.add("vision_model.embeddings.patch_embedding.weight", [6, 3, 3, 3])
    clip.add("vision_model.embeddings.position_embedding.weight", [5, 6])
    clip.addNorm("vision_model.pre_layrnorm", 6)
    clip.addLayer("vision_model.encoder.layers.0.", 6, 7)
    clip.addNorm("vision_model.post_layernorm", 6)
    clip.add("visual_projection.weight", [4, 6])
    clip.add("text_projection.weight", [4, 8])
    clip.tensors["logit_scale"] = ([2], [])
    return clip
  }

  /// The text tower alone, its names beginning with `prefix`.
  static func text(prefix: String) -> TinyCLIP {
    var clip = TinyCLIP()
    clip.addText(prefix: prefix)
    return clip
  }

  func write(config: String, to folder: String) throws {
    try Data(config.utf8).write(to: URL(fileURLWithPath: "\(folder)/config.json"))
    var writer = SafetensorsWriter()
    for (name, tensor) in tensors { writer.add(name, tensor.values, shape: tensor.shape) }
    try writer.write(to: "\(folder)/model.safetensors")
  }

  private mutating func addText(prefix: String) {
    add("\(prefix)embeddings.token_embedding.weight", [12, 8])
    add("\(prefix)embeddings.position_embedding.weight", [6, 8])
    for layer in 0..<2 { addLayer("\(prefix)encoder.layers.\(layer).", 8, 10) }
    addNorm("\(prefix)final_layer_norm", 8)
  }

  private mutating func addLayer(_ prefix: String, _ width: Int, _ inner: Int) {
    for name in ["q_proj", "k_proj", "v_proj", "out_proj"] {
      addLinear("\(prefix)self_attn.\(name)", width, width)
    }
    addNorm("\(prefix)layer_norm1", width)
    addNorm("\(prefix)layer_norm2", width)
    addLinear("\(prefix)mlp.fc1", width, inner)
    addLinear("\(prefix)mlp.fc2", inner, width)
  }

  private mutating func addLinear(_ name: String, _ inputs: Int, _ outputs: Int) {
    add("\(name).weight", [outputs, inputs])
    add("\(name).bias", [outputs])
  }

  private mutating func addNorm(_ name: String, _ width: Int) {
    add("\(name).weight", [width], around: 1)
    add("\(name).bias", [width])
  }

  private mutating func add(_ name: String, _ shape: [Int], around middle: Float = 0) {
    // Without a tower's prefix, so that both spellings of a lone tower hold the same numbers.
    let plain = name.hasPrefix("text_model.") ? String(name.dropFirst(11)) : name
    let start = Float(plain.utf8.reduce(0) { ($0 * 31 + Int($1)) % 997 })
    tensors[name] = ((0..<shape.reduce(1, *)).map { middle + 0.5 * sin(start + 1.7 * Float($0)) }, shape)
  }
}

/// Calls `body` with the path of a folder that is removed afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let path = FileManager.default.temporaryDirectory.appending(path: "clip-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}
