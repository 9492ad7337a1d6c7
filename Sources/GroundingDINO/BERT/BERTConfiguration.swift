import Checkpoints

/// The sizes of a BERT encoder.
///
/// transformers 5.23.0 `models/bert/configuration_bert.py`, `BertConfig`, defaults included.
package struct BERTConfiguration: Equatable, Sendable {
  package var vocabularySize: Int
  package var width: Int
  package var layers: Int
  package var heads: Int
  /// Width inside the feed-forward part, `intermediate_size`.
  package var innerWidth: Int
  package var maxPositions: Int
  package var tokenTypes: Int
  package var epsilon: Float

  package init(_ file: ModelConfiguration) throws(CheckpointError) {
    _ = try file.string("model_type", oneOf: ["bert"], default: "bert")
    vocabularySize = try file.integer("vocab_size", default: 30522)
    width = try file.integer("hidden_size", in: 1...65_536, default: 768)
    layers = try file.integer("num_hidden_layers", in: 1...1024, default: 12)
    heads = try file.integer("num_attention_heads", in: 1...1024, default: 12)
    innerWidth = try file.integer("intermediate_size", default: 3072)
    maxPositions = try file.integer("max_position_embeddings", default: 512)
    tokenTypes = try file.integer("type_vocab_size", default: 2)
    epsilon = Float(try file.number("layer_norm_eps", in: 0...1, default: 1e-12))
    _ = try file.string("hidden_act", oneOf: ["gelu"], default: "gelu")
    try file.require("is_decoder", is: .bool(false))
    guard width % heads == 0 else {
      throw file.error("num_attention_heads", "does not divide hidden_size \(width)")
    }
  }
}
