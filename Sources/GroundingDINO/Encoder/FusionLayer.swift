import Checkpoints
import Layers
import Tensors

/// Image and text look at each other. What is added is added to the normalised states.
///
/// transformers 5.23.0 `models/grounding_dino/modeling_grounding_dino.py`, `GroundingDinoFusionLayer` with
/// `GroundingDinoBiMultiHeadAttention`. Its clamping at ±50 000 is left out: float32 scores do not come near it.
struct FusionLayer: Sendable {
  let visionNorm: LayerNorm  // layer_norm_vision
  let textNorm: LayerNorm  // layer_norm_text
  let visionProjection: Linear  // attn.vision_proj
  let textProjection: Linear  // attn.text_proj
  let visionValues: Linear  // attn.values_vision_proj
  let textValues: Linear  // attn.values_text_proj
  let visionOutput: Linear  // attn.out_vision_proj
  let textOutput: Linear  // attn.out_text_proj
  let visionScale: Tensor  // vision_param [C]
  let textScale: Tensor  // text_param [C]
  let heads: Int
  let scale: Float

  init(_ weights: WeightReader, _ configuration: GroundingDinoConfiguration) throws {
    let (width, attention) = (configuration.width, weights.scope("attn"))
    let inner = configuration.encoder.innerWidth / 2
    visionNorm = try LayerNorm(
      weights.scope("layer_norm_vision"), width: width, epsilon: configuration.epsilon)
    textNorm = try LayerNorm(
      weights.scope("layer_norm_text"), width: width, epsilon: configuration.epsilon)
    visionProjection = try Linear(attention.scope("vision_proj"), inputs: width, outputs: inner)
    textProjection = try Linear(attention.scope("text_proj"), inputs: width, outputs: inner)
    visionValues = try Linear(attention.scope("values_vision_proj"), inputs: width, outputs: inner)
    textValues = try Linear(attention.scope("values_text_proj"), inputs: width, outputs: inner)
    visionOutput = try Linear(attention.scope("out_vision_proj"), inputs: inner, outputs: width)
    textOutput = try Linear(attention.scope("out_text_proj"), inputs: inner, outputs: width)
    visionScale = try weights.tensor("vision_param", shape: [width])
    textScale = try weights.tensor("text_param", shape: [width])
    heads = configuration.encoder.heads / 2
    scale = 1 / Float(inner / heads).squareRoot()
  }

  /// - Parameters:
  ///   - vision: `[1, S, C]`.
  ///   - text: `[1, T, C]`.
  ///   - visionBias, textBias: What hides padding, `[1, S]` and `[1, T]`.
  func callAsFunction(
    vision: Tensor, text: Tensor, visionBias: Tensor?, textBias: Tensor?
  ) -> (vision: Tensor, text: Tensor) {
    let (vision, text) = (visionNorm(vision), textNorm(text))
    let projected = Linear.results(of: [
      visionProjection.on(vision), visionValues.on(vision), textProjection.on(text), textValues.on(text),
    ])
    let seen = projected[0].attention(
      keys: projected[2], values: projected[3], heads: heads, scale: scale,
      mask: AttentionMask(keyBias: textBias))
    let read = projected[2].attention(
      keys: projected[0], values: projected[1], heads: heads, scale: scale,
      mask: AttentionMask(keyBias: visionBias))
    return (vision + visionOutput(seen) * visionScale, text + textOutput(read) * textScale)
  }
}
