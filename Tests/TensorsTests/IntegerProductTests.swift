import Testing

@testable import Tensors

@Suite("Products of whole numbers")
struct IntegerProductTests {
  /// The products as they are defined: both sides whole numbers, sums exact.
  private static func naive(_ x: Tensor, _ values: Tensor) -> Tensor {
    let limit = Float(QuantizedRows.limit(depth: x.columns))
    let rounded = Tensor(shape: x.shape) { target in
      let from = x.values
      for row in 0..<x.rows {
        let line = from[row * x.columns..<(row + 1) * x.columns]
        let largest = line.reduce(0) { max($0, abs($1)) }
        for (place, value) in line.enumerated() {
          let whole = largest > 0 ? (value * (limit / largest)).rounded(.toNearestOrEven) : 0
          target[row * x.columns + place] = whole * (largest / limit)
        }
      }
    }
    return ProductsTests.naive(rounded, values, nil)
  }

  @Test(
    "equal their definition at every size",
    arguments: [(1, 33, 70), (4, 17, 3), (5, 2, 16), (40, 1300, 200), (300, 257, 401)])
  func definition(rows: Int, inner: Int, out: Int) {
    let x = sample([rows, inner]).affine(0.25)
    let (weight, values) = ProductsTests.stored(sample([out, inner], seed: 2), as: .int8)
    let whole = weight.multiplyingIntegers()
    let got = LinearProduct([x], whole, takesIntegers: true).result
    #expect(distance(got, Self.naive(x, values)) < Tolerance.product)
    // Rounded, but hardly: twelve bits for the largest of a row.
    #expect(distance(got, ProductsTests.naive(x, values, nil)) < 0.02)
    // Who does not ask for it gets the widened product.
    #expect(LinearProduct([x], whole).result == LinearProduct([x], weight).result)
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

  @Test("an outlier costs the other numbers of its row little")
  func outlier() {
    let x = sample([8, 512])
    let spiked = Tensor(shape: x.shape) { target in
      let from = x.values
      for index in target.indices { target[index] = index % 512 == 77 ? 100 : from[index] }
    }
    let (weight, values) = ProductsTests.stored(sample([64, 512], seed: 2), as: .int8)
    let got = LinearProduct([spiked], weight.multiplyingIntegers(), takesIntegers: true).result
    // Rounding to 4095ths of 100: ±0.012 in each of 512 numbers, at random.
    #expect(distance(got, ProductsTests.naive(spiked, values, nil)) < 1)
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
