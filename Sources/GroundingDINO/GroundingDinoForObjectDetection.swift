import Checkpoints
import Layers
import Tensors

/// What the model says about an image and a text.
package struct GroundingDinoOutput: Sendable {
  /// How well each query's box answers to each token, `[Q, maxTextLength]`, as logits; minus infinity where there is no word.
  package let logits: Tensor
  /// Centre, width and height as fractions of the real image, `[Q, 4]`.
  package let boxes: Tensor
}

/// GroundingDINO: boxes in an image for what a text names.
///
/// transformers 5.23.0 `models/grounding_dino/modeling_grounding_dino.py`, `GroundingDinoForObjectDetection`. One image and one
/// text at a time: in the reference the entries of a batch do not touch each other either.
package struct GroundingDinoForObjectDetection: Sendable {
  package let configuration: GroundingDinoConfiguration
  let textBackbone: BERTModel  // model.text_backbone
  let textProjection: Linear  // model.text_projection
  let backbone: SwinBackbone  // model.backbone.conv_encoder.model
  let featureProjection: FeatureProjection  // model.input_proj_vision, level_embed
  let encoder: GroundingDinoEncoder  // model.encoder
  let proposals: BoxProposals  // model.enc_output…
  let queries: Weight  // model.query_position_embeddings.weight [Q, C]
  let decoder: GroundingDinoDecoder  // model.decoder

  /// Loads `config.json` and the weights of a folder; every tensor must fit and none may be left over.
  ///
  /// What published files repeat or carry without use is left alone: the decoder's copies of the box heads, tables
  /// that follow from the window's size, the norm behind Swin's last stage, BERT's pooler.
  package init(folder: String) throws {
    let configuration = try GroundingDinoConfiguration(ModelConfiguration(path: folder))
    let weights = try WeightReader(Checkpoint(path: folder), ignoring: Self.ignored(configuration))
    try self.init(weights, configuration)
    try weights.finish()
  }

  private static func ignored(_ configuration: GroundingDinoConfiguration) -> [KeyPattern] {
    let copies = (1..<max(2, configuration.decoder.layers)).map { KeyPattern("bbox_embed.\($0).*") }
    return [
      "model.decoder.bbox_embed.*", "*.relative_position_index",
      "model.backbone.conv_encoder.model.swin.layernorm.*",
      "model.backbone.conv_encoder.model.layernorm.*", "model.text_backbone.pooler.*",
      "model.text_backbone.embeddings.position_ids", "model.special_tokens",
    ] + (configuration.sharesBoxHead ? copies : [])
  }

  package init(_ weights: WeightReader, _ configuration: GroundingDinoConfiguration) throws {
    self.configuration = configuration
    let (model, width) = (weights.scope("model"), configuration.width)
    textBackbone = try BERTModel(model.scope("text_backbone"), configuration.text)
    textProjection = try Linear(
      model.scope("text_projection"), inputs: configuration.text.width, outputs: width)
    backbone = try SwinBackbone(
      model.scope("backbone").scope("conv_encoder").scope("model"), configuration.backbone)
    featureProjection = try FeatureProjection(model, configuration)
    encoder = try GroundingDinoEncoder(model.scope("encoder"), configuration)
    proposals = try BoxProposals(model, configuration)
    queries = try model.scope("query_position_embeddings").weight(
      "weight", shape: [configuration.queries, width])
    var boxHeads: [PredictionHead] = []
    for index in 0..<(configuration.sharesBoxHead ? 1 : configuration.decoder.layers) {
      boxHeads.append(
        try PredictionHead(weights.scope("bbox_embed", index), widths: width, width, width, 4))
    }
    decoder = try GroundingDinoDecoder(model.scope("decoder"), configuration, boxHeads: boxHeads)
  }

  /// - Parameters:
  ///   - image: Not too small: its pyramid has at least as many tokens as there are queries.
  ///   - text: Not longer than ``GroundingDinoConfiguration/maxTextLength``.
  package func callAsFunction(_ image: PaddedImage, _ text: PhraseTokens) -> GroundingDinoOutput {
    let blocks = TextBlocks(ids: text.ids)
    let pyramid = featureProjection(backbone(image.pixelValues), of: image)
    let states = encoder.states(
      of: pyramid, text: textFeatures(text, blocks: blocks), blocks: blocks, textBias: text.keyBias)
    let context = DecoderContext(
      state: states[states.count - 1], pyramid: pyramid, textBias: text.keyBias)
    let chosen = proposals(context.state, levels: pyramid.levels, textMask: text.mask)
    return answers(
      of: decoder.states(queries: queries.tensor(), boxes: chosen.boxes, context: context),
      to: context.state.text, mask: text.mask)
  }

  /// The text's states before image and text meet, `[1, T, C]`.
  func textFeatures(_ text: PhraseTokens, blocks: TextBlocks) -> Tensor {
    precondition(
      text.ids.count == text.mask.count && text.ids.count <= configuration.maxTextLength,
      "\(text.ids.count) tokens and \(text.mask.count) marks of \(configuration.maxTextLength)")
    return textProjection(textBackbone(ids: text.ids, blocks: blocks))
  }

  /// How the last layer's queries answer to the words, and their boxes.
  func answers(of states: [DecoderState], to text: Tensor, mask: [Int]) -> GroundingDinoOutput {
    let last = states[states.count - 1]
    let (count, columns) = (last.boxes.shape[0], configuration.maxTextLength)
    let products = last.queries.reshaped(count, -1).product(
      text.reshaped(mask.count, -1), otherTransposed: true)
    let logits = Tensor(shape: [count, columns]) { target in
      target.update(repeating: -.infinity)
      products.withValues { products in
        for query in 0..<count {
          for word in mask.indices where mask[word] != 0 {
            target[query * columns + word] = products[query * mask.count + word]
          }
        }
      }
    }
    return GroundingDinoOutput(
      logits: logits, boxes: decoder.refined(last.boxes, by: last.queries, layer: states.count - 1))
  }
}

/// A text as the model gets it.
package struct PhraseTokens: Equatable, Sendable {
  /// T ids, start and end included.
  package var ids: [Int]
  /// 1 for the text's own tokens, 0 for padding behind them.
  package var mask: [Int]

  package init(ids: [Int], mask: [Int]? = nil) {
    self.ids = ids
    self.mask = mask ?? [Int](repeating: 1, count: ids.count)
  }

  /// Hides padding from attention, `[1, T]`; nil when there is none.
  var keyBias: Tensor? {
    mask.contains(0) ? Tensor(mask.map { $0 == 0 ? hiddenScore : 0 }, shape: [1, mask.count]) : nil
  }
}
