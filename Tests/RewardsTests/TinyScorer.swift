import Checkpoints
import Foundation

/// The folder of a scorer with a few hundred parameters, complete as transformers saves one.
///
/// Its tokenizer knows the words a, b and c. Every value follows from its tensor's name and place.
struct TinyScorer {
  var files: [String: String] = [
    "config.json": """
    {"projection_dim": 4,
     "text_config": {"vocab_size": 5, "hidden_size": 6, "intermediate_size": 7, "num_hidden_layers": 1,
                     "num_attention_heads": 2, "max_position_embeddings": 5, "eos_token_id": 4},
     "vision_config": {"hidden_size": 6, "intermediate_size": 7, "num_hidden_layers": 1, "num_attention_heads": 2,
                       "image_size": 8, "patch_size": 4}}
    """,
    "vocab.json": #"{"a</w>": 0, "b</w>": 1, "c</w>": 2, "<|startoftext|>": 3, "<|endoftext|>": 4}"#,
    "merges.txt": "#version: 0.2\n",
    "tokenizer_config.json": #"{"model_max_length": 77}"#,
    "preprocessor_config.json":
      #"{"size": 8, "crop_size": 8, "feature_extractor_type": "CLIPFeatureExtractor"}"#,
  ]

  /// What every weight of the vision tower's last normalisation is; NaN to damage the model.
  var postNormWeight: Float = 1

  func write(to folder: String) throws {
    for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
    var writer = SafetensorsWriter()
    for (name, shape) in Self.shapes {
      let start = Float(name.utf8.reduce(0) { ($0 * 31 + Int($1)) % 997 })
      let isNorm = name.contains("norm") && name.hasSuffix("weight")
      let middle: Float = name.contains("post_layernorm.weight") ? postNormWeight : isNorm ? 1 : 0
      writer.add(
        name, (0..<shape.reduce(1, *)).map { middle + 0.5 * sin(start + 1.7 * Float($0)) }, shape: shape)
    }
    writer.add("logit_scale", [3], shape: [])
    try writer.write(to: "\(folder)/model.safetensors")
  }

  private static var shapes: [String: [Int]] {
    var shapes: [String: [Int]] = [
      "text_projection.weight": [4, 6], "visual_projection.weight": [4, 6],
      "text_model.embeddings.token_embedding.weight": [5, 6],
      "text_model.embeddings.position_embedding.weight": [5, 6],
      "vision_model.embeddings.class_embedding": [6],
      "vision_model.embeddings.patch_embedding.weight": [6, 3, 4, 4],
      "vision_model.embeddings.position_embedding.weight": [5, 6],
    ]
    for norm in ["text_model.final_layer_norm", "vision_model.pre_layrnorm", "vision_model.post_layernorm"] {
      shapes["\(norm).weight"] = [6]
      shapes["\(norm).bias"] = [6]
    }
    for tower in ["text_model", "vision_model"] {
      let layer = "\(tower).encoder.layers.0"
      for name in ["layer_norm1", "layer_norm2"] {
        shapes["\(layer).\(name).weight"] = [6]
        shapes["\(layer).\(name).bias"] = [6]
      }
      for name in ["q_proj", "k_proj", "v_proj", "out_proj"] {
        shapes["\(layer).self_attn.\(name).weight"] = [6, 6]
        shapes["\(layer).self_attn.\(name).bias"] = [6]
      }
      shapes["\(layer).mlp.fc1.weight"] = [7, 6]
      shapes["\(layer).mlp.fc1.bias"] = [7]
      shapes["\(layer).mlp.fc2.weight"] = [6, 7]
      shapes["\(layer).mlp.fc2.bias"] = [6]
    }
    return shapes
  }
}

/// Calls `body` with the path of a folder that is removed afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let path = FileManager.default.temporaryDirectory.appending(path: "rewards-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}
