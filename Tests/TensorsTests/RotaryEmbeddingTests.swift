import Foundation
import Testing

@testable import Tensors

@Suite("Rotary embedding")
struct RotaryEmbeddingTests {
  @Test("turns every head's pairs by its token's angles and keeps their lengths")
  func rotation() {
    let angles = sample([3, 2]).affine(3)
    let table = RotaryTable(
      cosine: Tensor(angles.values.map { cos($0) }, shape: [3, 2]),
      sine: Tensor(angles.values.map { sin($0) }, shape: [3, 2]))
    let x = sample([2, 3, 8], seed: 2)
    let y = x.rotated(by: table)
    for b in 0..<2 {
      for token in 0..<3 {
        for pair in 0..<4 {
          let at = (b * 3 + token) * 8 + 2 * pair
          let angle = angles.values[token * 2 + pair % 2]
          #expect(abs(y.values[at] - (x.values[at] * cos(angle) - x.values[at + 1] * sin(angle))) < 1e-6)
          #expect(abs(y.values[at + 1] - (x.values[at + 1] * cos(angle) + x.values[at] * sin(angle))) < 1e-6)
        }
      }
    }
  }

  @Test(
    "joined heads are normalised, joined and turned, whatever the number of streams", arguments: [1, 2, 3])
  func joinedHeads(streams: Int) {
    let angles = sample([3 * streams, 3])
    let table = RotaryTable(
      cosine: Tensor(angles.values.map { cos($0) }, shape: angles.shape),
      sine: Tensor(angles.values.map { sin($0) }, shape: angles.shape))
    let parts = (0..<streams).map { sample([2, 3, 18], seed: UInt64(10 + $0)) }
    let weights = (0..<streams).map { sample([6], seed: UInt64(20 + $0)) }
    let joined = Tensor.joinedHeads(
      zip(parts, weights).map { HeadStream($0, normWeight: $1) }, epsilon: 1e-6, rotatedBy: table)
    let plain = Tensor.concatenated(
      zip(parts, weights).map { $0.rmsNorm(weight: $1, epsilon: 1e-6) }, axis: 1
    ).rotated(by: table)
    #expect(distance(joined, plain) < Tolerance.elementwise)
  }
}
