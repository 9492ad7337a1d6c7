import Checkpoints

/// The sizes and settings of CLIP's vision tower.
///
/// transformers 5.23.0 `models/clip/configuration_clip.py`, `CLIPVisionConfig`, defaults included. Differs: images and
/// patches must be square, and images have three channels.
package struct CLIPVisionConfiguration: Equatable, Sendable {
  package var encoder: CLIPEncoderConfiguration
  /// Height and width of an image in pixels.
  package var imageSize: Int
  /// Height and width of a patch in pixels.
  package var patchSize: Int

  /// Patches in a row and in a column; pixels beyond the last whole patch are not looked at.
  package var grid: Int { imageSize / patchSize }

  /// Reads the `vision_config` of a `config.json`.
  package init(_ file: ModelConfiguration) throws(CheckpointError) {
    encoder = try CLIPEncoderConfiguration(file, width: 768, innerWidth: 3072, layers: 12, heads: 12)
    imageSize = try file.integer("image_size", in: 1...16_384, default: 224)
    patchSize = try file.integer("patch_size", in: 1...16_384, default: 32)
    guard patchSize <= imageSize else {
      throw file.error("patch_size", "is larger than image_size \(imageSize)")
    }
    guard try file.integer("num_channels", default: 3) == 3 else {
      throw file.error("num_channels", "is not supported", expected: "3")
    }
  }
}
