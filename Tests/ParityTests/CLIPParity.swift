import CLIP
import Checkpoints
import Images
import Tensors
import Testing
import Tokenizers

/// A whole `model` folder with prompts and three pictures.
enum CLIPModelParity: ParityKind {
  static func covers(_ parityCase: ParityCase) -> Bool {
    parityCase.has("model/config.json") && parityCase.comparisons.contains { $0.tensor == "logits_per_image" }
  }

  static func results(of parityCase: ParityCase) throws -> [String: [Float]] {
    let folder = "\(parityCase.folder)/model"
    let model = try CLIPModel(folder: folder)
    let prompts = try parityCase.description.strings("prompts")
    let tokenizer = try CLIPTokenizer(folder: folder)
    let padded = tokenizer.encode(prompts, padding: .fixed(model.configuration.text.maxPositions))
    let longest = tokenizer.encode(prompts, padding: .longest(limit: model.configuration.text.maxPositions))
    let images = try ["a", "b", "c"].map { try RGBImage(contentsOf: "\(parityCase.folder)/\($0).png") }
    let pixels = try CLIPImageProcessor(folder: folder).pixelValues(of: images)

    let text = model.textFeatures(ids: padded.ids)
    let masked = model.textFeatures(ids: longest.ids, mask: longest.mask)
    let image = model.imageFeatures(pixels)
    return [
      "pixel_values": pixels.values, "text_features": text.values, "image_features": image.values,
      "text_embeds": text.normalisedToUnitLength().values,
      "image_embeds": image.normalisedToUnitLength().values,
      "logits_per_image": model.logitsPerImage(imageFeatures: image, textFeatures: text).values,
      "logits_per_image_masked": model.logitsPerImage(imageFeatures: image, textFeatures: masked).values,
      "text_last_hidden": model.textModel(ids: padded.ids).lastHiddenState.values,
      "vision_last_hidden": model.visionModel(pixels).lastHiddenState.values,
    ]
  }
}

/// Lone text encoders, one a folder, on the same strings.
enum CLIPTextEncoderParity: ParityKind {
  static func covers(_ parityCase: ParityCase) -> Bool {
    !encoders(of: parityCase).isEmpty && parityCase.has("tokenizer")
  }

  /// The folders before the dot in names such as `plain.pooler_output`.
  private static func encoders(of parityCase: ParityCase) -> [String] {
    parityCase.comparisons.filter { $0.tensor.hasSuffix(".pooler_output") }.map {
      String($0.tensor.dropLast(14))
    }
  }

  static func results(of parityCase: ParityCase) throws -> [String: [Float]] {
    let tokenizer = try CLIPTokenizer(folder: "\(parityCase.folder)/tokenizer")
    var results: [String: [Float]] = [:]
    for name in encoders(of: parityCase) {
      let encoder = try CLIPTextModel(folder: "\(parityCase.folder)/\(name)")
      let tokens = tokenizer.encode(
        try parityCase.description.strings("strings"), padding: .fixed(encoder.configuration.maxPositions))
      let output = encoder(ids: tokens.ids)
      results["\(name).pooler_output"] = output.pooled.values
      results["\(name).last_hidden_state"] = output.lastHiddenState.values
      results["\(name).hidden_state_m2"] = output.penultimateHiddenState.values
    }
    return results
  }
}

/// Pictures of all kinds, cropped to bytes and normalised, and one picture in several sizes.
enum CLIPPreprocessingParity: ParityKind {
  static func covers(_ parityCase: ParityCase) -> Bool {
    parityCase.description["images"]?.object != nil
      && parityCase.comparisons.contains { $0.tensor.hasSuffix(".u8") }
  }

  static func results(of parityCase: ParityCase) throws -> [String: [Float]] {
    let pictures = try parityCase.description.nested("images")
    var results: [String: [Float]] = [:]
    for name in pictures.keys {
      let size = try pictures.nested(name).integer("size")
      let processor = try CLIPImageProcessor(folder: "\(parityCase.folder)/proc\(size)")
      let image = try RGBImage(contentsOf: "\(parityCase.folder)/\(name).png")
      results["\(name).u8"] = planes(try processor.cropped(image))
      results["\(name).pixel_values"] = try processor.pixelValues(of: [image]).values
    }
    for comparison in parityCase.comparisons where comparison.tensor.hasPrefix("resize.") {
      results[comparison.tensor] = try resized(parityCase, comparison.tensor)
    }
    return results
  }

  /// `wide.png` as names such as `resize.bicubic_97x53` ask for it.
  private static func resized(_ parityCase: ParityCase, _ name: String) throws -> [Float] {
    let parts = name.dropFirst("resize.".count).split { "_x".contains($0) }
    try #require(parts.count == 3, "\(name)")
    let filters: [Substring: ResamplingFilter] = [
      "bilinear": .bilinear, "bicubic": .bicubic, "lanczos": .lanczos,
    ]
    let filter = try #require(filters[parts[0]], "\(name)")
    let (width, height) = (try #require(Int(parts[1])), try #require(Int(parts[2])))
    let image = try RGBImage(contentsOf: "\(parityCase.folder)/wide.png")
    return planes(image.resized(width: width, height: height, filter: filter))
  }

  /// One channel after the other.
  private static func planes(_ image: RGBImage) -> [Float] {
    (0..<3).flatMap { channel in
      stride(from: channel, to: image.pixels.count, by: 3).map { Float(image.pixels[$0]) }
    }
  }
}
