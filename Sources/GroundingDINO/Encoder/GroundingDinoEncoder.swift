import Checkpoints
import Layers
import Tensors

/// What image and text are while they pass through the encoder.
struct EncoderState: Sendable {
  /// `[1, S, C]`.
  var vision: Tensor
  /// `[1, T, C]`.
  var text: Tensor
}

/// One layer: image and text meet, the text looks at itself, the image looks at itself.
///
/// transformers 5.23.0 `models/grounding_dino/modeling_grounding_dino.py`, `GroundingDinoEncoderLayer` and
/// `GroundingDinoDeformableLayer`.
struct EncoderLayer: Sendable {
  let fusion: FusionLayer  // fusion_layer
  let textEnhancer: TextEnhancerLayer  // text_enhancer_layer
  let attention: DeformableAttention  // deformable_layer.self_attn
  let attentionNorm: LayerNorm  // deformable_layer.self_attn_layer_norm
  let feedForward: FeedForward  // deformable_layer.fc1, fc2
  let norm: LayerNorm  // deformable_layer.final_layer_norm

  init(_ weights: WeightReader, _ configuration: GroundingDinoConfiguration) throws {
    let (width, stack) = (configuration.width, configuration.encoder)
    fusion = try FusionLayer(weights.scope("fusion_layer"), configuration)
    textEnhancer = try TextEnhancerLayer(weights.scope("text_enhancer_layer"), configuration)
    let deformable = weights.scope("deformable_layer")
    attention = try DeformableAttention(
      deformable.scope("self_attn"), width: width, heads: stack.heads, levels: configuration.levels,
      points: stack.points)
    attentionNorm = try LayerNorm(
      deformable.scope("self_attn_layer_norm"), width: width, epsilon: configuration.epsilon)
    feedForward = try FeedForward(deformable, width: width, inner: stack.innerWidth)
    norm = try LayerNorm(
      deformable.scope("final_layer_norm"), width: width, epsilon: configuration.epsilon)
  }
}

/// The layers in which image and text come to know each other.
///
/// transformers 5.23.0 `models/grounding_dino/modeling_grounding_dino.py`, `GroundingDinoEncoder`.
struct GroundingDinoEncoder: Sendable {
  let layers: [EncoderLayer]
  let textHeads: Int
  let sinusoid: Sinusoid

  init(_ weights: WeightReader, _ configuration: GroundingDinoConfiguration) throws {
    var layers: [EncoderLayer] = []
    for index in 0..<configuration.encoder.layers {
      layers.append(try EncoderLayer(weights.scope("layers", index), configuration))
    }
    self.layers = layers
    textHeads = configuration.encoder.heads / 2
    sinusoid = Sinusoid(width: configuration.width)
  }

  /// The states after every layer.
  ///
  /// - Parameters:
  ///   - pyramid: The image, with its positions and padding.
  ///   - text: The text encoder's states, `[1, T, C]`.
  ///   - textBias: What hides the text's padding, `[1, T]`.
  func states(of pyramid: FeaturePyramid, text: Tensor, blocks: TextBlocks, textBias: Tensor?)
    -> [EncoderState]
  {
    let positions = sinusoid(blocks.positions.map(Float.init))
    let mask = blocks.attentionMask(heads: textHeads)
    let centres = pyramid.centres
    var state = EncoderState(vision: pyramid.tokens, text: text)
    return layers.map { layer in
      let fused = layer.fusion(
        vision: state.vision, text: state.text, visionBias: pyramid.keyBias, textBias: textBias)
      let attended = layer.attention(
        queries: fused.vision + pyramid.positions, memory: fused.vision, references: centres,
        pyramid: pyramid)
      let vision = layer.attentionNorm(fused.vision + attended)
      state.vision = layer.norm(vision + layer.feedForward(vision))
      state.text = layer.textEnhancer(fused.text, positions: positions, mask: mask)
      return state
    }
  }
}
