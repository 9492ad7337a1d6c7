import Testing

@testable import Tensors

@Suite("Products with panels")
struct PanelTests {
  /// Beyond a block of rows, a block of depth and a part; last panels of every width.
  @Test(
    "input gradients equal their definition in every format",
    arguments: [Weight.Format.float32, .bfloat16, .float16, .int8],
    [(3, 17, 5), (40, 700, 300), (200, 33, 1100), (1300, 48, 70)])
  func inputGradients(format: Weight.Format, sizes: (rows: Int, inner: Int, out: Int)) {
    let dy = sample([sizes.rows, sizes.out]).affine(0.25)
    let (weight, values) = ProductsTests.stored(sample([sizes.out, sizes.inner], seed: 2), as: format)
    let transposed = Tensor(shape: [sizes.inner, sizes.out]) { target in
      let from = values.values
      for i in 0..<sizes.inner {
        for o in 0..<sizes.out { target[i * sizes.out + o] = from[o * sizes.inner + i] }
      }
    }
    let expected = ProductsTests.naive(dy, transposed, nil)
    #expect(distance(dy.linearInputGradient(weight), expected) < Tolerance.product)
    guard sizes.inner > 20 else { return }
    let part = LinearInputGradient([(dy, weight)], columns: 7..<sizes.inner - 6).result
    #expect(distance(part, expected.slice(7..<sizes.inner - 6, axis: 1)) < Tolerance.product)
  }

  @Test("kept panels give what others give", arguments: [1, 4, 5, 33, 700])
  func kept(rows: Int) {
    let weight = Weight(sample([95, 130], seed: 2))
    let x = sample([rows, 130])
    let kept = weight.keepingPanels()
    let expected = x.linear(weight)
    for _ in 0..<2 { #expect(distance(x.linear(kept), expected) < Tolerance.product) }
  }

  /// Pictures do not depend on what they are drawn together with, as far as products go.
  @Test("a row is the same numbers whatever lies beside it", arguments: [Weight.Format.float32, .bfloat16])
  func rowsAreIndependent(format: Weight.Format) {
    let weight = ProductsTests.stored(sample([333, 600], seed: 2), as: format).weight
    let x = sample([300, 600])
    let all = x.linear(weight)
    for range in [0..<5, 100..<133, 7..<300] {
      #expect(x.slice(range, axis: 0).linear(weight) == all.slice(range, axis: 0))
    }
  }

  @Test(
    "matrix products of all orientations equal their definition",
    arguments: [false, true], [false, true])
  func orientations(aTransposed: Bool, bTransposed: Bool) {
    for (m, k, n) in [(1, 1, 1), (17, 600, 33), (130, 5, 16), (31, 1100, 250)] {
      let (a, b) = (sample([m, k]).affine(0.25), sample([n, k], seed: 2))
      func turned(_ x: Tensor) -> Tensor {
        let (rows, columns, values) = (x.shape[0], x.shape[1], x.values)
        return Tensor(shape: [columns, rows]) { target in
          for r in 0..<rows { for c in 0..<columns { target[c * rows + r] = values[r * columns + c] } }
        }
      }
      let result = (aTransposed ? turned(a) : a).product(
        bTransposed ? b : turned(b), transposed: aTransposed, otherTransposed: bTransposed)
      #expect(distance(result, ProductsTests.naive(a, b, nil)) < Tolerance.product)
    }
  }
}
