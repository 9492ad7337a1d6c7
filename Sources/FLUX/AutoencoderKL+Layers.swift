import Checkpoints
import Tensors

/// A convolution whose kernels stay in the checkpoint until they are used.
struct Convolution: Sendable {
  let geometry: ConvolutionGeometry
  let kernels: Weight
  let bias: Tensor

  init(_ weights: WeightReader, _ geometry: ConvolutionGeometry) throws(CheckpointError) {
    self.geometry = geometry
    kernels = try weights.weight(
      "weight", shape: [geometry.outputs, geometry.inputs, geometry.size, geometry.size])
    bias = try weights.tensor("bias", shape: [geometry.outputs])
  }

  func callAsFunction(
    _ map: FeatureMap, activation: ChannelActivation = .init(), doubled: Bool = false,
    residual: FeatureMap? = nil
  ) -> FeatureMap {
    map.convolved(
      with: kernels, bias: bias, geometry, activation: activation, doubled: doubled, residual: residual)
  }
}

extension ConvolutionGeometry {
  /// 3×3 that keeps height and width.
  static func same(_ inputs: Int, _ outputs: Int) -> Self { .init(inputs: inputs, outputs: outputs) }

  /// 1×1.
  static func pointwise(_ inputs: Int, _ outputs: Int) -> Self {
    .init(inputs: inputs, outputs: outputs, size: 1, padding: (0, 0))
  }

  /// 3×3 to half the height and width. Zeros stand only behind the last row and column.
  static func halving(_ channels: Int) -> Self {
    .init(inputs: channels, outputs: channels, stride: 2, padding: (0, 1))
  }
}

/// Group normalisation with the constants that all of the autoencoder shares.
struct GroupNorm: Sendable {
  let groups: Int
  let weight: Tensor
  let bias: Tensor
  static let epsilon: Float = 1e-6

  init(_ weights: WeightReader, groups: Int, channels: Int) throws(CheckpointError) {
    self.groups = groups
    weight = try weights.tensor("weight", shape: [channels])
    bias = try weights.tensor("bias", shape: [channels])
  }

  func callAsFunction(_ map: FeatureMap, silu: Bool) -> ChannelActivation {
    map.groupNormalization(groups: groups, epsilon: Self.epsilon, weight: weight, bias: bias, silu: silu)
  }
}

/// `ResnetBlock2D` without time embedding: two convolutions around a shortcut.
struct ResnetBlock: Sendable {
  let norm1: GroupNorm
  let conv1: Convolution
  let norm2: GroupNorm
  let conv2: Convolution
  let shortcut: Convolution?

  init(_ weights: WeightReader, inputs: Int, outputs: Int, groups: Int) throws(CheckpointError) {
    norm1 = try GroupNorm(weights.scope("norm1"), groups: groups, channels: inputs)
    conv1 = try Convolution(weights.scope("conv1"), .same(inputs, outputs))
    norm2 = try GroupNorm(weights.scope("norm2"), groups: groups, channels: outputs)
    conv2 = try Convolution(weights.scope("conv2"), .same(outputs, outputs))
    shortcut =
      inputs == outputs ? nil : try Convolution(weights.scope("conv_shortcut"), .pointwise(inputs, outputs))
  }

  /// Gives `map` up: without a shortcut convolution, its memory becomes the result's.
  func callAsFunction(_ map: FeatureMap) -> FeatureMap {
    let hidden = conv1(map, activation: norm1(map, silu: true))
    let residual = shortcut.map { $0(map) } ?? map
    return conv2(hidden, activation: norm2(hidden, silu: true), residual: residual)
  }
}

/// `Attention` as the middle of the autoencoder has it: one head as wide as the map, pixels as tokens.
struct AttentionBlock: Sendable {
  let norm: GroupNorm
  let toQ: Projection
  let toK: Projection
  let toV: Projection
  let toOut: Projection

  /// A linear layer over channels.
  struct Projection: Sendable {
    let weight: Weight
    let bias: Tensor

    init(_ weights: WeightReader, _ channels: Int) throws(CheckpointError) {
      weight = try weights.weight("weight", shape: [channels, channels])
      bias = try weights.tensor("bias", shape: [channels])
    }

    func callAsFunction(_ tokens: Tensor) -> Tensor { tokens.linear(weight, bias: bias) }
  }

  init(_ weights: WeightReader, channels: Int, groups: Int) throws(CheckpointError) {
    norm = try GroupNorm(weights.scope("group_norm"), groups: groups, channels: channels)
    toQ = try Projection(weights.scope("to_q"), channels)
    toK = try Projection(weights.scope("to_k"), channels)
    toV = try Projection(weights.scope("to_v"), channels)
    toOut = try Projection(weights.scope("to_out", 0), channels)
  }

  /// Adds what every pixel takes from every other to the map, in place.
  func callAsFunction(_ map: FeatureMap) -> FeatureMap {
    let tokens = map.tokens(activation: norm(map, silu: false))  // [1, height·width, C]
    let scale = 1 / Float(map.channels).squareRoot()
    map.add(
      tokens: toOut(toQ(tokens).attention(keys: toK(tokens), values: toV(tokens), heads: 1, scale: scale)))
    return map
  }
}

/// `UNetMidBlock2D`: a block, attention unless configured away, and a block.
struct MidBlock: Sendable {
  let first: ResnetBlock
  let attention: AttentionBlock?
  let second: ResnetBlock

  init(_ weights: WeightReader, channels: Int, groups: Int, attends: Bool) throws(CheckpointError) {
    first = try ResnetBlock(weights.scope("resnets", 0), inputs: channels, outputs: channels, groups: groups)
    attention =
      attends ? try AttentionBlock(weights.scope("attentions", 0), channels: channels, groups: groups) : nil
    second = try ResnetBlock(weights.scope("resnets", 1), inputs: channels, outputs: channels, groups: groups)
  }

  func callAsFunction(_ map: FeatureMap) -> FeatureMap {
    let hidden = first(map)
    return second(attention.map { $0(hidden) } ?? hidden)
  }
}
