import Checkpoints
import Tensors

/// A table of vectors, one a token id or position.
package struct Embedding: Sendable {
  /// `[count, width]`, as it rests in the checkpoint.
  package let weight: Weight

  package init(_ reader: WeightReader, count: Int, width: Int) throws {
    weight = try reader.weight("weight", shape: [count, width])
  }

  /// How many vectors there are.
  package var count: Int { weight.shape[0] }

  /// The vectors of the given ids, `[ids.count, width]`; every id is below ``count``.
  package func callAsFunction(_ ids: [Int]) -> Tensor { weight.rows(ids) }
}
