import Checkpoints
import Foundation
import Layers
import Tensors

/// CLIP: images and texts as vectors in one space, where likeness is the cosine.
///
/// transformers 5.23.0 `models/clip/modeling_clip.py`, `CLIPModel`.
package struct CLIPModel: Sendable {
  package let configuration: CLIPConfiguration
  package let textModel: CLIPTextModel
  package let visionModel: CLIPVisionModel
  let visualProjection: Linear  // visual_projection
  let textProjection: Linear  // text_projection
  /// The logarithm of the factor before the cosine; `ln 100` in trained models.
  package let logitScale: Float

  /// Loads `config.json` and the weights of a folder; every tensor must fit and none may be left over.
  package init(folder: String) throws {
    let configuration = try CLIPConfiguration(ModelConfiguration(path: folder))
    let weights = try WeightReader(Checkpoint(path: folder), ignoring: CLIPTextModel.ignored)
    try self.init(weights, configuration)
    try weights.finish()
  }

  package init(_ weights: WeightReader, _ configuration: CLIPConfiguration) throws {
    self.configuration = configuration
    textModel = try CLIPTextModel(weights.scope("text_model"), configuration.text)
    visionModel = try CLIPVisionModel(weights.scope("vision_model"), configuration.vision)
    visualProjection = try Linear(
      weights.scope("visual_projection"), inputs: configuration.vision.encoder.width,
      outputs: configuration.projectionSize, bias: false)
    textProjection = try Linear(
      weights.scope("text_projection"), inputs: configuration.text.encoder.width,
      outputs: configuration.projectionSize, bias: false)
    logitScale = try weights.tensor("logit_scale", shape: []).item
  }

  /// Projected, not normalised text features `[B, projectionSize]`.
  package func textFeatures(ids: [[Int]], mask: [[Int]]? = nil) -> Tensor {
    textProjection(textModel(ids: ids, mask: mask).pooled)
  }

  /// Projected, not normalised image features `[B, projectionSize]`.
  ///
  /// - Parameter pixelValues: `[B, 3, imageSize, imageSize]`, as ``CLIPImageProcessor`` makes them.
  package func imageFeatures(_ pixelValues: Tensor) -> Tensor {
    visualProjection(visionModel(pixelValues).pooled)
  }

  /// `exp(logit_scale) · cosine` of every image with every text, `[images, texts]`.
  package func logitsPerImage(imageFeatures: Tensor, textFeatures: Tensor) -> Tensor {
    let images = imageFeatures.normalisedToUnitLength()
    let texts = textFeatures.normalisedToUnitLength()
    return exp(logitScale) * images.product(texts, otherTransposed: true)
  }
}
