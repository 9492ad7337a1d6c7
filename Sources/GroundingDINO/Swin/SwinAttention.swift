import Checkpoints
import Layers
import Tensors

/// Self-attention inside windows, with a bias for the distance of key and query.
///
/// transformers 5.23.0 `models/swin/modeling_swin.py`, `SwinAttention` between the partition and the merging of `SwinLayer`.
/// Padding attends and is attended to, as zeros before the projections.
struct SwinAttention: Sendable {
  let queries: Linear  // self.query
  let keys: Linear  // self.key
  let values: Linear  // self.value
  let output: Linear  // output.dense
  let bias: SwinRelativePositionBias
  let heads: Int
  let shift: Int

  init(
    _ weights: WeightReader, width: Int, heads: Int, shift: Int, _ configuration: SwinConfiguration
  ) throws {
    let (projections, hasBias) = (weights.scope("self"), configuration.hasProjectionBias)
    queries = try Linear(projections.scope("query"), inputs: width, outputs: width, bias: hasBias)
    keys = try Linear(projections.scope("key"), inputs: width, outputs: width, bias: hasBias)
    values = try Linear(projections.scope("value"), inputs: width, outputs: width, bias: hasBias)
    output = try Linear(weights.scope("output").scope("dense"), inputs: width, outputs: width)
    bias = try SwinRelativePositionBias(
      projections, size: configuration.windowSize, heads: heads, shift: shift)
    self.heads = heads
    self.shift = shift
  }

  /// - Parameter x: `[pixels, C]`, normalised.
  func callAsFunction(_ x: Tensor, windows: SwinWindows) -> Tensor {
    let (area, width) = (windows.area, x.columns)
    let gathered = x.gatheredRows(windows.sources).reshaped(-1, area, width)
    let projected = Linear.results(of: [queries.on(gathered), keys.on(gathered), values.on(gathered)])
    let scale = 1 / Float(width / heads).squareRoot()
    let attended = windows.groups.map { group in
      let parts = projected.map { windows.groups.count == 1 ? $0 : $0.slice(group.windows, axis: 0) }
      return parts[0].attention(
        keys: parts[1], values: parts[2], heads: heads, scale: scale,
        mask: AttentionMask(bias: bias(for: group)))
    }
    return output(Tensor.concatenated(attended, axis: 0).reshaped(-1, width).gatheredRows(windows.places))
  }
}

/// What is added to the scores inside a window.
///
/// transformers 5.23.0 `models/swin/modeling_swin.py`, `SwinRelativePositionBias` and `SwinLayer.get_attn_mask`.
struct SwinRelativePositionBias: Sendable {
  /// `[N, area, area]` for each kind of window, by whether it is the last of its row (2) or column (1).
  private let biases: [Tensor]

  init(_ weights: WeightReader, size: Int, heads: Int, shift: Int) throws {
    let span = 2 * size - 1
    let table = try weights.tensor("relative_position_bias_table", shape: [span * span, heads])
    biases = (0..<(shift == 0 ? 1 : 4)).map { kind in
      Tensor(shape: [heads, size * size, size * size]) { target in
        table.withValues { table in
          var place = 0
          for head in 0..<heads {
            for query in 0..<size * size {
              for key in 0..<size * size {
                let (down, right) = (query / size - key / size, query % size - key % size)
                let entry = (down + size - 1) * span + right + size - 1
                // Rolled over the border, pixels of both ends meet in one window and should not mix.
                let isApart =
                  (kind & 2 != 0 && (query / size < size - shift) != (key / size < size - shift))
                  || (kind & 1 != 0 && (query % size < size - shift) != (key % size < size - shift))
                target[place] = table[entry * heads + head] + (isApart ? -100 : 0)
                place += 1
              }
            }
          }
        }
      }
    }
  }

  func callAsFunction(for group: SwinWindows.Group) -> Tensor {
    biases[(group.isLastRow ? 2 : 0) + (group.isLastColumn ? 1 : 0)]
  }
}
