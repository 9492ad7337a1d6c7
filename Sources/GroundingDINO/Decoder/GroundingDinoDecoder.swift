import Checkpoints
import Layers
import Tensors

/// One layer: queries look at each other, at the text and at the image; normalised after each part.
///
/// transformers 5.23.0 `models/grounding_dino/modeling_grounding_dino.py`, `GroundingDinoDecoderLayer`.
struct DecoderLayer: Sendable {
  let selfAttention: MultiheadAttention  // self_attn
  let selfNorm: LayerNorm  // self_attn_layer_norm
  let textAttention: MultiheadAttention  // encoder_attn_text
  let textNorm: LayerNorm  // encoder_attn_text_layer_norm
  let visionAttention: DeformableAttention  // encoder_attn
  let visionNorm: LayerNorm  // encoder_attn_layer_norm
  let feedForward: FeedForward
  let norm: LayerNorm  // final_layer_norm

  init(_ weights: WeightReader, _ configuration: GroundingDinoConfiguration) throws {
    let (width, stack, epsilon) = (configuration.width, configuration.decoder, configuration.epsilon)
    selfAttention = try MultiheadAttention(weights.scope("self_attn"), width: width, heads: stack.heads)
    selfNorm = try LayerNorm(weights.scope("self_attn_layer_norm"), width: width, epsilon: epsilon)
    textAttention = try MultiheadAttention(
      weights.scope("encoder_attn_text"), width: width, heads: stack.heads)
    textNorm = try LayerNorm(weights.scope("encoder_attn_text_layer_norm"), width: width, epsilon: epsilon)
    visionAttention = try DeformableAttention(
      weights.scope("encoder_attn"), width: width, heads: stack.heads, levels: configuration.levels,
      points: stack.points)
    visionNorm = try LayerNorm(weights.scope("encoder_attn_layer_norm"), width: width, epsilon: epsilon)
    feedForward = try FeedForward(weights, width: width, inner: stack.innerWidth)
    norm = try LayerNorm(weights.scope("final_layer_norm"), width: width, epsilon: epsilon)
  }

  /// - Parameters:
  ///   - x: `[1, Q, C]`.
  ///   - positions: What the queries' boxes add, `[1, Q, C]`.
  ///   - boxes: `[Q, 4]`.
  func callAsFunction(
    _ x: Tensor, positions: Tensor, boxes: Tensor, context: DecoderContext
  ) -> Tensor {
    let placed = x + positions
    var x = selfNorm(x + selfAttention(queries: placed, keys: placed, values: x))
    let text = context.state.text
    x = textNorm(
      x
        + textAttention(
          queries: x + positions, keys: text, values: text, mask: AttentionMask(keyBias: context.textBias)))
    x = visionNorm(
      x
        + visionAttention(
          queries: x + positions, memory: context.state.vision, references: boxes, pyramid: context.pyramid))
    return norm(x + feedForward(x))
  }
}

/// What the decoder looks at.
struct DecoderContext: Sendable {
  /// After the encoder's last layer.
  let state: EncoderState
  let pyramid: FeaturePyramid
  /// What hides the text's padding, `[1, T]`.
  let textBias: Tensor?
}

/// Queries after a decoder layer.
struct DecoderState: Sendable {
  /// Normalised, `[1, Q, C]`.
  let queries: Tensor
  /// The boxes that went into the layer, `[Q, 4]`.
  let boxes: Tensor
  /// The boxes as the layer refined them, `[Q, 4]`.
  let refined: Tensor
}

/// The layers that turn proposals into boxes, each refining those of the one before.
///
/// transformers 5.23.0 `models/grounding_dino/modeling_grounding_dino.py`, `GroundingDinoDecoder`.
struct GroundingDinoDecoder: Sendable {
  let layers: [DecoderLayer]
  let norm: LayerNorm  // layer_norm
  let positionHead: PredictionHead  // reference_points_head
  /// One for each layer, or one for all.
  let boxHeads: [PredictionHead]  // bbox_embed of the whole model
  let sinusoid: Sinusoid

  init(
    _ weights: WeightReader, _ configuration: GroundingDinoConfiguration, boxHeads: [PredictionHead]
  ) throws {
    let width = configuration.width
    var layers: [DecoderLayer] = []
    for index in 0..<configuration.decoder.layers {
      layers.append(try DecoderLayer(weights.scope("layers", index), configuration))
    }
    self.layers = layers
    norm = try LayerNorm(weights.scope("layer_norm"), width: width, epsilon: configuration.epsilon)
    positionHead = try PredictionHead(
      weights.scope("reference_points_head"), widths: 2 * width, width, width)
    self.boxHeads = boxHeads
    sinusoid = Sinusoid(width: width / 2)
  }

  /// - Parameters:
  ///   - queries: What the queries begin with, `[Q, C]`.
  ///   - boxes: What their boxes begin with, `[Q, 4]`.
  func states(queries: Tensor, boxes: Tensor, context: DecoderContext) -> [DecoderState] {
    var x = queries.reshaped([1] + queries.shape)
    var boxes = boxes
    return layers.enumerated().map { index, layer in
      x = layer(
        x, positions: positions(of: boxes, in: context.pyramid.levels[0]), boxes: boxes, context: context)
      // The next boxes come from the states before the normalisation, the answers from those after it.
      let refined = refined(boxes, by: x, layer: index)
      defer { boxes = refined }
      return DecoderState(queries: norm(x), boxes: boxes, refined: refined)
    }
  }

  /// The boxes moved by what a layer's head says of the queries.
  func refined(_ boxes: Tensor, by queries: Tensor, layer: Int) -> Tensor {
    let shifts = boxHeads[boxHeads.count == 1 ? 0 : layer](queries)
    return Tensor(shape: boxes.shape) { target in
      boxes.withValues { boxes in
        shifts.withValues { shifts in
          for index in 0..<boxes.count { target[index] = sigmoid(shifts[index] + logit(boxes[index])) }
        }
      }
    }
  }

  /// The boxes, in fractions of the padded image as its largest map has it, as waves in the order y, x, width, height.
  private func positions(of boxes: Tensor, in level: FeatureLevel) -> Tensor {
    let (count, width) = (boxes.shape[0], sinusoid.width)
    let ratio = level.validRatio
    let waves = Tensor(shape: [1, count, 4 * width]) { target in
      boxes.withValues { boxes in
        guard let start = target.baseAddress else { return }
        for query in 0..<count {
          let row = start + query * 4 * width
          sinusoid.write(boxes[4 * query + 1] * ratio.y, to: row)
          sinusoid.write(boxes[4 * query] * ratio.x, to: row + width)
          sinusoid.write(boxes[4 * query + 2] * ratio.x, to: row + 2 * width)
          sinusoid.write(boxes[4 * query + 3] * ratio.y, to: row + 3 * width)
        }
      }
    }
    return positionHead(waves)
  }
}
