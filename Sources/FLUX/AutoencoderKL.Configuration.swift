import Checkpoints

extension AutoencoderKL {
  /// The sizes of an autoencoder, as its `config.json` gives them.
  package struct Configuration: Sendable, Equatable {
    package var imageChannels = 3
    package var latentChannels = 16
    /// Channels of each level, from the image inwards; every level but the last halves height and width.
    package var blockOutChannels = [128, 256, 512, 512]
    package var layersPerBlock = 2
    package var normGroups = 32
    package var usesQuantConv = false
    package var usesPostQuantConv = false
    package var hasMidBlockAttention = true
    /// Latents are `(z − shiftFactor)·scalingFactor` for the transformer.
    package var scalingFactor = 0.3611
    package var shiftFactor = 0.1159

    package init() {}

    /// FLUX.1, dev and schnell alike.
    package static let flux = Configuration()

    /// How many pixels a latent stands for along each side.
    package var spatialFactor: Int { 1 << (blockOutChannels.count - 1) }
  }
}

extension AutoencoderKL.Configuration {
  private static let keys: Set<String> = [
    "in_channels", "out_channels", "down_block_types", "up_block_types", "block_out_channels",
    "layers_per_block",
    "act_fn", "latent_channels", "norm_num_groups", "sample_size", "scaling_factor", "shift_factor",
    "latents_mean",
    "latents_std", "force_upcast", "use_quant_conv", "use_post_quant_conv", "mid_block_add_attention",
  ]

  /// Reads a `config.json` with the defaults of diffusers.
  ///
  /// `sample_size` and `force_upcast` have no meaning here: maps of any size are decoded whole, in float32.
  ///
  /// - Throws: `CheckpointError` naming the key for values out of range, for variants that are not implemented and for
  ///   unknown settings.
  package init(_ config: ModelConfiguration) throws(CheckpointError) {
    try config.refuseKeys(otherThan: Self.keys)
    _ = try config.string("_class_name", oneOf: ["AutoencoderKL"], default: "AutoencoderKL")
    _ = try config.string("act_fn", oneOf: ["silu", "swish"], default: "silu")
    try config.require("latents_mean", is: .null)
    try config.require("latents_std", is: .null)
    imageChannels = try config.integer("in_channels", in: 3...3, default: 3)
    _ = try config.integer("out_channels", in: 3...3, default: 3)
    latentChannels = try config.integer("latent_channels", in: 1...1024, default: 4)
    blockOutChannels = try config.integers("block_out_channels", in: 1...16384, default: [64])
    guard (1...10).contains(blockOutChannels.count) else {
      throw config.error("block_out_channels", "has an impossible length", expected: "1 to 10 levels")
    }
    try Self.check(config, "down_block_types", are: "DownEncoderBlock2D", levels: blockOutChannels.count)
    try Self.check(config, "up_block_types", are: "UpDecoderBlock2D", levels: blockOutChannels.count)
    layersPerBlock = try config.integer("layers_per_block", in: 1...64, default: 1)
    normGroups = try config.integer("norm_num_groups", in: 1...16384, default: 32)
    let groups = normGroups
    guard blockOutChannels.allSatisfy({ $0 % groups == 0 }) else {
      throw config.error(
        "norm_num_groups", "does not divide every entry of block_out_channels",
        expected: "a divisor of \(blockOutChannels)")
    }
    usesQuantConv = try config.bool("use_quant_conv", default: true)
    usesPostQuantConv = try config.bool("use_post_quant_conv", default: true)
    hasMidBlockAttention = try config.bool("mid_block_add_attention", default: true)
    scalingFactor = try config.number("scaling_factor", in: 1e-6...1e6, default: 0.18215)
    shiftFactor = try config.number("shift_factor", in: -1e6...1e6, default: 0)
  }

  private static func check(
    _ config: ModelConfiguration, _ key: String, are type: String, levels: Int
  ) throws(CheckpointError) {
    let types = try config.strings(key, default: [type])
    guard types.allSatisfy({ $0 == type }) else {
      throw config.error(key, "is not supported", expected: "only \(type)")
    }
    guard types.count == levels else {
      throw config.error(key, "has another length than block_out_channels", expected: "\(levels) entries")
    }
  }
}
