import Foundation
import Testing

@testable import Tensors

@Suite("Attention")
struct AttentionTests {
  /// The definition, in double precision.
  static func naive(_ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, scale: Float, mask: AttentionMask)
    -> Tensor
  {
    let (batch, queries, keys, width) = (q.shape[0], q.shape[1], k.shape[1], q.shape[2] / heads)
    let (qs, ks, vs) = (q.values, k.values, v.values)
    let (bias, keyBias) = (mask.bias?.values, mask.keyBias?.values)
    return Tensor(shape: q.shape) { out in
      for b in 0..<batch {
        for h in 0..<heads {
          for i in 0..<queries {
            let scores = (0..<keys).map { j -> Double in
              if mask.isCausal, j > i { return -.infinity }
              let dot = (0..<width).reduce(0.0) {
                $0 + Double(qs[(b * queries + i) * q.shape[2] + h * width + $1])
                  * Double(ks[(b * keys + j) * q.shape[2] + h * width + $1])
              }
              return Double(scale) * dot + Double(bias?[(h * queries + i) * keys + j] ?? 0)
                + Double(keyBias?[b * keys + j] ?? 0)
            }
            let top = scores.max()!
            let weights = scores.map { exp($0 - top) }
            let sum = weights.reduce(0, +)
            for d in 0..<width {
              let value = (0..<keys).reduce(0.0) {
                $0 + weights[$1] * Double(vs[(b * keys + $1) * q.shape[2] + h * width + d])
              }
              out[(b * queries + i) * q.shape[2] + h * width + d] = Float(value / sum)
            }
          }
        }
      }
    }
  }

  @Test(
    "equals its definition across tiles, heads and odd sizes",
    arguments: [(1, 1, 1, 1, 1), (2, 17, 33, 3, 5), (1, 65, 513, 2, 16), (1, 130, 1100, 1, 7)])
  func plain(batch: Int, queries: Int, keys: Int, heads: Int, width: Int) {
    let q = sample([batch, queries, heads * width], seed: 1).affine(3)
    let k = sample([batch, keys, heads * width], seed: 2)
    let v = sample([batch, keys, heads * width], seed: 3)
    let scale = 1 / Float(width).squareRoot()
    let got = q.attention(keys: k, values: v, heads: heads, scale: scale)
    #expect(distance(got, Self.naive(q, k, v, heads: heads, scale: scale, mask: .none)) < Tolerance.product)
  }

  @Test("masks: causal, biased by head, hidden keys", arguments: [7, 70, 600])
  func masked(length: Int) {
    let (q, k, v) = (
      sample([2, length, 6], seed: 1), sample([2, length, 6], seed: 2), sample([2, length, 6], seed: 3)
    )
    var mask = AttentionMask(isCausal: true)
    mask.bias = sample([2, length, length], seed: 4)
    mask.keyBias = Tensor(shape: [2, length]) { values in
      for i in values.indices { values[i] = i % 5 == 3 ? -Float.greatestFiniteMagnitude : 0 }
    }
    let got = q.attention(keys: k, values: v, heads: 2, scale: 0.7, mask: mask)
    #expect(distance(got, Self.naive(q, k, v, heads: 2, scale: 0.7, mask: mask)) < Tolerance.product)
  }

  @Test("does not depend on the number of threads")
  func threads() {
    let (q, k, v) = (
      sample([1, 200, 64], seed: 1), sample([1, 700, 64], seed: 2), sample([1, 700, 64], seed: 3)
    )
    let many = q.attention(keys: k, values: v, heads: 4, scale: 0.25)
    let before = Parallelism.threads
    defer { Parallelism.threads = before }
    Parallelism.threads = 1
    #expect(q.attention(keys: k, values: v, heads: 4, scale: 0.25) == many)
  }
}
