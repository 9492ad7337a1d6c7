import Checkpoints
import Layers
import Tensors

/// A map as tokens: `[height · width, C]` from left to right and top to bottom.
struct SwinMap: Sendable {
  var tokens: Tensor
  var height: Int
  var width: Int
}

/// One block: attention in windows and feed-forward, each normalised before and added to its input.
///
/// transformers 5.23.0 `models/swin/modeling_swin.py`, `SwinLayer`.
struct SwinBlock: Sendable {
  let norm1: LayerNorm  // layernorm_before
  let attention: SwinAttention
  let norm2: LayerNorm  // layernorm_after
  let fc1: Linear  // intermediate.dense
  let fc2: Linear  // output.dense

  /// - Parameter shift: By how much its windows are shifted, 0 in every other block.
  init(
    _ weights: WeightReader, width: Int, heads: Int, shift: Int, _ configuration: SwinConfiguration
  ) throws {
    let inner = Int(configuration.feedForwardRatio * Double(width))
    norm1 = try LayerNorm(weights.scope("layernorm_before"), width: width, epsilon: configuration.epsilon)
    attention = try SwinAttention(
      weights.scope("attention"), width: width, heads: heads, shift: shift, configuration)
    norm2 = try LayerNorm(weights.scope("layernorm_after"), width: width, epsilon: configuration.epsilon)
    fc1 = try Linear(weights.scope("intermediate").scope("dense"), inputs: width, outputs: inner)
    fc2 = try Linear(weights.scope("output").scope("dense"), inputs: inner, outputs: width)
  }

  func callAsFunction(_ x: Tensor, windows: SwinWindows) -> Tensor {
    var x = x
    x += attention(norm1(x), windows: windows)
    x += fc2(fc1(norm2(x), then: .gelu))
    return x
  }
}

/// The blocks that work at one resolution.
///
/// transformers 5.23.0 `models/swin/modeling_swin.py`, `SwinStage` without its merging.
struct SwinStage: Sendable {
  let blocks: [SwinBlock]
  let windowSize: Int

  /// - Parameter index: Counted from 0.
  init(_ weights: WeightReader, index: Int, _ configuration: SwinConfiguration) throws {
    windowSize = configuration.windowSize
    var blocks: [SwinBlock] = []
    for block in 0..<configuration.depths[index] {
      blocks.append(
        try SwinBlock(
          weights.scope("blocks", block), width: configuration.channels(ofStage: index + 1),
          heads: configuration.heads[index], shift: block % 2 == 0 ? 0 : windowSize / 2, configuration))
    }
    self.blocks = blocks
  }

  func callAsFunction(_ map: SwinMap) -> SwinMap {
    let windows = Set(blocks.map(\.attention.shift)).reduce(into: [Int: SwinWindows]()) {
      $0[$1] = SwinWindows(height: map.height, width: map.width, size: windowSize, shift: $1)
    }
    var map = map
    for block in blocks {
      guard let windows = windows[block.attention.shift] else { continue }
      map.tokens = block(map.tokens, windows: windows)
    }
    return map
  }
}

/// Halves a map's height and width, rounded up: every four pixels become one of twice the channels.
///
/// transformers 5.23.0 `models/swin/modeling_swin.py`, `SwinPatchMerging`.
struct SwinPatchMerging: Sendable {
  let norm: LayerNorm
  let reduction: Linear

  init(_ weights: WeightReader, width: Int) throws {
    norm = try LayerNorm(weights.scope("norm"), width: 4 * width, epsilon: 1e-5)
    reduction = try Linear(weights.scope("reduction"), inputs: 4 * width, outputs: 2 * width, bias: false)
  }

  func callAsFunction(_ map: SwinMap) -> SwinMap {
    let (height, width) = ((map.height + 1) / 2, (map.width + 1) / 2)
    var numbers: [Int] = []
    numbers.reserveCapacity(4 * height * width)
    for y in 0..<height {
      for x in 0..<width {
        for (down, right) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
          let (row, column) = (2 * y + down, 2 * x + right)
          numbers.append(row < map.height && column < map.width ? row * map.width + column : -1)
        }
      }
    }
    let fours = map.tokens.gatheredRows(numbers).reshaped(height * width, -1)
    return SwinMap(tokens: reduction(norm(fours)), height: height, width: width)
  }
}
