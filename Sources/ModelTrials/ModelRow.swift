import CLIP
import Checkpoints
import FLUX
import Foundation
import Synthesis
import Tensors

/// A computation of a real model's shape that is timed: a row of the table in `docs/performance.md`.
///
/// `Tests/Benchmarks/models.py` does the same with diffusers and transformers, ``StableDiffusionCpp`` some of it with ggml, from
/// the same folders.
package enum ModelRow: String, CaseIterable, Sendable {
  case fluxFloat32 = "flux-float32"
  case fluxBFloat16 = "flux-bfloat16"
  case fluxInt8 = "flux-int8"
  case toyFlux = "toy-flux"
  case clipImages = "clip-images"
  case clipTexts = "clip-texts"
  case clipImagesInt8 = "clip-images-int8"
  case clipTextsInt8 = "clip-texts-int8"
  case decode = "vae-decode"
  case encode = "vae-encode"

  package var what: String {
    switch self {
    case .fluxFloat32, .fluxBFloat16, .fluxInt8:
      "a double and a single block of FLUX.1-dev's widths, 1024 picture and 512 text tokens"
    case .toyFlux: "a forward pass of 4 double and 8 single blocks of width 192, 64 and 64 tokens"
    case .clipImages: "image features of 8 pictures, CLIP ViT-H/14"
    case .clipTexts: "text features of 8 prompts of 77 tokens, CLIP ViT-H/14"
    case .clipImagesInt8, .clipTextsInt8: "the same with signed bytes"
    case .decode: "FLUX's autoencoder, latents to a picture of 512×512"
    case .encode: "FLUX's autoencoder, a picture of 512×512 to latents"
    }
  }

  /// Tokens of a prompt, as FLUX.1-dev takes them.
  package static let textTokens = 512

  /// The most of torch's time, with float32 weights, that is aimed at.
  package var goal: Double {
    switch self {
    case .fluxFloat32, .fluxBFloat16: 1.05
    case .fluxInt8, .clipImagesInt8, .clipTextsInt8: 0.4
    case .toyFlux: 0.35
    case .clipImages, .clipTexts: 1
    case .decode, .encode: 0.6
    }
  }

  /// Multiplications and additions of the products, convolutions taken as direct ones.
  ///
  /// - Parameter textTokens: Of the prompt, for FLUX.1-dev's blocks.
  package func operations(textTokens: Int = Self.textTokens) -> Double {
    func blocks(_ count: Int, width: Int, tokens: Int) -> Double {
      let (width, tokens) = (Double(width), Double(tokens))
      return 2 * Double(count) * (12 * width * width * tokens + 2 * tokens * tokens * width)
    }
    switch self {
    case .fluxFloat32, .fluxBFloat16, .fluxInt8: return blocks(2, width: 3072, tokens: 1024 + textTokens)
    case .toyFlux: return blocks(12, width: 192, tokens: 128)
    case .clipImages, .clipImagesInt8:
      return 8 * (blocks(32, width: 1280, tokens: 257) + 2 * 256 * 588 * 1280)
    case .clipTexts, .clipTextsInt8: return 8 * blocks(24, width: 1024, tokens: 77)
    case .decode: return Self.decoding
    case .encode: return Self.encoding
    }
  }

  private static func convolution(_ from: Int, _ to: Int, _ side: Int, _ size: Int = 3) -> Double {
    2 * Double(size * size * from * to) * Double(side * side)
  }

  /// Of the middle of FLUX's autoencoder, either way, for latents of 64×64.
  private static let middle: Double =
    4 * convolution(512, 512, 64) + 2 * Double(4 * 512 * 512) * 4096 + 4 * 4096 * 4096 * 512

  /// Of its decoder.
  private static let decoding: Double = {
    var sum = convolution(16, 512, 64) + middle
    var (before, side) = (512, 64)
    for (level, channels) in [512, 512, 256, 128].enumerated() {
      sum += convolution(before, channels, side) + 5 * convolution(channels, channels, side)
      if before != channels { sum += convolution(before, channels, side, 1) }
      if level < 3 {
        side *= 2
        sum += convolution(channels, channels, side)
      }
      before = channels
    }
    return sum + convolution(128, 3, 512)
  }()

  /// Of its encoder.
  private static let encoding: Double = {
    var sum = convolution(3, 128, 512)
    var (before, side) = (128, 512)
    for (level, channels) in [128, 256, 512, 512].enumerated() {
      sum += convolution(before, channels, side) + 3 * convolution(channels, channels, side)
      if before != channels { sum += convolution(before, channels, side, 1) }
      if level < 3 {
        side /= 2
        sum += convolution(channels, channels, side)
      }
      before = channels
    }
    return sum + middle + convolution(512, 32, 64)
  }()

  /// The folder of the weights, within that of all, and the one that another program reads in its place.
  private var folder: String {
    switch self {
    case .fluxFloat32: "flux-blocks-float32"
    case .fluxBFloat16: "flux-blocks-bfloat16"
    case .fluxInt8: "flux-blocks-int8"
    case .toyFlux: "toy-flux"
    case .clipImages, .clipTexts: "clip-vit-h-14"
    case .clipImagesInt8, .clipTextsInt8: "clip-vit-h-14-int8"
    case .decode, .encode: "flux-autoencoder"
    }
  }

  package var peerFolder: String {
    switch self {
    case .fluxInt8: Self.fluxBFloat16.folder
    case .clipImagesInt8, .clipTextsInt8: Self.clipImages.folder
    default: folder
    }
  }

  /// Whether most of its products are of whole numbers.
  package var isInteger: Bool { [.fluxInt8, .clipImagesInt8, .clipTextsInt8].contains(self) }

  /// Writes the weights that the row needs, unless they are there.
  package func prepare(in root: String) throws {
    let target = "\(root)/\(folder)"
    guard !FileManager.default.fileExists(atPath: target) else { return }
    switch self {
    case .fluxInt8:
      try Self.fluxBFloat16.prepare(in: root)
      try quantize("\(root)/\(peerFolder)", to: target) {
        $0.contains("transformer_blocks.") && !$0.contains("norm")
      }
    case .clipImagesInt8, .clipTextsInt8:
      try Self.clipImages.prepare(in: root)
      try quantize("\(root)/\(peerFolder)", to: target) {
        $0.contains("encoder.layers.") && ($0.contains(".self_attn.") || $0.contains(".mlp."))
      }
    case .clipImages, .clipTexts: try SyntheticModel(like: .clipViTH14).write(to: target)
    case .fluxFloat32, .fluxBFloat16, .toyFlux, .decode, .encode:
      var model = try SyntheticModel(parts: [part], files: [:])
      if self == .fluxFloat32 || self == .toyFlux { model.type = .float32 }
      try model.write(to: target)
    }
  }

  private func quantize(_ source: String, to target: String, chosen: (String) -> Bool) throws {
    try EmergingFolder.make(at: target) { building in
      try FileManager.default.copyItem(
        atPath: "\(source)/config.json", toPath: building.appending(path: "config.json").path)
      _ = try Int8Quantization.convert(source, to: building.path, groupSize: nil, chosen: chosen)
    }
  }

  private var part: ModelPart {
    switch self {
    case .decode, .encode: ModelPart(.autoencoder, folder: "", configuration: PublishedShape.autoencoder)
    case .toyFlux:
      ModelPart(
        .fluxTransformer, folder: "",
        configuration: """
          {"_class_name": "FluxTransformer2DModel", "attention_head_dim": 32, "axes_dims_rope": [8, 12, 12],
           "guidance_embeds": false, "in_channels": 64, "joint_attention_dim": 256, "num_attention_heads": 6,
           "num_layers": 4, "num_single_layers": 8, "patch_size": 1, "pooled_projection_dim": 128}

          """)
    default:
      ModelPart(
        .fluxTransformer, folder: "",
        configuration: PublishedShape.transformer(hasGuidance: true, double: 1, single: 1))
    }
  }

  /// The computation, ready to be done again and again.
  ///
  /// - Parameter textTokens: As of ``operations(textTokens:)``.
  package func work(in root: String, textTokens: Int = Self.textTokens) throws -> () -> Void {
    let path = "\(root)/\(folder)"
    var generator = TorchGenerator(seed: 1)
    switch self {
    case .fluxFloat32, .fluxBFloat16, .fluxInt8, .toyFlux:
      let transformer = try FluxTransformer2DModel(folder: path)
      let configuration = transformer.configuration
      let (side, text) = self == .toyFlux ? (8, 64) : (32, textTokens)
      let latents = generator.normal(shape: [1, side * side, configuration.inChannels])
      let states = generator.normal(shape: [1, text, configuration.jointAttentionWidth])
      let pooled = generator.normal(shape: [1, configuration.pooledProjectionWidth])
      let sigma = Tensor(repeating: 0.5, shape: [1])
      let rotary = transformer.rotaryTable(textTokens: text, height: side, width: side)
      return {
        _ = transformer(
          latents: latents, context: states, pooled: pooled, sigma: sigma,
          guidance: configuration.hasGuidance ? sigma : nil, rotary: rotary)
      }
    case .clipImages, .clipImagesInt8:
      let clip = try CLIPModel(folder: path)
      let pixels = generator.normal(shape: [8, 3, 224, 224])
      return { _ = clip.imageFeatures(pixels) }
    case .clipTexts, .clipTextsInt8:
      let clip = try CLIPModel(folder: path)
      let ids = (0..<8).map { row in (0..<76).map { 3 + (7919 * row + 104_729 * $0) % 40_000 } + [2] }
      return { _ = clip.textFeatures(ids: ids) }
    case .decode:
      let autoencoder = try AutoencoderKL(folder: path)
      let latents = generator.normal(shape: [1, 16, 64, 64])
      return { _ = autoencoder.decode(latents) }
    case .encode:
      let autoencoder = try AutoencoderKL(folder: path)
      let pixels = generator.normal(shape: [1, 3, 512, 512])
      return { _ = autoencoder.encode(pixels) }
    }
  }
}
