import Foundation
import Images
import Jobs
import Testing

@testable import JobRunners

/// A spool with models small enough to train in a test, and a data set of six tuples.
final class TrainingSpool {
  let spool: TemporarySpool

  init() throws {
    spool = try TemporarySpool()
    let manager = FileManager.default
    // Not the project's own models: training writes into the folder.
    try manager.removeItem(atPath: spool.path("models"))
    try manager.createDirectory(atPath: spool.path("models"), withIntermediateDirectories: true)
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../Fixtures/parity"
    )
    .standardized.path
    try manager.copyItem(atPath: "\(fixtures)/flux-pipeline-dev/pipe", toPath: spool.path("models/flux"))
    try manager.copyItem(atPath: "\(fixtures)/clip-gelu/model", toPath: spool.path("models/clip"))
    var rows = ""
    for index in 0..<6 {
      for name in ["right", "wrong"] {
        let image = Self.picture(index, isRight: name == "right")
        try spool.write(image.pngData(), to: "data/\(name)-\(index).png")
      }
      rows += """
        {"implicit_prompt": ["an unripe fruit \(index)", "fruit \(index) too early"], "explicit_prompt": "a green fruit", \
        "superficial_prompt": "a red fruit", "explicit_image": "right-\(index).png", "superficial_image": "wrong-\(index).png", \
        "category": "biology", "law": "ripeness\(index % 2)"}

        """
    }
    try spool.write(Data(rows.utf8), to: "data/metadata.jsonl")
  }

  /// Two shapes of pictures, green ones and red ones.
  private static func picture(_ index: Int, isRight: Bool) -> RGBImage {
    let (width, height) = index % 2 == 0 ? (24, 24) : (40, 24)
    let pixels = (0..<width * height).flatMap { pixel -> [UInt8] in
      let shade = UInt8(120 + (pixel * 7 + index * 31) % 100)
      return isRight ? [30, shade, 40] : [shade, 40, 30]
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  static let reward = #"""
    {"kind": "reward", "model": "clip", "dataset": "data", "output": "scorer", "learning_rate": 1e-3, "max_train_steps": 6,
     "train_batch_size": 2, "gradient_accumulation_steps": 2, "lr_warmup_steps": 2, "validation_split": 0.3,
     "validation_steps": 2, "checkpointing_steps": 2, "seed": 5}
    """#

  static let sft = #"""
    {"kind": "sft", "model": "flux", "dataset": "data", "output": "tuned", "rank": 2, "lora_alpha": 4, "learning_rate": 1e-2,
     "max_train_steps": 6, "train_batch_size": 3, "gradient_accumulation_steps": 1, "resolution": 16, "checkpointing_steps": 2,
     "max_sequence_length": 9, "validation_prompts": ["a fruit", {"prompt": "two fruits", "seed": 9}], "validation_steps": 3,
     "num_inference_steps": 2, "reward": {"model": "clip"}, "seed": 5,
     "promote_if": {"metric": "sciscore_mean", "split": "validation", "min_gain": -100}}
    """#

  static func oft(_ more: String = "", rounds: Int = 3) -> String {
    #"""
    {"kind": "oft", "model": "flux", "output": "online", "rank": 2, "lora_alpha": 2, "learning_rate": 1e-2,
     "prompts": [{"prompt": "a fruit", "object": "fruit", "box": [0.5, 0.5, 0.6, 0.5]},
                 {"prompt": "a leaf", "object": "leaf", "box": [0.4, 0.5, 0.5, 0.5]}],
     "reward": {"model": "clip"}, "detector": "boxes", "rounds": \#(rounds), "prompts_per_round": 2, "num_inference_steps": 2,
     "height": 16, "width": 16, "s_churn": 0.5, "gradient_accumulation_steps": 2, "max_sequence_length": 9,
     "validation_prompts": ["a fruit"], "validation_steps": 2, "seed": 5\#(more)}
    """#
  }

  /// What a job makes, and the file that must be the same whatever happened on the way.
  static let kinds: [(job: String, product: String)] = [
    (reward, "model/model.safetensors"), (sft, "pytorch_lora_weights.safetensors"),
    (oft(), "pytorch_lora_weights.safetensors"),
  ]

  /// Metrics without the seconds, which are nobody's business.
  func metrics(_ output: String) throws -> [String] {
    String(decoding: try spool.read("\(output)/metrics.jsonl"), as: UTF8.self).split(separator: "\n").map {
      String($0.replacing(/,"seconds":[0-9.e-]+/, with: ""))
    }
  }
}
