import Checkpoints

/// The sizes and settings of a whole GroundingDINO.
///
/// transformers 5.23.0 `models/grounding_dino/configuration_grounding_dino.py`, `GroundingDinoConfig`, defaults included.
/// Differs: the backbone is a Swin, the text encoder a BERT, positions are sines, boxes are proposed in two stages and
/// the activation is `relu`, as in all published models; anything else is refused.
package struct GroundingDinoConfiguration: Equatable, Sendable {
  package var backbone: SwinConfiguration
  package var text: BERTConfiguration
  /// Width of every state after the two backbones, `d_model`.
  package var width: Int
  /// Boxes that are proposed and refined.
  package var queries: Int
  /// Maps of the feature pyramid; those beyond the backbone's are convolved from the last.
  package var levels: Int
  /// Columns of the logits: the longest text in tokens, start and end included.
  package var maxTextLength: Int
  package var encoder: Stack
  package var decoder: Stack
  /// Whether one head refines the boxes after every decoder layer.
  package var sharesBoxHead: Bool
  /// Base of the wavelengths of the image positions.
  package var positionTemperature: Int
  package var epsilon: Float

  /// The sizes of the encoder's or the decoder's layers.
  package struct Stack: Equatable, Sendable {
    package var layers: Int
    package var heads: Int
    package var innerWidth: Int
    /// Places that deformable attention looks at in each level, for each head.
    package var points: Int

    init(_ file: ModelConfiguration, _ name: String) throws(CheckpointError) {
      layers = try file.integer("\(name)_layers", in: 1...1024, default: 6)
      heads = try file.integer("\(name)_attention_heads", in: 1...1024, default: 8)
      innerWidth = try file.integer("\(name)_ffn_dim", default: 2048)
      points = try file.integer("\(name)_n_points", in: 1...1024, default: 4)
    }
  }

  /// Reads the `config.json` of a folder.
  ///
  /// - Throws: ``CheckpointError`` naming the key; also for a folder that holds another kind of model.
  package init(_ file: ModelConfiguration) throws(CheckpointError) {
    _ = try file.string("model_type", oneOf: ["grounding-dino"], default: "grounding-dino")
    backbone = try SwinConfiguration(
      file["backbone_config"] == nil
        ? ModelConfiguration(text: "{\"out_indices\": [2, 3, 4]}", path: file.path)
        : file.nested("backbone_config"))
    text = try BERTConfiguration(
      file["text_config"] == nil
        ? ModelConfiguration(text: "{}", path: file.path) : file.nested("text_config"))
    width = try file.integer("d_model", in: 1...65_536, default: 256)
    queries = try file.integer("num_queries", in: 1...65_536, default: 900)
    levels = try file.integer("num_feature_levels", in: 2...16, default: 4)
    maxTextLength = try file.integer("max_text_len", in: 3...65_536, default: 256)
    encoder = try Stack(file, "encoder")
    decoder = try Stack(file, "decoder")
    sharesBoxHead = try file.bool("decoder_bbox_embed_share", default: true)
    positionTemperature = try file.integer("positional_embedding_temperature", default: 20)
    epsilon = Float(try file.number("layer_norm_eps", in: 0...1, default: 1e-5))
    try requireSupported(file)
    try requireConsistent(file)
  }

  private func requireSupported(_ file: ModelConfiguration) throws(CheckpointError) {
    _ = try file.string("activation_function", oneOf: ["relu"], default: "relu")
    _ = try file.string("position_embedding_type", oneOf: ["sine"], default: "sine")
    try file.require("two_stage", is: .bool(true), because: "Boxes are proposed from the encoder's states")
    try file.require("two_stage_bbox_embed_share", is: .bool(false), because: "Proposals have their own head")
    guard try file.integer("query_dim", default: 4) == 4 else {
      throw file.error("query_dim", "is not supported", expected: "4, a whole box")
    }
  }

  private func requireConsistent(_ file: ModelConfiguration) throws(CheckpointError) {
    guard width % 32 == 0 else {
      throw file.error("d_model", "cannot be normalised in 32 groups", expected: "a multiple of 32")
    }
    for (name, stack) in [("encoder", encoder), ("decoder", decoder)] where width % stack.heads != 0 {
      throw file.error("\(name)_attention_heads", "does not divide d_model \(width)")
    }
    guard encoder.heads % 2 == 0, encoder.innerWidth / 2 % (encoder.heads / 2) == 0,
      encoder.innerWidth > 1
    else {
      throw file.error(
        "encoder_attention_heads", "does not go with encoder_ffn_dim \(encoder.innerWidth)",
        expected: "an even number, half of which divides half of encoder_ffn_dim")
    }
    guard levels >= backbone.outputStages.count else {
      throw file.error(
        "num_feature_levels", "is less than the backbone's \(backbone.outputStages.count) maps")
    }
    guard maxTextLength <= text.maxPositions else {
      throw file.error(
        "max_text_len", "is more than the text encoder's max_position_embeddings \(text.maxPositions)")
    }
  }
}
