import Checkpoints
import Tensors

extension AutoencoderKL {
  /// From an image map to the moments of its latents.
  struct Encoder: Sendable {
    let convIn: Convolution
    let levels: [Level]
    let mid: MidBlock
    let normOut: GroupNorm
    let convOut: Convolution

    /// `DownEncoderBlock2D`.
    struct Level: Sendable {
      let resnets: [ResnetBlock]
      let downsampler: Convolution?
    }

    init(_ weights: WeightReader, _ configuration: Configuration) throws(CheckpointError) {
      let channels = configuration.blockOutChannels
      let groups = configuration.normGroups
      convIn = try Convolution(weights.scope("conv_in"), .same(configuration.imageChannels, channels[0]))
      var levels: [Level] = []
      for (index, outputs) in channels.enumerated() {
        let scope = weights.scope("down_blocks", index)
        let resnets = try ResnetBlock.row(
          scope, count: configuration.layersPerBlock, inputs: channels[max(index - 1, 0)], outputs: outputs,
          groups: groups)
        let isLast = index == channels.count - 1
        let downsampler =
          isLast ? nil : try Convolution(scope.scope("downsamplers.0.conv"), .halving(outputs))
        levels.append(Level(resnets: resnets, downsampler: downsampler))
      }
      self.levels = levels
      let deepest = channels[channels.count - 1]
      mid = try MidBlock(
        weights.scope("mid_block"), channels: deepest, groups: groups,
        attends: configuration.hasMidBlockAttention)
      normOut = try GroupNorm(weights.scope("conv_norm_out"), groups: groups, channels: deepest)
      convOut = try Convolution(weights.scope("conv_out"), .same(deepest, 2 * configuration.latentChannels))
    }

    func callAsFunction(_ image: FeatureMap) -> FeatureMap {
      var map = convIn(image)
      for level in levels {
        for resnet in level.resnets { map = resnet(map) }
        if let downsampler = level.downsampler { map = downsampler(map) }
      }
      map = mid(map)
      return convOut(map, activation: normOut(map, silu: true))
    }
  }

  /// From a latents map to an image map.
  struct Decoder: Sendable {
    let convIn: Convolution
    let mid: MidBlock
    let levels: [Level]
    let normOut: GroupNorm
    let convOut: Convolution

    /// `UpDecoderBlock2D`.
    struct Level: Sendable {
      let resnets: [ResnetBlock]
      let upsampler: Convolution?
    }

    init(_ weights: WeightReader, _ configuration: Configuration) throws(CheckpointError) {
      let channels = Array(configuration.blockOutChannels.reversed())
      let groups = configuration.normGroups
      convIn = try Convolution(weights.scope("conv_in"), .same(configuration.latentChannels, channels[0]))
      mid = try MidBlock(
        weights.scope("mid_block"), channels: channels[0], groups: groups,
        attends: configuration.hasMidBlockAttention)
      var levels: [Level] = []
      for (index, outputs) in channels.enumerated() {
        let scope = weights.scope("up_blocks", index)
        let resnets = try ResnetBlock.row(
          scope, count: configuration.layersPerBlock + 1, inputs: channels[max(index - 1, 0)],
          outputs: outputs,
          groups: groups)
        let isLast = index == channels.count - 1
        let upsampler =
          isLast ? nil : try Convolution(scope.scope("upsamplers.0.conv"), .same(outputs, outputs))
        levels.append(Level(resnets: resnets, upsampler: upsampler))
      }
      self.levels = levels
      let last = channels[channels.count - 1]
      normOut = try GroupNorm(weights.scope("conv_norm_out"), groups: groups, channels: last)
      convOut = try Convolution(weights.scope("conv_out"), .same(last, configuration.imageChannels))
    }

    func callAsFunction(_ latents: FeatureMap) -> FeatureMap {
      var map = mid(convIn(latents))
      for level in levels {
        for resnet in level.resnets { map = resnet(map) }
        if let upsampler = level.upsampler { map = upsampler(map, doubled: true) }
      }
      return convOut(map, activation: normOut(map, silu: true))
    }
  }
}

extension ResnetBlock {
  /// The blocks of one level; the first of them changes the number of channels.
  static func row(
    _ weights: WeightReader, count: Int, inputs: Int, outputs: Int, groups: Int
  ) throws(CheckpointError) -> [ResnetBlock] {
    var blocks: [ResnetBlock] = []
    for index in 0..<count {
      blocks.append(
        try ResnetBlock(
          weights.scope("resnets", index), inputs: index == 0 ? inputs : outputs, outputs: outputs,
          groups: groups))
    }
    return blocks
  }
}
