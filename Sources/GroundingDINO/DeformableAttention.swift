import Checkpoints
import Foundation
import Layers
import Tensors

/// Attention that looks at a few places around each query's reference, in every map of the pyramid.
///
/// transformers 5.23.0 `models/grounding_dino/modeling_grounding_dino.py`, `GroundingDinoMultiscaleDeformableAttention`.
struct DeformableAttention: Sendable {
  let offsets: Linear  // sampling_offsets
  let weights: Linear  // attention_weights
  let values: Linear  // value_proj
  let output: Linear  // output_proj
  let heads: Int
  let levels: Int
  let points: Int

  init(_ weights: WeightReader, width: Int, heads: Int, levels: Int, points: Int) throws {
    let places = heads * levels * points
    offsets = try Linear(weights.scope("sampling_offsets"), inputs: width, outputs: 2 * places)
    self.weights = try Linear(weights.scope("attention_weights"), inputs: width, outputs: places)
    values = try Linear(weights.scope("value_proj"), inputs: width, outputs: width)
    output = try Linear(weights.scope("output_proj"), inputs: width, outputs: width)
    (self.heads, self.levels, self.points) = (heads, levels, points)
  }

  /// - Parameters:
  ///   - queries: `[1, Q, C]`, positions added.
  ///   - memory: What is looked at: the pyramid's tokens, or what an encoder made of them, `[1, S, C]`.
  ///   - references: Where to look, as fractions of the real image: points `[Q, 2]` (x, y), around which offsets
  ///     are in pixels, or boxes `[Q, 4]` (centre, width, height), around whose centres they are in shares of the box.
  /// - Returns: `[1, Q, C]`.
  func callAsFunction(
    queries: Tensor, memory: Tensor, references: Tensor, pyramid: FeaturePyramid
  ) -> Tensor {
    precondition(pyramid.levels.count == levels, "\(pyramid.levels.count) levels, not \(levels)")
    let count = queries.shape[1]
    let projected = Linear.results(of: [
      offsets.on(queries), weights.on(queries), values.on(memory),
    ])
    let shares = projected[1].reshaped(count * heads, levels * points).softmax()
    var memory = projected[2]
    pyramid.clearPadding(in: &memory)
    let sampled = sampled(
      memory, offsets: projected[0], shares: shares, references: references, pyramid.levels)
    return output(sampled)
  }

  private func sampled(
    _ memory: Tensor, offsets: Tensor, shares: Tensor, references: Tensor, _ maps: [FeatureLevel]
  ) -> Tensor {
    let (count, width) = (references.shape[0], memory.columns)
    return Tensor(shape: [1, count, width]) { target in
      memory.withValues { memory in
        offsets.withValues { offsets in
          shares.withValues { shares in
            references.withValues { references in
              guard let output = target.baseAddress else { return }
              nonisolated(unsafe) let pass = DeformableSampling(
                memory: memory.baseAddress!, offsets: offsets.baseAddress!, shares: shares.baseAddress!,
                references: references.baseAddress!, output: output, coordinates: references.count / count,
                heads: heads, points: points, width: width / heads, maps: maps)
              Parallelism.forEach(count, grain: 16) { range in
                for query in range { pass.run(query) }
              }
            }
          }
        }
      }
    }
  }
}

/// The addresses one sampling works on; each query writes a row of its own.
private struct DeformableSampling {
  let memory: UnsafePointer<Float>
  let offsets: UnsafePointer<Float>
  let shares: UnsafePointer<Float>
  let references: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  /// 2 for points, 4 for boxes.
  let coordinates: Int
  let heads: Int
  let points: Int
  /// Head size D.
  let width: Int
  let maps: [FeatureLevel]

  func run(_ query: Int) {
    let reference = references + query * coordinates
    var place = query * heads * maps.count * points
    for head in 0..<heads {
      let target = output + (query * heads + head) * width
      target.update(repeating: 0, count: width)
      for map in maps {
        let ratio = map.validRatio
        for _ in 0..<points {
          let (right, down) = (offsets[2 * place], offsets[2 * place + 1])
          var (x, y) = (reference[0] * ratio.x, reference[1] * ratio.y)
          if coordinates == 2 {
            x += right / Float(map.width)
            y += down / Float(map.height)
          } else {
            x += right / Float(points) * (reference[2] * ratio.x) * 0.5
            y += down / Float(points) * (reference[3] * ratio.y) * 0.5
          }
          add(shares[place], x: x, y: y, of: map, head: head, to: target)
          place += 1
        }
      }
    }
  }

  /// Adds a share of what the map shows at a place, interpolated between four pixels; outside the map there are zeros.
  private func add(
    _ share: Float, x: Float, y: Float, of map: FeatureLevel, head: Int,
    to target: UnsafeMutablePointer<Float>
  ) {
    // Pixel centres are at halves; the detour over -1...1 is grid_sample's, for its rounding.
    let column = ((2 * x - 1 + 1) * Float(map.width) - 1) / 2
    let row = ((2 * y - 1 + 1) * Float(map.height) - 1) / 2
    // Also false for NaN, which has no pixel.
    guard column > -1, row > -1, column < Float(map.width), row < Float(map.height) else { return }
    let (left, top) = (column.rounded(.down), row.rounded(.down))
    let (right, down) = (column - left, row - top)
    let (c, r) = (Int(left), Int(top))
    add(share * (1 - right) * (1 - down), row: r, column: c, of: map, head: head, to: target)
    add(share * right * (1 - down), row: r, column: c + 1, of: map, head: head, to: target)
    add(share * (1 - right) * down, row: r + 1, column: c, of: map, head: head, to: target)
    add(share * right * down, row: r + 1, column: c + 1, of: map, head: head, to: target)
  }

  @inline(__always)
  private func add(
    _ share: Float, row: Int, column: Int, of map: FeatureLevel, head: Int,
    to target: UnsafeMutablePointer<Float>
  ) {
    guard row >= 0, column >= 0, row < map.height, column < map.width else { return }
    let source = memory + ((map.start + row * map.width + column) * heads + head) * width
    for channel in 0..<width { target[channel] += share * source[channel] }
  }
}
