import Foundation
import Tensors
import Testing

@testable import ModelTrials

struct LayerKindTests {
  @Test func `the kinds of a step add up to FLUX.1-dev's arithmetic`() {
    let kinds = LayerKind.all(weights: .bfloat16).filter { $0.stage == .step && $0.operations > 1e9 }
    let sum = kinds.reduce(0) { $0 + $1.operations * Double($1.count) }
    // 24 · width² a token and 4 · width a pair of tokens, in 57 blocks; other layers have less than a milliard operations.
    let (width, tokens) = (3072.0, 1536.0)
    #expect(abs(sum / (57 * (24 * width * width * tokens + 4 * width * tokens * tokens)) - 1) < 1e-9)
  }

  @Test func `the matrices of a step are FLUX.1-dev's`() {
    let linears = LayerKind.all(weights: .int8).filter { $0.isInteger && $0.stage == .step }
    let weights = linears.reduce(0) { sum, kind in sum + kind.operations / (2 * 1536) * Double(kind.count) }
    // Of its 11.9 milliards, without modulations, embeddings and a second stream's matrices in 19 blocks.
    #expect(weights == 57 * 12 * 3072 * 3072)
  }

  @Test func `a bound is arithmetic's or memory's, whichever is slower`() throws {
    let peak = MachinePeak(floatOperations: 1e11, integerOperations: 3e11, bytes: 1e10)
    let kinds = LayerKind.all(weights: .float32)
    let modulation = try #require(kinds.first { $0.name == "modulation" })
    #expect(modulation.isBoundByMemory(peak))
    #expect(modulation.bound(peak) == modulation.bytes / 1e10)
    let wide = try #require(kinds.first { $0.name == "feed-forward out" })
    #expect(!wide.isBoundByMemory(peak))
    #expect(wide.bound(peak) == wide.operations / 1e11)
    // Whole numbers have a speed of their own.
    let bytes = try #require(LayerKind.all(weights: .int8).first { $0.name == "feed-forward out" })
    #expect(bytes.bound(peak) == wide.operations / 3e11)
  }

  @Test func `the decoder's convolutions are those of the row that times it`() {
    let sum = LayerKind.all(weights: .bfloat16).filter { $0.stage == .picture }
      .reduce(0) { $0 + 4 * $1.operations * Double($1.count) }
    // Without the first and last convolutions, the shortcuts and the attention.
    #expect(sum < ModelRow.decode.operations() && sum > 0.95 * ModelRow.decode.operations())
  }
}
