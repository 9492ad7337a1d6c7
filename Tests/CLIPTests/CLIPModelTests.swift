import Checkpoints
import Foundation
import Tensors
import Testing

@testable import CLIP

@Suite struct CLIPModelTests {
  private func load(_ clip: TinyCLIP = .whole()) throws -> CLIPModel {
    try withTemporaryFolder { folder in
      try clip.write(config: TinyCLIP.config, to: folder)
      return try CLIPModel(folder: folder)
    }
  }

  private func difference(_ one: Tensor, _ other: Tensor) -> Float {
    zip(one.values, other.values).map { abs($0 - $1) }.max() ?? .infinity
  }

  /// Two images of 7 × 7 pixels.
  private let images = Tensor((0..<2 * 3 * 49).map { sin(0.37 * Float($0)) }, shape: [2, 3, 7, 7])

  @Test func featuresHaveTheCommonWidth() throws {
    let model = try load()
    #expect(model.imageFeatures(images).shape == [2, 4])
    #expect(model.textFeatures(ids: [[10, 3, 11]]).shape == [1, 4])
    #expect(model.logitScale == 2)
  }

  @Test func logitsAreScaledCosines() throws {
    let model = try load()
    let image = Tensor([3, 0, 0, 4, 0, 2, 0, 0], shape: [2, 4])
    let text = Tensor([1, 0, 0, 0], shape: [1, 4])
    let logits = model.logitsPerImage(imageFeatures: image, textFeatures: text).values
    #expect(abs(logits[0] - exp(2) * 0.6) < 1e-5)
    #expect(logits[1] == 0)
  }

  @Test func patchesAreReadRowByRowAndTheRestIsNotLookedAt() throws {
    let model = try load()
    // 7 pixels hold two patches of 3; the last row and column belong to none.
    var cropped = images
    cropped.withMutableValues { values in
      for place in values.indices where place % 7 == 6 || place / 7 % 7 == 6 { values[place] = 99 }
    }
    #expect(model.imageFeatures(cropped) == model.imageFeatures(images))
    let embeddings = model.visionModel.embeddings
    let kernel = try #require(TinyCLIP.whole().tensors["vision_model.embeddings.patch_embedding.weight"])
      .values
    let position = try #require(TinyCLIP.whole().tensors["vision_model.embeddings.position_embedding.weight"])
      .values
    let pixels = images.values
    // Patch 1 is the upper right one: columns 3...5 of rows 0...2. Channel 2 of the kernel begins at 2 · 27.
    var expected = position[2 * 6 + 2]
    for channel in 0..<3 {
      for y in 0..<3 {
        for x in 0..<3 {
          expected += kernel[2 * 27 + channel * 9 + y * 3 + x] * pixels[channel * 49 + y * 7 + 3 + x]
        }
      }
    }
    #expect(abs(embeddings(images).values[2 * 6 + 2] - expected) < 1e-5)
  }

  @Test func anImagesFeaturesDoNotDependOnItsNeighbours() throws {
    let model = try load()
    let alone = model.imageFeatures(images.slice(1..<2, axis: 0))
    #expect(difference(model.imageFeatures(images)[1], alone) < 1e-5)
  }

  @Test func missingAndSuperfluousTensorsAreNamed() throws {
    var clip = TinyCLIP.whole()
    clip.tensors["visual_projection.weight"] = nil
    clip.tensors["extra"] = ([1], [1])
    let error = try #require(throws: CheckpointError.self) { try load(clip) }
    #expect(error.description.contains("1 missing (visual_projection.weight [4, 6])"))
    #expect(error.description.contains("1 unexpected (extra)"))
  }
}
