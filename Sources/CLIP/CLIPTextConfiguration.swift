import Checkpoints
import Tensors

/// The sizes and settings of CLIP's text tower.
///
/// transformers 5.23.0 `models/clip/configuration_clip.py`, `CLIPTextConfig`, defaults included: an absent `hidden_act` is
/// `quick_gelu`, whatever the usual choice is for a model of that size.
package struct CLIPTextConfiguration: Equatable, Sendable {
  package var vocabularySize: Int
  package var encoder: CLIPEncoderConfiguration
  /// The longest text in tokens, start and end included.
  package var maxPositions: Int
  /// Width of the projected features when this file describes a lone text model; a ``CLIPModel`` has its own.
  package var projectionSize: Int
  /// The end token by whose place the text is pooled; 2 stands for the older rule, the largest id of the row.
  package var endTokenID: Int

  /// Reads a `config.json` or the `text_config` in one.
  package init(_ file: ModelConfiguration) throws(CheckpointError) {
    vocabularySize = try file.integer("vocab_size", default: 49408)
    encoder = try CLIPEncoderConfiguration(file, width: 512, innerWidth: 2048, layers: 12, heads: 8)
    maxPositions = try file.integer("max_position_embeddings", default: 77)
    projectionSize = try file.integer("projection_dim", default: 512)
    endTokenID = try file.integer("eos_token_id", in: 0...1_048_575, default: 49407)
  }
}

/// What the layers of both towers need to know.
package struct CLIPEncoderConfiguration: Equatable, Sendable {
  /// Width of a token's state, `hidden_size`.
  package var width: Int
  /// Width inside the feed-forward part, `intermediate_size`.
  package var innerWidth: Int
  package var layers: Int
  package var heads: Int
  package var activation: Activation
  package var epsilon: Float

  /// The defaults are those of the tower's class.
  init(
    _ file: ModelConfiguration, width: Int, innerWidth: Int, layers: Int, heads: Int
  ) throws(CheckpointError) {
    self.width = try file.integer("hidden_size", default: width)
    self.innerWidth = try file.integer("intermediate_size", default: innerWidth)
    self.layers = try file.integer("num_hidden_layers", in: 1...1024, default: layers)
    self.heads = try file.integer("num_attention_heads", in: 1...1024, default: heads)
    epsilon = Float(try file.number("layer_norm_eps", in: 0...1, default: 1e-5))
    let name = try file.string(
      "hidden_act", oneOf: ["quick_gelu", "gelu", "gelu_new", "gelu_pytorch_tanh"], default: "quick_gelu")
    activation =
      switch name {
      case "quick_gelu": .quickGelu
      case "gelu": .gelu
      default: .geluTanh
      }
    guard self.width % self.heads == 0 else {
      throw file.error("num_attention_heads", "does not divide hidden_size \(self.width)")
    }
  }
}
