import CLIP
import Checkpoints
import FLUX
import Jobs
import T5

/// What passes through a FLUX pipeline's parts have to compute, by the sizes in its configuration files.
struct FluxWork {
  private let transformer: FluxTransformer2DModel.Configuration
  private let autoencoder: AutoencoderKL.Configuration
  private let t5: T5Configuration
  private let clip: CLIPTextConfiguration
  /// The transformer's matrices by layer, `[out, in]`.
  private let matrices: [String: [Int]]
  private let transformerIsBytes: Bool
  private let t5IsBytes: Bool

  /// - Throws: `CheckpointError`; only headers and configurations are read.
  init(folder: String) throws(CheckpointError) {
    transformer = try .init(ModelConfiguration(path: "\(folder)/transformer"))
    autoencoder = try .init(ModelConfiguration(path: "\(folder)/vae"))
    t5 = try T5Configuration(ModelConfiguration(path: "\(folder)/text_encoder_2"))
    clip = try CLIPTextConfiguration(ModelConfiguration(path: "\(folder)/text_encoder"))
    let entries = try Checkpoint(path: "\(folder)/transformer").files.flatMap(\.header.entries)
    matrices = Dictionary(
      entries.filter { $0.key.hasSuffix(".weight") && $0.value.shape.count == 2 }.map {
        (String($0.key.dropLast(7)), $0.value.shape)
      }, uniquingKeysWith: { first, _ in first })
    transformerIsBytes = try Self.isBytes("\(folder)/transformer")
    t5IsBytes = try Self.isBytes("\(folder)/text_encoder_2")
  }

  private static func isBytes(_ folder: String) throws(CheckpointError) -> Bool {
    for file in try Checkpoint(path: folder).files
    where file.header.entries.values.contains(where: { $0.type == .int8 }) {
      return true
    }
    return false
  }

  /// One pass of the transformer for pictures of so many pixels.
  func step(height: Int, width: Int, text: Int, batch: Int = 1) -> Work {
    let (count, channels) = (transformer.doubleBlocks + transformer.singleBlocks, transformer.width)
    return .blocks(
      count, tokens: tokens(height: height, width: width, text: text), batch: batch, width: channels,
      perToken: 12 * channels * channels, attention: channels, heads: transformer.heads,
      areBytes: transformerIsBytes)
  }

  /// Inputs and outputs of all layers that an adapter changes, together.
  func sides(of adapter: LoRAShape) -> Int {
    let targets = LowRankLayers.Targets(modules: adapter.targetModules)
    return matrices.filter { targets.matches($0.key) }.reduce(0) { $0 + $1.value[0] + $1.value[1] }
  }

  /// What a picture and its prompt are to the transformer.
  func tokens(height: Int, width: Int, text: Int) -> Int {
    let side = 2 * autoencoder.spatialFactor
    return (height / side) * (width / side) + text
  }

  /// Both encoders, for one prompt.
  func encoding(text: Int) -> Work {
    let attention = t5.heads * t5.headSize
    let encoder = clip.encoder
    return .blocks(
      t5.blocks, tokens: text, width: t5.width, perToken: t5.width * (4 * attention + 3 * t5.innerWidth),
      attention: attention, heads: t5.heads, areBytes: t5IsBytes)
      + .blocks(
        encoder.layers, tokens: clip.maxPositions, width: encoder.width,
        perToken: encoder.width * (4 * encoder.width + 2 * encoder.innerWidth), attention: encoder.width,
        heads: encoder.heads)
  }

  /// The autoencoder, from latents to a picture.
  func decoding(height: Int, width: Int) -> Work { Self.decoding(autoencoder, height: height, width: width) }

  static func decoding(_ autoencoder: AutoencoderKL.Configuration, height: Int, width: Int) -> Work {
    let channels = autoencoder.blockOutChannels
    var (before, level) = (channels.last ?? 0, channels.count - 1)
    func convolution(_ from: Int, _ to: Int, size: Int = 3) -> Work {
      .convolution(from, to, height: height >> level, width: width >> level, size: size)
    }
    var work = convolution(autoencoder.latentChannels, before) + 4 * convolution(before, before)
    let pixels = (height >> level) * (width >> level)
    work =
      work
      + .blocks(
        1, tokens: pixels, width: before, perToken: 4 * before * before, attention: before,
        heads: 1)
    while level >= 0 {
      let width = channels[level]
      work = work + convolution(before, width)
      work = work + Double(2 * autoencoder.layersPerBlock + 1) * convolution(width, width)
      if before != width { work = work + convolution(before, width, size: 1) }
      before = width
      guard level > 0 else { break }
      level -= 1
      work = work + convolution(width, width)
    }
    return work + convolution(before, 3)
  }
}
