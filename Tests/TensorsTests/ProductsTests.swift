import Foundation
import Testing

@testable import Tensors

@Suite("Products and weights")
struct ProductsTests {
  static func naive(_ x: Tensor, _ w: Tensor, _ bias: Tensor?) -> Tensor {
    let (rows, inner, out) = (x.rows, x.columns, w.shape[0])
    let (xs, ws, bs) = (x.values, w.values, bias?.values)
    return Tensor(shape: x.shape.dropLast() + [out]) { y in
      for r in 0..<rows {
        for o in 0..<out {
          let dot = (0..<inner).reduce(0.0) { $0 + Double(xs[r * inner + $1]) * Double(ws[o * inner + $1]) }
          y[r * out + o] = Float(dot + Double(bs?[o] ?? 0))
        }
      }
    }
  }

  /// The tensor's values in another format, at an odd address.
  static func stored(_ tensor: Tensor, as format: Weight.Format) -> (weight: Weight, values: Tensor) {
    if format == .int8 { return bytes(of: tensor, groups: 1) }
    var bytes = Data([0])
    var rounded: [Float] = []
    for value in tensor.values {
      switch format {
      case .int8: preconditionFailure("has scales")
      case .float32:
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        rounded.append(value)
      case .bfloat16:
        let half = UInt16(truncatingIfNeeded: value.bitPattern >> 16)
        withUnsafeBytes(of: half.littleEndian) { bytes.append(contentsOf: $0) }
        rounded.append(Float(bitPattern: UInt32(half) << 16))
      case .float16:
        let half = Float16(value)
        withUnsafeBytes(of: half.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        rounded.append(Float(half))
      }
    }
    let owner = bytes as NSData
    let place = UnsafeRawBufferPointer(start: owner.bytes + 1, count: owner.length - 1)
    return (
      Weight(shape: tensor.shape, format: format, bytes: place, owner: owner),
      Tensor(rounded, shape: tensor.shape)
    )
  }

  /// The tensor's values as signed bytes with so many scales a row, at an odd address.
  static func bytes(of tensor: Tensor, groups: Int) -> (weight: Weight, values: Tensor) {
    let (rows, values) = (tensor.shape[0], tensor.values)
    let length = values.count / (rows * groups)
    var (bytes, scales, rounded) = (Data([0]), [Float](), [Float]())
    for group in 0..<rows * groups {
      let line = values[group * length..<(group + 1) * length]
      scales.append(line.reduce(Float(0.01)) { max($0, abs($1)) } / 127)
      for value in line {
        let byte = Int8((value / scales[group]).rounded())
        bytes.append(UInt8(bitPattern: byte))
        rounded.append(scales[group] * Float(byte))
      }
    }
    let owner = bytes as NSData
    let place = UnsafeRawBufferPointer(start: owner.bytes + 1, count: owner.length - 1)
    return (
      Weight(shape: tensor.shape, bytes: place, scales: Tensor(scales, shape: [rows, groups]), owner: owner),
      Tensor(rounded, shape: tensor.shape)
    )
  }

  @Test(
    "linear equals its definition in every format at an unaligned address",
    arguments: [Weight.Format.float32, .bfloat16, .float16, .int8], [(1, 1, 1), (3, 17, 5), (2, 33, 64)])
  func linear(format: Weight.Format, sizes: (rows: Int, inner: Int, out: Int)) {
    let x = sample([2, sizes.rows, sizes.inner])
    let (weight, values) = Self.stored(sample([sizes.out, sizes.inner], seed: 2), as: format)
    let bias = sample([sizes.out], seed: 3)
    #expect(distance(x.linear(weight, bias: bias), Self.naive(x, values, bias)) < Tolerance.product)
    #expect(distance(x.linear(weight), Self.naive(x, values, nil)) < Tolerance.product)
    #expect(weight.tensor() == values)
    #expect(
      weight.rows([sizes.out - 1, 0]).values
        == Array(values.values.suffix(sizes.inner) + values.values.prefix(sizes.inner)))
  }

  @Test("float16 widens exactly: zeros, denormals, infinities, the largest and the smallest")
  func float16() {
    let patterns: [UInt16] = [0, 0x8000, 1, 0x8001, 0x03ff, 0x0400, 0x3c00, 0x7bff, 0xfbff, 0x7c00, 0xfc00]
    let owner = patterns.withUnsafeBytes { NSData(bytes: $0.baseAddress, length: $0.count) }
    let weight = Weight(
      shape: [patterns.count], format: .float16,
      bytes: UnsafeRawBufferPointer(start: owner.bytes, count: owner.length),
      owner: owner)
    #expect(
      weight.tensor().values.map(\.bitPattern) == patterns.map { Float(Float16(bitPattern: $0)).bitPattern })
  }

  @Test("products in all four transpositions agree")
  func transposed() {
    let (a, b) = (sample([5, 7]), sample([7, 3], seed: 2))
    let plain = a.product(b)
    let (at, bt) = (a.permuted(1, 0), b.permuted(1, 0))
    #expect(distance(at.product(b, transposed: true), plain) < Tolerance.product)
    #expect(distance(a.product(bt, otherTransposed: true), plain) < Tolerance.product)
    #expect(distance(at.product(bt, transposed: true, otherTransposed: true), plain) < Tolerance.product)
  }

  @Test("large products in parts equal their definition", arguments: [(300, 257), (257, 300), (1, 700)])
  func parts(m: Int, n: Int) {
    let (a, b) = (sample([m, 130]), sample([n, 130], seed: 2))
    let expected = Self.naive(a, b, nil)
    #expect(distance(a.product(b, otherTransposed: true), expected) < Tolerance.product)
    #expect(
      distance(a.permuted(1, 0).product(b.permuted(1, 0), transposed: true), expected) < Tolerance.product)
  }
}
