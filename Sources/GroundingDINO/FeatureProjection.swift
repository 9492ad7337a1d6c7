import Checkpoints
import Layers
import Tensors

/// Brings the backbone's maps to one width, adds smaller ones and gives all of them positions.
///
/// transformers 5.23.0 `models/grounding_dino/modeling_grounding_dino.py`, `GroundingDinoModel.input_proj_vision` and
/// `GroundingDinoSinePositionEmbedding`, with `level_embed`.
struct FeatureProjection: Sendable {
  /// A convolution and its group normalisation.
  struct Projection: Sendable {
    let kernels: Weight  // N.0.weight
    let bias: Tensor  // N.0.bias
    let gain: Tensor  // N.1.weight
    let offset: Tensor  // N.1.bias
    let geometry: ConvolutionGeometry

    init(_ weights: WeightReader, _ geometry: ConvolutionGeometry) throws {
      let (convolution, norm) = (weights.scope("0"), weights.scope("1"))
      kernels = try convolution.weight(
        "weight", shape: [geometry.outputs, geometry.inputs, geometry.size, geometry.size])
      bias = try convolution.tensor("bias", shape: [geometry.outputs])
      gain = try norm.tensor("weight", shape: [geometry.outputs])
      offset = try norm.tensor("bias", shape: [geometry.outputs])
      self.geometry = geometry
    }

    func callAsFunction(_ map: SwinMap) -> SwinMap {
      let input = FeatureMap(height: map.height, width: map.width, channels: map.tokens.columns)
      map.tokens.withValues { input.values.update(from: $0.baseAddress!, count: input.count) }
      let output = input.convolved(with: kernels, bias: bias, geometry)
      let norm = output.groupNormalization(
        groups: 32, epsilon: 1e-5, weight: gain, bias: offset, silu: false)
      return SwinMap(
        tokens: output.tokens(activation: norm).reshaped(output.pixels, output.channels),
        height: output.height, width: output.width)
    }
  }

  let projections: [Projection]  // input_proj_vision
  /// How many of the maps come from the backbone.
  let backboneMaps: Int
  let levelEmbedding: Tensor  // level_embed [levels, C]
  let sinusoid: Sinusoid

  init(_ weights: WeightReader, _ configuration: GroundingDinoConfiguration) throws {
    let (width, stages) = (configuration.width, configuration.backbone.outputStages)
    var projections: [Projection] = []
    var channels = 0
    for level in 0..<configuration.levels {
      let isFromBackbone = level < stages.count
      if isFromBackbone { channels = configuration.backbone.channels(ofStage: stages[level]) }
      projections.append(
        try Projection(
          weights.scope("input_proj_vision", level),
          isFromBackbone
            ? ConvolutionGeometry(inputs: channels, outputs: width, size: 1, padding: (0, 0))
            : ConvolutionGeometry(inputs: channels, outputs: width, size: 3, stride: 2)))
      if !isFromBackbone { channels = width }
    }
    self.projections = projections
    backboneMaps = stages.count
    levelEmbedding = try weights.tensor("level_embed", shape: [configuration.levels, width])
    sinusoid = Sinusoid(width: width / 2, temperature: Float(configuration.positionTemperature))
  }

  /// - Parameters:
  ///   - maps: What the backbone made of the image.
  func callAsFunction(_ maps: [SwinMap], of image: PaddedImage) -> FeaturePyramid {
    var projected = (0..<backboneMaps).map { projections[$0](maps[$0]) }
    for level in backboneMaps..<projections.count {
      // The first of the smaller maps is made from the backbone's own last one.
      let source = level == backboneMaps ? maps[backboneMaps - 1] : projected[level - 1]
      projected.append(projections[level](source))
    }
    var levels: [FeatureLevel] = []
    for map in projected {
      let start = levels.last.map { $0.start + $0.count } ?? 0
      levels.append(FeatureLevel(height: map.height, width: map.width, start: start, of: image))
    }
    let positions = levels.enumerated().map { positionWaves(of: $1) + levelEmbedding[$0] }
    let width = levelEmbedding.columns
    return FeaturePyramid(
      levels: levels,
      tokens: Tensor.concatenated(projected.map(\.tokens), axis: 0).reshaped(1, -1, width),
      positions: Tensor.concatenated(positions, axis: 0).reshaped(1, -1, width))
  }

  /// Row and column as waves, `[pixels, C]`, the row first; counted in real pixels, from 1.
  private func positionWaves(of level: FeatureLevel) -> Tensor {
    let rows = sinusoid(Self.fractions(level.height, valid: level.validHeight))
    let columns = sinusoid(Self.fractions(level.width, valid: level.validWidth))
    // Counted along a line of padding, there is no real pixel.
    let none = sinusoid([0])
    let half = sinusoid.width
    return Tensor(shape: [level.count, 2 * half]) { target in
      func copy(_ source: Tensor, _ row: Int, to place: Int) {
        source.withValues {
          (target.baseAddress! + place * half).update(from: $0.baseAddress! + row * half, count: half)
        }
      }
      for row in 0..<level.height {
        for column in 0..<level.width {
          let place = 2 * (row * level.width + column)
          if column < level.validWidth { copy(rows, row, to: place) } else { copy(none, 0, to: place) }
          if row < level.validHeight {
            copy(columns, column, to: place + 1)
          } else {
            copy(none, 0, to: place + 1)
          }
        }
      }
    }
  }

  /// How many of the real pixels have been passed, as a fraction of all of them.
  private static func fractions(_ count: Int, valid: Int) -> [Float] {
    (0..<count).map { Float(min($0 + 1, valid)) / (Float(valid) + 1e-6) }
  }
}
