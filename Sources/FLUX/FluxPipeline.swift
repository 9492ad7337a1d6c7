import CLIP
import Checkpoints
import Foundation
import T5
import Tensors
import Tokenizers

/// Draws images for prompts: FLUX.1's text encoders, transformer, noise levels and autoencoder together.
///
/// Reference: diffusers 0.42.1 `pipelines/flux/pipeline_flux.py`. Differs: sizes that the packing cannot represent are
/// refused instead of rounded, and the parts can be called one by one, because a job may want to encode its prompts once,
/// sample in batches and decode one image at a time.
package struct FluxPipeline: Sendable {
  package let tokenizer: CLIPTokenizer
  package let textEncoder: CLIPTextModel
  package let tokenizer2: T5Tokenizer
  package let textEncoder2: T5EncoderModel
  /// Whose mapped weights the transformer has, for another one that shares them.
  package let transformerCheckpoint: Checkpoint
  package let transformer: FluxTransformer2DModel
  package let autoencoder: AutoencoderKL
  package let scheduler: FlowMatchEulerDiscreteScheduler

  /// Loads a folder that `FluxPipeline.save_pretrained` wrote or the repositories of FLUX.1 contain.
  ///
  /// - Throws: `CheckpointError` or `TokenizerError` naming the file at fault, also when parts do not fit each other.
  ///
  /// - Parameter adapter: Merged into the transformer's weights; adapted layers are held as float32.
  /// - Parameter lowRank: Kept beside the transformer's weights; when it is trained, the pipeline follows.
  package init(folder: String, adapter: AppliedAdapter? = nil, lowRank: LowRankLayers? = nil) throws {
    try FluxModelIndex.check(folder: folder)
    tokenizer = try CLIPTokenizer(folder: "\(folder)/tokenizer")
    textEncoder = try CLIPTextModel(folder: "\(folder)/text_encoder")
    tokenizer2 = try T5Tokenizer(folder: "\(folder)/tokenizer_2")
    textEncoder2 = try T5EncoderModel(folder: "\(folder)/text_encoder_2")
    let sizes = try FluxTransformer2DModel.Configuration(
      ModelConfiguration(path: "\(folder)/transformer/config.json"))
    transformerCheckpoint = try Checkpoint(path: "\(folder)/transformer")
    transformer = try FluxTransformer2DModel(
      transformerCheckpoint, sizes, adapter: adapter, lowRank: lowRank)
    autoencoder = try AutoencoderKL(folder: "\(folder)/vae")
    scheduler = FlowMatchEulerDiscreteScheduler(
      configuration: try .init(ModelConfiguration(path: "\(folder)/scheduler/scheduler_config.json")))
    try requireFit(folder: folder)
  }

  /// Height and width of images must be multiples of this many pixels.
  package var sizeMultiple: Int { 2 * autoencoder.configuration.spatialFactor }

  /// Height and width of the latents of an image.
  package func latentSize(height: Int, width: Int) -> (height: Int, width: Int) {
    precondition(
      height > 0 && width > 0 && height % sizeMultiple == 0 && width % sizeMultiple == 0,
      "an image of \(height)×\(width) is not in steps of \(sizeMultiple)")
    let factor = autoencoder.configuration.spatialFactor
    return (height / factor, width / factor)
  }

  /// How many tokens the transformer sees of an image.
  package func imageTokens(height: Int, width: Int) -> Int {
    let size = latentSize(height: height, width: width)
    return size.height / 2 * (size.width / 2)
  }

  private func requireFit(folder: String) throws(CheckpointError) {
    let flux = transformer.configuration
    try require(
      "transformer/config.json", "in_channels", flux.inChannels, 4 * autoencoder.configuration.latentChannels,
      "four times vae's latent_channels", folder)
    try require(
      "transformer/config.json", "joint_attention_dim", flux.jointAttentionWidth,
      textEncoder2.configuration.width,
      "text_encoder_2's d_model", folder)
    try require(
      "transformer/config.json", "pooled_projection_dim", flux.pooledProjectionWidth,
      textEncoder.configuration.encoder.width, "text_encoder's hidden_size", folder)
    try textEncoder.requireVocabulary(of: tokenizer, folder: "\(folder)/tokenizer")
    guard tokenizer2.vocabularySize <= textEncoder2.configuration.vocabularySize else {
      throw CheckpointError(
        file: "\(folder)/tokenizer_2", problem: "has more tokens than text_encoder_2 knows",
        found: "\(tokenizer2.vocabularySize)",
        expected: "at most \(textEncoder2.configuration.vocabularySize)",
        hint: "Copy both from the same repository")
    }
  }

  private func require(
    _ file: String, _ key: String, _ found: Int, _ expected: Int, _ meaning: String, _ folder: String
  ) throws(CheckpointError) {
    guard found == expected else {
      throw CheckpointError(
        file: "\(folder)/\(file)", key: key, problem: "does not fit the other parts of the pipeline",
        found: "\(found)",
        expected: "\(expected), \(meaning)", hint: "Copy all folders from the same repository")
    }
  }
}

/// A pipeline folder's `model_index.json`: which class each part is.
enum FluxModelIndex {
  private static let parts: KeyValuePairs<String, [String]> = [
    "scheduler": ["FlowMatchEulerDiscreteScheduler"], "text_encoder": ["CLIPTextModel"],
    "text_encoder_2": ["T5EncoderModel"], "tokenizer": ["CLIPTokenizer", "CLIPTokenizerFast"],
    "tokenizer_2": ["T5Tokenizer", "T5TokenizerFast"], "transformer": ["FluxTransformer2DModel"],
    "vae": ["AutoencoderKL"],
  ]

  static func check(folder: String) throws(CheckpointError) {
    guard FileManager.default.fileExists(atPath: "\(folder)/model_index.json") else {
      throw CheckpointError(
        file: folder, problem: "this is no pipeline that draws images: there is no model_index.json",
        hint: "Give the folder of a FLUX pipeline in diffusers' layout, such as FLUX.1-schnell")
    }
    let index = try ModelConfiguration(path: "\(folder)/model_index.json")
    _ = try index.string("_class_name", oneOf: ["FluxPipeline"])
    for (part, classes) in parts {
      guard let name = index[part]?.array?.last?.string, classes.contains(name) else {
        throw index.error(part, "is not supported", expected: classes.joined(separator: " or "))
      }
    }
  }
}
