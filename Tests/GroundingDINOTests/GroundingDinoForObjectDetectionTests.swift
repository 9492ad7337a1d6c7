import Checkpoints
import Tensors
import Testing

@testable import GroundingDINO

@Suite struct GroundingDinoForObjectDetectionTests {
  @Test func aWrongCheckpointIsToldByTheNamesOfItsTensors() throws {
    let error = try FixtureModel.withCopy { entries in
      entries["model.level_embed"] = nil
      entries["model.text_projection.bias"] = .init(values: [1, 2, 3], shape: [3])
      entries["model.decoder.extra.weight"] = .init(values: [1], shape: [1])
    } _: { folder in
      #expect(throws: CheckpointError.self) { try GroundingDinoForObjectDetection(folder: folder) }
    }
    let text = error?.description ?? ""
    #expect(text.contains("1 missing (model.level_embed [4, 32])"))
    #expect(text.contains("1 misshapen (model.text_projection.bias is [3], expected [32])"))
    #expect(text.contains("1 unexpected (model.decoder.extra.weight)"))
  }

  @Test func whatPublishedFilesRepeatIsLeftAlone() throws {
    try FixtureModel.withCopy { entries in
      for (name, entry) in entries where name.hasPrefix("bbox_embed.0.") {
        entries["bbox_embed.1.\(name.dropFirst(13))"] = entry
        entries["model.decoder.\(name)"] = entry
        entries["model.decoder.bbox_embed.1.\(name.dropFirst(13))"] = entry
      }
      let attention = "model.backbone.conv_encoder.model.encoder.layers.0.blocks.0.attention.self"
      entries["\(attention).relative_position_index"] = .init(values: [0, 1], shape: [2])
      entries["model.text_backbone.embeddings.position_ids"] = .init(values: [0, 1], shape: [1, 2])
    } _: { folder in
      _ = try GroundingDinoForObjectDetection(folder: folder)
    }
  }

  @Test func paddingOfTheTextChangesNoAnswer() throws {
    let model = try GroundingDinoForObjectDetection(folder: FixtureModel.folder)
    let image = PaddedImage(
      pixelValues: Tensor((0..<3 * 40 * 44).map { Float($0 % 17) / 8 - 1 }, shape: [3, 40, 44]),
      validHeight: 40, validWidth: 44)
    // Some padding in both: the end token is not the row's last, which would put it outside all blocks.
    let ids = [101, 1100, 1101, 1012, 102, 0]
    let short = model(image, PhraseTokens(ids: ids, mask: [1, 1, 1, 1, 1, 0]))
    let long = model(image, PhraseTokens(ids: ids + [0, 0], mask: [1, 1, 1, 1, 1, 0, 0, 0]))
    #expect(short.logits.values.filter(\.isFinite).count == 5 * model.configuration.queries)
    // Matrix products over other sizes round otherwise.
    for (a, b) in zip(short.boxes.values, long.boxes.values) { #expect(abs(a - b) < 1e-5) }
  }

  @Test func theResultDoesNotDependOnTheNumberOfThreads() throws {
    let model = try GroundingDinoForObjectDetection(folder: FixtureModel.folder)
    let image = PaddedImage(
      pixelValues: Tensor((0..<3 * 70 * 90).map { Float($0 % 23) / 11 - 1 }, shape: [3, 70, 90]),
      validHeight: 66, validWidth: 90)
    let text = PhraseTokens(ids: [101, 1100, 1101, 1012, 102])
    let before = Parallelism.threads
    defer { Parallelism.threads = before }
    Parallelism.threads = 1
    let alone = model(image, text)
    Parallelism.threads = 3
    let together = model(image, text)
    #expect(alone.logits == together.logits)
    #expect(alone.boxes == together.boxes)
  }
}
