import Checkpoints

/// The sizes of a Swin backbone.
///
/// transformers 5.23.0 `models/swin/configuration_swin.py`, `SwinConfig`, defaults included. Differs: no absolute positions,
/// square patches and windows, three channels. The window is never shrunk to a small map, so `image_size` says nothing.
package struct SwinConfiguration: Equatable, Sendable {
  /// Height and width of a patch in pixels.
  package var patchSize: Int
  /// Channels after the patches; every stage doubles them.
  package var width: Int
  /// Blocks of each stage.
  package var depths: [Int]
  /// Heads of each stage.
  package var heads: [Int]
  /// Height and width of a window in patches.
  package var windowSize: Int
  /// Width inside the feed-forward part as a multiple of the stage's channels.
  package var feedForwardRatio: Double
  package var hasProjectionBias: Bool
  package var epsilon: Float
  /// Stages, counted from 1, whose maps are the backbone's result.
  package var outputStages: [Int]

  /// Channels of a stage, counted from 1.
  package func channels(ofStage stage: Int) -> Int { width << (stage - 1) }

  package init(_ file: ModelConfiguration) throws(CheckpointError) {
    _ = try file.string("model_type", oneOf: ["swin"], default: "swin")
    patchSize = try file.integer("patch_size", in: 1...256, default: 4)
    width = try file.integer("embed_dim", in: 1...8192, default: 96)
    depths = try file.integers("depths", in: 1...256, default: [2, 2, 6, 2])
    guard (1...8).contains(depths.count) else {
      throw file.error("depths", "is not supported", expected: "the blocks of 1 to 8 stages")
    }
    heads = try file.integers("num_heads", in: 1...1024, default: [3, 6, 12, 24])
    windowSize = try file.integer("window_size", in: 1...64, default: 7)
    feedForwardRatio = try file.number("mlp_ratio", in: 0.01...64, default: 4)
    hasProjectionBias = try file.bool("qkv_bias", default: true)
    epsilon = Float(try file.number("layer_norm_eps", in: 0...1, default: 1e-5))
    outputStages = try Self.outputStages(file, stages: depths.count)
    _ = try file.string("hidden_act", oneOf: ["gelu"], default: "gelu")
    try file.require("use_absolute_embeddings", is: .bool(false))
    guard try file.integer("num_channels", default: 3) == 3 else {
      throw file.error("num_channels", "is not supported", expected: "3")
    }
    guard heads.count == depths.count else {
      throw file.error("num_heads", "does not go with the \(depths.count) stages of depths")
    }
    for (stage, heads) in heads.enumerated() where channels(ofStage: stage + 1) % heads != 0 {
      throw file.error("num_heads", "\(heads) does not divide the \(width << stage) channels of its stage")
    }
    guard Int(feedForwardRatio * Double(width)) > 0 else {
      throw file.error("mlp_ratio", "leaves no width inside the feed-forward part")
    }
  }

  /// `out_indices`, or `out_features` such as `stage2`; the last stage when neither is given.
  private static func outputStages(
    _ file: ModelConfiguration, stages: Int
  ) throws(CheckpointError) -> [Int] {
    var chosen = [stages]
    if file["out_indices"] != nil {
      // Negative indices count from the end, as in Python, where the stem is the first of all.
      chosen = try file.integers("out_indices", in: -9...8).map { $0 < 0 ? $0 + stages + 1 : $0 }
    } else if file["out_features"] != nil {
      chosen = try file.strings("out_features").map { $0.hasPrefix("stage") ? Int($0.dropFirst(5)) ?? 0 : 0 }
    }
    guard !chosen.isEmpty, chosen == Set(chosen).sorted(), chosen.allSatisfy((1...stages).contains) else {
      throw file.error(
        file["out_indices"] == nil ? "out_features" : "out_indices", "is not supported",
        expected: "rising stages from 1 to \(stages)")
    }
    return chosen
  }
}
