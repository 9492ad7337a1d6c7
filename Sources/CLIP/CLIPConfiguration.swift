import Checkpoints

/// The sizes and settings of a whole CLIP model, both towers and the space they meet in.
///
/// transformers 5.23.0 `models/clip/configuration_clip.py`, `CLIPConfig`. A `text_config_dict` or `vision_config_dict`, as old
/// files have it, replaces `text_config` or `vision_config` altogether, absent keys meaning defaults.
/// `projection_dim` counts at the top level only.
package struct CLIPConfiguration: Equatable, Sendable {
  package var text: CLIPTextConfiguration
  package var vision: CLIPVisionConfiguration
  /// Width of the features of both towers, where they are compared.
  package var projectionSize: Int

  /// Reads the `config.json` of a folder.
  ///
  /// - Throws: ``CheckpointError`` naming the key; also for a folder that holds another kind of model.
  package init(_ file: ModelConfiguration) throws(CheckpointError) {
    _ = try file.string("model_type", oneOf: ["clip"], default: "clip")
    guard file["text_config"] != nil || file["text_config_dict"] != nil else {
      throw file.error(
        "text_config", "is missing", expected: "the settings of the text tower",
        hint: "This is no whole CLIPModel: give the folder of one, with both towers")
    }
    text = try CLIPTextConfiguration(Self.part("text_config", of: file))
    vision = try CLIPVisionConfiguration(Self.part("vision_config", of: file))
    projectionSize = try file.integer("projection_dim", default: 512)
  }

  private static func part(_ key: String, of file: ModelConfiguration) throws(CheckpointError)
    -> ModelConfiguration
  {
    try file.nested(file["\(key)_dict"] == nil ? key : "\(key)_dict")
  }
}
