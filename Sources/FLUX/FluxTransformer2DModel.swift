import Checkpoints
import Layers
import Tensors

/// The FLUX.1 transformer: predicts the velocity of packed latents along the rectified flow.
///
/// Reference: diffusers 0.42.1 `models/transformers/transformer_flux.py`. Differs: float32 throughout, so without the
/// clipping that the reference applies to float16 streams.
package struct FluxTransformer2DModel: Sendable {
  package let configuration: Configuration

  let imageIn: Linear
  let contextIn: Linear
  let timeText: FluxTimestepTextEmbedding
  let doubleBlocks: [FluxTransformerBlock]
  let singleBlocks: [FluxSingleTransformerBlock]
  let outModulation: Linear
  let output: Linear

  /// Reads a diffusers `transformer` folder.
  ///
  /// - Throws: `CheckpointError` for an unfit `config.json` and for missing, unexpected or misshapen tensors.
  ///
  /// - Parameters:
  ///   - adapter: Merged into the weights.
  ///   - lowRank: Kept beside the weights, for training.
  package init(folder: String, adapter: AppliedAdapter? = nil, lowRank: LowRankLayers? = nil) throws {
    let configuration = try Configuration(ModelConfiguration(path: "\(folder)/config.json"))
    try self.init(Checkpoint(path: folder), configuration, adapter: adapter, lowRank: lowRank)
  }

  package init(
    _ checkpoint: Checkpoint, _ configuration: Configuration, adapter: AppliedAdapter? = nil,
    lowRank: LowRankLayers? = nil
  ) throws {
    let reader = try WeightReader(checkpoint, adapter: adapter, lowRank: lowRank)
    try self.init(reader, configuration)
    try reader.finish()
  }

  /// Takes its tensors; the caller finishes the reading.
  package init(_ reader: WeightReader, _ configuration: Configuration) throws {
    self.configuration = configuration
    let width = configuration.width
    imageIn = try Linear(reader.scope("x_embedder"), inputs: configuration.inChannels, outputs: width)
    contextIn = try Linear(
      reader.scope("context_embedder"), inputs: configuration.jointAttentionWidth, outputs: width)
    timeText = try FluxTimestepTextEmbedding(reader.scope("time_text_embed"), configuration)
    doubleBlocks = try (0..<configuration.doubleBlocks).map {
      try FluxTransformerBlock(reader.scope("transformer_blocks", $0), configuration)
    }
    singleBlocks = try (0..<configuration.singleBlocks).map {
      try FluxSingleTransformerBlock(reader.scope("single_transformer_blocks", $0), configuration)
    }
    outModulation = try Linear(reader.scope("norm_out.linear"), inputs: width, outputs: 2 * width)
    output = try Linear(reader.scope("proj_out"), inputs: width, outputs: configuration.outChannels)
  }

  /// What happens inside one forward pass, for those who compare or visualise.
  package enum Observation {
    case rotary(RotaryTable)
    /// The modulating vector `[B, C]`.
    case temb(Tensor)
    /// Both streams after double block `index`.
    case doubleBlock(index: Int, hidden: Tensor, context: Tensor)
    /// Text and image tokens together after single block `index`; the first `textTokens` are text.
    case singleBlock(index: Int, tokens: Tensor, textTokens: Int)
  }

  /// The velocity `noise − image` at the given noise level.
  ///
  /// - Parameters:
  ///   - latents: Packed `[B, L, 64]`.
  ///   - context: T5 states `[B, T, joint]`.
  ///   - pooled: Pooled CLIP vectors `[B, pooled]`.
  ///   - sigma: Noise level of each entry `[B]`, 0...1 (what diffusers passes as `timestep / 1000`).
  ///   - guidance: Distilled guidance scale of each entry `[B]`; needed exactly when the configuration has guidance.
  ///   - rotary: The turning of T text, then L image tokens; see ``rotaryTable(textTokens:height:width:)``.
  ///   - observe: Called with intermediate results as they appear.
  /// - Returns: `[B, L, 64]`.
  package func callAsFunction(
    latents: Tensor, context: Tensor, pooled: Tensor, sigma: Tensor, guidance: Tensor? = nil,
    rotary: RotaryTable,
    observe: ((Observation) -> Void)? = nil
  ) -> Tensor {
    precondition(
      (guidance != nil) == configuration.hasGuidance, "guidance is an input exactly of models that embed it")
    let textTokens = context.shape[1]
    var hidden = imageIn(latents)  // [B, L, C]
    var context = contextIn(context)  // [B, T, C]
    let embedding = timeText(sigma: sigma, guidance: guidance, pooled: pooled)
    observe?(.rotary(rotary))
    observe?(.temb(embedding))
    let temb = embedding.activated(.silu)

    for (index, block) in doubleBlocks.enumerated() {
      block(hidden: &hidden, context: &context, temb: temb, rotary: rotary)
      observe?(.doubleBlock(index: index, hidden: hidden, context: context))
    }

    var tokens = Tensor.concatenated([context, hidden], axis: 1)  // [B, T + L, C]
    for (index, block) in singleBlocks.enumerated() {
      block(&tokens, temb: temb, rotary: rotary)
      observe?(.singleBlock(index: index, tokens: tokens, textTokens: textTokens))
    }

    hidden = tokens.slice(textTokens..<tokens.shape[1], axis: 1)
    // Scale first here, unlike in the blocks.
    let m = outModulation(temb).chunks(2)
    return output(hidden.modulatedLayerNorm(scale: m[0], shift: m[1], epsilon: fluxEpsilon))
  }

  /// The turning of `textTokens` text tokens and an image of `height × width` packed tokens.
  package func rotaryTable(textTokens: Int, height: Int, width: Int) -> RotaryTable {
    FluxRotaryPositions.table(
      ids: .concatenated(
        [
          FluxRotaryPositions.textIDs(textTokens), FluxRotaryPositions.imageIDs(height: height, width: width),
        ], axis: 0),
      axes: configuration.rotaryAxes)
  }
}
