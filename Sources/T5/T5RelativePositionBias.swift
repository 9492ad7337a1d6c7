import Checkpoints
import Foundation
import Tensors

/// What T5 adds to attention scores by how far key and query are apart; one table for all blocks.
///
/// transformers 5.23.0 `models/t5/modeling_t5.py`, `T5Attention.compute_bias` and `_relative_position_bucket`.
package struct T5RelativePositionBias: Sendable {
  let configuration: T5Configuration
  /// `[buckets, N]`.
  let table: Tensor

  /// - Parameter weights: The scope of the first block's attention, which owns the table.
  init(_ weights: WeightReader, _ configuration: T5Configuration) throws {
    self.configuration = configuration
    table = try weights.scope("relative_attention_bias").tensor(
      "weight", shape: [configuration.buckets, configuration.heads])
  }

  /// The bias `[N, T, T]` of `length` tokens among themselves.
  func callAsFunction(length: Int) -> Tensor {
    let buckets = (1 - length..<length).map { Self.bucket(distance: $0, configuration) }
    let heads = configuration.heads
    return Tensor(shape: [heads, length, length]) { target in
      table.withValues { table in
        for head in 0..<heads {
          // A row shows the same sequence of distances as the one above it, one place further on.
          let diagonal = buckets.map { table[$0 * heads + head] }
          for query in 0..<length {
            let row = (head * length + query) * length
            for key in 0..<length { target[row + key] = diagonal[length - 1 - query + key] }
          }
        }
      }
    }
  }

  /// The row of the table for a key `distance` places after the query (before it, if negative).
  ///
  /// Near distances have a bucket each, far ones share buckets that widen with the logarithm; in float32, as the reference.
  package static func bucket(distance: Int, _ configuration: T5Configuration) -> Int {
    let half = configuration.buckets / 2
    let side = distance > 0 ? half : 0
    let exact = half / 2
    let size = abs(distance)
    guard size >= exact else { return side + size }
    let ratio =
      log(Float(size) / Float(exact)) / Float(log(Double(configuration.maxDistance) / Double(exact)))
    return side + min(half - 1, exact + Int(ratio * Float(half - exact)))
  }
}
