import Checkpoints
import Layers
import Tensors

/// A lone text tower with the projection into CLIP's common space, as SDXL's `text_encoder_2`.
///
/// transformers 5.23.0 `models/clip/modeling_clip.py`, `CLIPTextModelWithProjection`.
package struct CLIPTextModelWithProjection: Sendable {
  package let textModel: CLIPTextModel
  let projection: Linear  // text_projection

  package init(folder: String) throws {
    let configuration = try CLIPTextConfiguration(ModelConfiguration(path: folder))
    let weights = try WeightReader(Checkpoint(path: folder), ignoring: CLIPTextModel.ignored)
    textModel = try CLIPTextModel(weights.scope("text_model"), configuration)
    projection = try Linear(
      weights.scope("text_projection"), inputs: configuration.encoder.width,
      outputs: configuration.projectionSize, bias: false)
    try weights.finish()
  }

  /// The tower's states and the projected features `[B, projectionSize]` (`text_embeds`), not normalised.
  package func callAsFunction(ids: [[Int]], mask: [[Int]]? = nil) -> (
    states: CLIPTextOutput, embeddings: Tensor
  ) {
    let states = textModel(ids: ids, mask: mask)
    return (states, projection(states.pooled))
  }
}
