import Checkpoints

extension FluxTransformer2DModel {
  /// The sizes of a FLUX transformer, as its `config.json` gives them.
  package struct Configuration: Sendable, Equatable {
    /// Channels of a packed latent token, 4 times the autoencoder's latent channels.
    package var inChannels = 64
    package var outChannels = 64
    package var doubleBlocks = 19
    package var singleBlocks = 38
    package var headSize = 128
    package var heads = 24
    /// Width of the T5 states.
    package var jointAttentionWidth = 4096
    /// Width of the pooled CLIP vector.
    package var pooledProjectionWidth = 768
    /// Whether the distilled guidance scale is an input (dev) or not (schnell).
    package var hasGuidance = false
    /// Channels of a head that turn with each axis of a token's position; they sum to the head size.
    package var rotaryAxes = [16, 56, 56]

    package init() {}

    package static let schnell = Configuration()
    package static let dev: Configuration = {
      var dev = Configuration()
      dev.hasGuidance = true
      return dev
    }()

    /// Width of the residual streams.
    package var width: Int { heads * headSize }
  }
}

extension FluxTransformer2DModel.Configuration {
  private static let keys: Set<String> = [
    "patch_size", "in_channels", "out_channels", "num_layers", "num_single_layers", "attention_head_dim",
    "num_attention_heads", "joint_attention_dim", "pooled_projection_dim", "guidance_embeds",
    "axes_dims_rope",
  ]

  /// Reads a `config.json` with the defaults of diffusers.
  ///
  /// - Throws: `CheckpointError` naming the key for values out of range and for unknown settings.
  package init(_ config: ModelConfiguration) throws(CheckpointError) {
    try config.refuseKeys(otherThan: Self.keys)
    _ = try config.string("_class_name", oneOf: ["FluxTransformer2DModel"], default: "FluxTransformer2DModel")
    _ = try config.integer("patch_size", in: 1...1, default: 1)
    inChannels = try config.integer("in_channels", in: 4...4096, default: 64)
    outChannels = try config.optionalInteger("out_channels", in: 4...4096) ?? inChannels
    doubleBlocks = try config.integer("num_layers", in: 0...512, default: 19)
    singleBlocks = try config.integer("num_single_layers", in: 0...512, default: 38)
    headSize = try config.integer("attention_head_dim", in: 2...1024, default: 128)
    heads = try config.integer("num_attention_heads", in: 1...512, default: 24)
    jointAttentionWidth = try config.integer("joint_attention_dim", in: 1...65536, default: 4096)
    pooledProjectionWidth = try config.integer("pooled_projection_dim", in: 1...65536, default: 768)
    hasGuidance = try config.bool("guidance_embeds", default: false)
    rotaryAxes = try config.integers("axes_dims_rope", in: 2...1024, default: [16, 56, 56])
    guard rotaryAxes.count == 3, rotaryAxes.allSatisfy({ $0 % 2 == 0 }), rotaryAxes.reduce(0, +) == headSize
    else {
      throw config.error(
        "axes_dims_rope", "does not fit the heads", expected: "three even numbers whose sum is \(headSize)")
    }
  }
}
