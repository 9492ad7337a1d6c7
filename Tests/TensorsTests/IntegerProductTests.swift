import Testing

@testable import Tensors

@Suite("Products of whole numbers")
struct IntegerProductTests {
  /// What becomes of inputs: each group of 32 has its largest magnitude divided into 127 steps.
  private static func rounded(_ x: Tensor) -> Tensor {
    Tensor(shape: x.shape) { target in
      let from = x.values
      for row in 0..<x.rows {
        for first in stride(from: 0, to: x.columns, by: 32) {
          let group = row * x.columns + first..<row * x.columns + min(first + 32, x.columns)
          let largest = from[group].reduce(0) { max($0, abs($1)) }
          for index in group {
            let whole = largest > 0 ? (from[index] * (127 / largest)).rounded(.toNearestOrEven) : 0
            target[index] = whole * (largest / 127)
          }
        }
      }
    }
  }

  private static func naive(_ x: Tensor, _ values: Tensor) -> Tensor {
    ProductsTests.naive(rounded(x), values, nil)
  }

  @Test(
    "equal their definition at every size",
    arguments: [(1, 33, 70), (4, 17, 3), (5, 2, 16), (40, 1300, 200), (300, 257, 401), (7, 9000, 20)])
  func definition(rows: Int, inner: Int, out: Int) {
    let x = sample([rows, inner]).affine(0.25)
    let (weight, values) = ProductsTests.stored(sample([out, inner], seed: 2), as: .int8)
    let whole = weight.multiplyingIntegers()
    let got = LinearProduct([x], whole, takesIntegers: true).result
    #expect(distance(got, Self.naive(x, values)) < Tolerance.product)
    #expect(distance(got, ProductsTests.naive(x, values, nil)) < Tolerance.roundedInputs)
    // Who does not ask for it gets the widened product.
    #expect(LinearProduct([x], whole).result == LinearProduct([x], weight).result)
  }

  @Test("groups of weights with scales of their own are multiplied as well", arguments: [32, 64, 320])
  func groups(length: Int) {
    let x = sample([13, 960]).affine(0.25)
    let (weight, values) = ProductsTests.bytes(of: sample([37, 960], seed: 2), groups: 960 / length)
    let got = LinearProduct([x], weight.multiplyingIntegers(), takesIntegers: true).result
    #expect(got != LinearProduct([x], weight).result)
    #expect(distance(got, Self.naive(x, values)) < Tolerance.product)
    // Two inputs side by side, of which the second begins within a group of the weight.
    let parts = [x.slice(0..<160, axis: 1), x.slice(160..<960, axis: 1)]
    let joined = LinearProduct(parts, weight.multiplyingIntegers(), takesIntegers: true).result
    #expect(distance(joined, got) < Tolerance.product)
  }

  @Test("groups that are not whole ones of the inputs are widened", arguments: [(16, [96]), (32, [40, 56])])
  func otherGroups(length: Int, inputs: [Int]) {
    let x = inputs.enumerated().map { sample([9, $1], seed: UInt64($0 + 1)) }
    let (weight, _) = ProductsTests.bytes(of: sample([20, 96], seed: 5), groups: 96 / length)
    let got = LinearProduct(x, weight.multiplyingIntegers(), takesIntegers: true).result
    #expect(got == LinearProduct(x, weight).result)
  }

  @Test("inputs side by side are rounded each by itself", arguments: [2, 90])
  func sideBySide(rows: Int) {
    let (a, b) = (sample([rows, 18]), sample([rows, 301], seed: 2).affine(100))
    let (weight, values) = ProductsTests.stored(sample([70, 319], seed: 3), as: .int8)
    let bias = sample([70], seed: 4)
    let got = LinearProduct(
      [a, b], weight.multiplyingIntegers(), bias: bias, activation: .silu, takesIntegers: true
    ).result
    let parts = [(a, 0..<18), (b, 18..<319)].map { Self.naive($0, values.slice($1, axis: 1)) }
    let expected = parts[0] + parts[1] + ProductsTests.naive(a.affine(0), values.slice(0..<18, axis: 1), bias)
    #expect(distance(got, expected.activated(.silu)) < 100 * Tolerance.product)
  }

  @Test("the largest numbers there can be do not overflow", arguments: [64, 4096, 15360])
  func extremes(depth: Int) {
    let x = Tensor(repeating: 3, shape: [7, depth])
    let (weight, values) = ProductsTests.stored(Tensor(repeating: -2, shape: [17, depth]), as: .int8)
    let got = LinearProduct([x], weight.multiplyingIntegers(), takesIntegers: true).result
    #expect(distance(got, ProductsTests.naive(x, values, nil)) < 1e-4 * Float(depth) * 6)
  }

  @Test("an outlier costs none but its group precision")
  func outlier() {
    let x = sample([8, 512])
    let spiked = Tensor(shape: x.shape) { target in
      let from = x.values
      for index in target.indices { target[index] = index % 512 == 77 ? 100 : from[index] }
    }
    // Weights that do not see its group.
    let blind = Tensor(shape: [64, 512]) { target in
      let from = sample([64, 512], seed: 2).values
      for index in target.indices { target[index] = index % 512 / 32 == 77 / 32 ? 0 : from[index] }
    }
    let (weight, _) = ProductsTests.stored(blind, as: .int8)
    let got = [x, spiked].map {
      LinearProduct([$0], weight.multiplyingIntegers(), takesIntegers: true).result
    }
    #expect(got[0] == got[1])
  }

  @Test("numbers that are not finite stay so")
  func notFinite() {
    let (weight, _) = ProductsTests.stored(sample([20, 40], seed: 2), as: .int8)
    for bad in [Float.nan, .infinity, -.infinity] {
      let x = Tensor(shape: [6, 40]) { target in
        for index in target.indices { target[index] = index == 3 * 40 + 5 ? bad : 1 }
      }
      let got = LinearProduct([x], weight.multiplyingIntegers(), takesIntegers: true).result.values
      #expect(got[3 * 20..<4 * 20].allSatisfy { !$0.isFinite })
      #expect(got[..<(3 * 20)].allSatisfy { $0.isFinite })
    }
  }
}
