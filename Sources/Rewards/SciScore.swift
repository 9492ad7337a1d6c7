import CLIP
import Checkpoints
import Foundation
import Images
import Tensors
import Tokenizers

/// Says how well images fit prompts: `exp(logit_scale) · cosine` of a CLIP trained for it.
///
/// The scorer of Science-T2I (arXiv:2504.13129), and of any CLIP in the same layout (PickScore): a `CLIPModel` folder with
/// tokenizer and preprocessor. Scores are comparable among images of one prompt; ``ScoredImage/probability`` is the
/// softmax over them.
package struct SciScore: Sendable {
  package let model: CLIPModel
  package let tokenizer: CLIPTokenizer
  package let imageProcessor: CLIPImageProcessor

  /// Loads a folder in the layout of transformers' `CLIPModel` and `CLIPProcessor`.
  ///
  /// - Parameter processorFolder: Where tokenizer and `preprocessor_config.json` are, if not beside the weights.
  /// - Throws: ``CheckpointError`` or ``TokenizerError`` naming what is missing, damaged, or does not go together.
  package init(folder: String, processorFolder: String? = nil) throws {
    try Self.refuseOtherFolders(folder)
    let processorFolder = processorFolder ?? folder
    model = try CLIPModel(folder: folder)
    tokenizer = try CLIPTokenizer(folder: processorFolder)
    guard FileManager.default.fileExists(atPath: "\(processorFolder)/preprocessor_config.json") else {
      throw CheckpointError(
        file: processorFolder,
        problem: "there is no preprocessor_config.json, which says how images are prepared",
        hint: "Copy it from the repository of the CLIP that the scorer was trained from")
    }
    imageProcessor = try CLIPImageProcessor(folder: processorFolder)
    try requireUnity(folder: folder, processorFolder: processorFolder)
  }

  /// Normalised features of the prompts, `[prompts, projectionSize]`, in their order; equal prompts are encoded once.
  package func promptFeatures(_ prompts: [String]) -> Tensor {
    var places: [String: Int] = [:]
    var distinct: [String] = []
    for prompt in prompts where places[prompt] == nil {
      places[prompt] = distinct.count
      distinct.append(prompt)
    }
    let limit = min(tokenizer.modelMaxLength ?? .max, model.configuration.text.maxPositions)
    var parts: [Tensor] = []
    for start in stride(from: 0, to: distinct.count, by: Self.promptsPerBatch) {
      let texts = Array(distinct[start..<min(start + Self.promptsPerBatch, distinct.count)])
      // No mask: attention is causal and the first end token is pooled, so padding behind it does not count.
      let tokens = tokenizer.encode(texts, padding: .longest(limit: limit))
      parts.append(model.textFeatures(ids: tokens.ids))
    }
    let features = Weight(Tensor.concatenated(parts, axis: 0).normalisedToUnitLength())
    return features.rows(prompts.compactMap { places[$0] })
  }

  /// Normalised features of images, `[images, projectionSize]`.
  ///
  /// - Parameter names: What errors call the images.
  package func imageFeatures(_ images: [RGBImage], names: [String] = []) throws -> Tensor {
    model.imageFeatures(try imageProcessor.pixelValues(of: images, names: names)).normalisedToUnitLength()
  }

  private static let promptsPerBatch = 32
}

// Whether the folder is one.
extension SciScore {
  private static func refuseOtherFolders(_ folder: String) throws {
    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(name)") }
    guard has("") else {
      throw CheckpointError(
        file: folder, problem: "there is no such folder",
        hint: "Give the folder of a CLIPModel, such as SciScore")
    }
    if has("model_index.json") {
      throw CheckpointError(
        file: folder, problem: "this is a diffusers pipeline, which draws images and does not score them",
        hint: "Give the folder of a CLIPModel, such as SciScore")
    }
    if !has("config.json"), has("adapter_config.json") || has("pytorch_lora_weights.safetensors") {
      throw CheckpointError(
        file: folder, problem: "this is an adapter, not a whole CLIPModel",
        hint: "Give the folder of a CLIPModel")
    }
  }

  private func requireUnity(folder: String, processorFolder: String) throws {
    try model.textModel.requireVocabulary(of: tokenizer, folder: processorFolder)
    let (end, expected) = (tokenizer.endID, model.configuration.text.endTokenID)
    guard expected == 2 || expected == end else {
      throw CheckpointError(
        file: folder + "/config.json", key: "text_config.eos_token_id",
        problem: "is not the tokenizer's end token, at which texts are read off", found: "\(expected)",
        expected: "\(end), or 2 for the older rule", hint: "Tokenizer and weights belong to different models")
    }
    let side = model.configuration.vision.imageSize
    guard let size = imageProcessor.configuration.outputSize, size.width == side, size.height == side else {
      throw CheckpointError(
        file: processorFolder + "/preprocessor_config.json", key: "crop_size",
        problem: "does not give the images that the vision tower takes", expected: "\(side)×\(side) pixels",
        hint: "Copy the file from the repository of the weights")
    }
  }
}
