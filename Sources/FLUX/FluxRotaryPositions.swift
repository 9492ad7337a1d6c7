import Foundation
import Tensors

/// Where tokens lie and by which angles their heads turn: diffusers 0.42.1 `FluxPosEmbed` (`get_1d_rotary_pos_embed`
/// with `repeat_interleave_real`, frequencies in float64).
package enum FluxRotaryPositions {
  /// Ids `[tokens, 3]` of an image of `height × width` tokens: (0, row, column).
  package static func imageIDs(height: Int, width: Int) -> Tensor {
    Tensor(shape: [height * width, 3]) { ids in
      for token in 0..<height * width {
        ids[3 * token] = 0
        ids[3 * token + 1] = Float(token / width)
        ids[3 * token + 2] = Float(token % width)
      }
    }
  }

  /// Ids `[tokens, 3]` of text: all zero, text has no place in the picture.
  package static func textIDs(_ tokens: Int) -> Tensor { Tensor(repeating: 0, shape: [tokens, 3]) }

  /// The turning of each token: one angle for every pair of channels, the axes one after the other.
  ///
  /// Pair k of an axis of d channels turns by `position · 10000^(−2k/d)`; angles are computed in double precision.
  package static func table(ids: Tensor, axes: [Int]) -> RotaryTable {
    precondition(ids.shape.count == 2 && ids.columns == axes.count, "ids \(ids.shape) for axes \(axes)")
    let frequencies = axes.map { width in (0..<width / 2).map { pow(10000, -2 * Double($0) / Double(width)) }
    }
    let positions = ids.values
    var angles: [Double] = []
    angles.reserveCapacity(ids.rows * axes.reduce(0, +) / 2)
    for token in 0..<ids.rows {
      for axis in axes.indices {
        let position = Double(positions[token * axes.count + axis])
        for frequency in frequencies[axis] { angles.append(position * frequency) }
      }
    }
    let shape = [ids.rows, axes.reduce(0, +) / 2]
    return RotaryTable(
      cosine: Tensor(angles.map { Float(cos($0)) }, shape: shape),
      sine: Tensor(angles.map { Float(sin($0)) }, shape: shape))
  }
}
