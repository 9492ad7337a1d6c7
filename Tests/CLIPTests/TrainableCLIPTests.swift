import Autodiff
import CLIP
import Foundation
import Tensors
import Testing

/// The plain towers are the oracle of the recorded ones.
@Suite struct TrainableCLIPTests {
  /// Products are summed in another order, and the last layer computes pooled tokens alone.
  private static let tolerance: Float = 2e-5

  @Test(arguments: [false, true]) func `recorded features are the plain ones`(isCheckpointed: Bool) throws {
    try withTemporaryFolder { folder in
      try TinyCLIP.whole().write(config: TinyCLIP.config, to: folder)
      let (plain, trainable) = (try CLIPModel(folder: folder), try TrainableCLIP(folder: folder))
      let images = Tensor((0..<2 * 3 * 49).map { sin(0.37 * Float($0)) }, shape: [2, 3, 7, 7])
      // The end of text stands at different places.
      let ids = [[10, 3, 11, 11, 11], [10, 4, 7, 2, 11]]
      let tape = Tape()
      let pictures = trainable.imageFeatures(images, on: tape, isCheckpointed: isCheckpointed)
      let texts = trainable.textFeatures(ids: ids, on: tape, isCheckpointed: isCheckpointed)
      #expect(!pictures.isConstant && !texts.isConstant)
      expectClose(pictures.value, plain.imageFeatures(images))
      expectClose(texts.value, plain.textFeatures(ids: ids))
    }
  }

  private func expectClose(_ one: Tensor, _ other: Tensor) {
    #expect(one.shape == other.shape)
    let scale = other.values.map(abs).max() ?? 0
    let distance = zip(one.values, other.values).map { abs($0 - $1) }.max() ?? .infinity
    #expect(scale > 0 && distance <= Self.tolerance * max(1, scale))
  }
}
