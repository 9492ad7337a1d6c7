import Testing

@testable import Tensors

// The suites of this file set the number of threads, which is one for the process.
@Suite("Linear products", .serialized)
struct LinearProductTests {
  /// Few rows take inner products, more are cut into parts.
  @Test(
    "equal their definition at every size and in every format",
    arguments: [Weight.Format.float32, .bfloat16, .float16, .int8],
    [(1, 33, 70), (4, 17, 3), (5, 33, 100), (40, 300, 700), (300, 257, 401)])
  func definition(format: Weight.Format, sizes: (rows: Int, inner: Int, out: Int)) {
    let x = sample([sizes.rows, sizes.inner]).affine(0.25)
    let (weight, values) = ProductsTests.stored(sample([sizes.out, sizes.inner], seed: 2), as: format)
    let bias = sample([sizes.out], seed: 3)
    #expect(
      distance(LinearProduct([x], weight, bias: bias).result, ProductsTests.naive(x, values, bias))
        < Tolerance.product)
  }

  @Test("inputs side by side are one input", arguments: [1, 9, 700])
  func sideBySide(rows: Int) {
    let (a, b) = (sample([rows, 19]), sample([rows, 301], seed: 2))
    let weight = Weight(sample([130, 320], seed: 3))
    let bias = sample([130], seed: 4)
    let joined = Tensor.concatenated([a, b], axis: 1)
    #expect(
      distance(
        LinearProduct([a, b], weight, bias: bias).result, LinearProduct([joined], weight, bias: bias).result)
        < Tolerance.product)
  }

  @Test("further terms are added before the activation", arguments: [2, 9, 700])
  func adding(rows: Int) {
    let (x, down) = (sample([rows, 160]), sample([rows, 5], seed: 2))
    let (weight, up) = (Weight(sample([250, 160], seed: 3)), Weight(sample([250, 5], seed: 4)))
    let bias = sample([250], seed: 5)
    let sum = LinearProduct([x], weight, bias: bias, activation: .silu).adding(down, up).result
    #expect(
      distance(sum, (x.linear(weight, bias: bias) + down.linear(up)).activated(.silu)) < Tolerance.product)
  }

  @Test("the activation comes after the bias", arguments: [2, 9, 700])
  func activation(rows: Int) {
    let x = sample([rows, 160])
    let (weight, bias) = (Weight(sample([250, 160], seed: 2)), sample([250], seed: 3))
    let plain = x.linear(weight, bias: bias)
    let activated = LinearProduct([x], weight, bias: bias, activation: .geluTanh).result
    #expect(distance(activated, plain.activated(.geluTanh)) < Tolerance.elementwise)
  }

  @Test("several at once are as each alone, with any number of threads")
  func together() {
    let threads = Parallelism.threads
    defer { Parallelism.threads = threads }
    let products = [(3, 40, 900), (64, 192, 400), (500, 300, 257), (3000, 64, 96), (7, 1, 1)].enumerated().map
    {
      index, sizes in
      LinearProduct(
        [sample([sizes.0, sizes.1], seed: UInt64(index))], Weight(sample([sizes.2, sizes.1], seed: 9)))
    }
    Parallelism.threads = 1
    let alone = products.map(\.result)
    for count in 1...3 {
      Parallelism.threads = count
      #expect(LinearProduct.results(of: products) == alone)
    }
  }
}
