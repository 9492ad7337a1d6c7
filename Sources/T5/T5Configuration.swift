import Checkpoints

/// The sizes of a T5 v1.1 encoder.
///
/// transformers 5.23.0 `models/t5/configuration_t5.py`, `T5Config`. Differs: only the gated GELU of v1.1 is known, so the first
/// T5 (`feed_forward_proj` "relu") is refused.
package struct T5Configuration: Equatable, Sendable {
  package var vocabularySize: Int
  /// Width of a token's state, `d_model`.
  package var width: Int
  /// Head size D, `d_kv`; heads times this need not be the width.
  package var headSize: Int
  /// Width inside the feed-forward part, `d_ff`.
  package var innerWidth: Int
  package var blocks: Int
  package var heads: Int
  /// Rows of the table of relative positions, half of them for keys after the query.
  package var buckets: Int
  /// Distance from which on all positions share the last bucket.
  package var maxDistance: Int
  package var epsilon: Float

  package init(_ file: ModelConfiguration) throws(CheckpointError) {
    _ = try file.string("model_type", oneOf: ["t5"], default: "t5")
    let reason = "T5 v1.1 encoders are supported: gated-gelu with gelu_new"
    _ = try file.string("feed_forward_proj", oneOf: ["gated-gelu"], default: "relu")
    try file.require("dense_act_fn", is: .string("gelu_new"), because: reason)
    try file.require("is_gated_act", is: .bool(true), because: reason)
    vocabularySize = try file.integer("vocab_size", default: 32128)
    width = try file.integer("d_model", default: 512)
    headSize = try file.integer("d_kv", default: 64)
    innerWidth = try file.integer("d_ff", default: 2048)
    blocks = try file.integer("num_layers", in: 1...1024, default: 6)
    heads = try file.integer("num_heads", in: 1...1024, default: 8)
    buckets = try file.integer("relative_attention_num_buckets", in: 4...65_536, default: 32)
    maxDistance = try file.integer("relative_attention_max_distance", default: 128)
    epsilon = Float(try file.number("layer_norm_epsilon", in: 0...1, default: 1e-6))
    guard buckets % 4 == 0, maxDistance > buckets / 4 else {
      throw file.error(
        "relative_attention_num_buckets", "does not go with relative_attention_max_distance \(maxDistance)",
        expected: "a multiple of 4, less than four times the distance")
    }
  }
}
