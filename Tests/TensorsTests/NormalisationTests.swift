import Foundation
import Testing

@testable import Tensors

@Suite("Normalisation")
struct NormalisationTests {
  static func layerNorm(_ row: [Float], epsilon: Double) -> [Double] {
    let mean = row.reduce(0.0) { $0 + Double($1) } / Double(row.count)
    let variance = row.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(row.count)
    return row.map { (Double($0) - mean) / (variance + epsilon).squareRoot() }
  }

  @Test("layer norm, plain, with parameters and modulated", arguments: [1, 3, 33, 130])
  func layerNorm(columns: Int) {
    let x = sample([2, 3, columns]).affine(5, 2)
    let (w, b) = (sample([columns], seed: 2), sample([columns], seed: 3))
    let (scale, shift) = (sample([2, columns], seed: 4), sample([2, columns], seed: 5))
    let plain = x.layerNorm(epsilon: 1e-5).values
    let full = x.layerNorm(weight: w, bias: b, epsilon: 1e-5).values
    let modulated = x.modulatedLayerNorm(scale: scale, shift: shift, epsilon: 1e-5).values
    for row in 0..<6 {
      let expected = Self.layerNorm(Array(x.values[row * columns..<(row + 1) * columns]), epsilon: 1e-5)
      for i in 0..<columns {
        let at = row * columns + i
        #expect(abs(Double(plain[at]) - expected[i]) < 1e-5)
        #expect(abs(Double(full[at]) - (expected[i] * Double(w.values[i]) + Double(b.values[i]))) < 1e-5)
        let m = row / 3 * columns + i
        #expect(
          abs(Double(modulated[at]) - (expected[i] * (1 + Double(scale.values[m])) + Double(shift.values[m])))
            < 1e-5)
      }
    }
  }

  @Test("RMS norm works on each head of a row")
  func rmsNorm() {
    let (x, w) = (sample([3, 10]), sample([5], seed: 2))
    let got = x.rmsNorm(weight: w, epsilon: 1e-6).values
    for head in 0..<6 {
      let part = x.values[head * 5..<(head + 1) * 5]
      let mean = part.reduce(0.0) { $0 + Double($1) * Double($1) } / 5
      for i in 0..<5 {
        let expected = Double(x.values[head * 5 + i]) / (mean + 1e-6).squareRoot() * Double(w.values[i])
        #expect(abs(Double(got[head * 5 + i]) - expected) < 1e-6)
      }
    }
  }

  @Test("softmax sums to one and keeps the order, far from zero too", arguments: [-1000, 0, 1000])
  func softmax(offset: Int) {
    let x = sample([4, 19]).affine(10, Float(offset))
    let y = x.softmax()
    for row in 0..<4 {
      let part = Array(y.values[row * 19..<(row + 1) * 19])
      #expect(abs(part.reduce(0, +) - 1) < 1e-6)
      let from = Array(x.values[row * 19..<(row + 1) * 19])
      #expect(from.indices.max { from[$0] < from[$1] } == part.indices.max { part[$0] < part[$1] })
    }
  }
}
