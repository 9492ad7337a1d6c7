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
}
