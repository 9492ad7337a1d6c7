import CLIP
import Checkpoints
import FLUX
import Foundation
import T5
import Tensors

/// Bytes that rest in a checkpoint.
struct RestingWeights {
  private(set) var bytes = 0
  /// Of the largest weight that is widened to float32 for its product.
  private(set) var widened = 0
  /// Of what small matrices are kept as besides: float32, and panels.
  private(set) var prepared = 0
  var scratch: Int { widened + prepared }

  /// - Throws: `CheckpointError`; only headers are read.
  init(_ path: String) throws(CheckpointError) {
    for file in try Checkpoint(path: path).files {
      for entry in file.header.entries.values {
        bytes += entry.bytes.count
        guard entry.shape.count == 2 else { continue }
        let (floats, isNarrow) = (4 * entry.elementCount, entry.bytes.count < 4 * entry.elementCount)
        if entry.elementCount <= Weight.widenedLimit {
          prepared += isNarrow ? 2 * floats : floats
        } else if isNarrow {
          widened = max(widened, floats)
        }
      }
    }
  }
}

/// What a FLUX pipeline takes: formulas over the sizes in its configuration files, fitted to measured peaks.
///
/// `Tests/EndToEndTests/MemoryTests.swift` compares them, for drawing, with what processes took.
struct FluxMemory {
  let folder: String
  private let transformer: FluxTransformer2DModel.Configuration
  private let autoencoder: AutoencoderKL.Configuration
  private let t5: T5Configuration
  /// Without a text encoder that is let go.
  private(set) var weights = 0
  /// What is kept of the transformer's small matrices besides.
  private(set) var transformerPanels = 0
  /// Of a text encoder that is let go once it has encoded the prompts; 0 for a small one, which stays.
  private var passingWeights = 0
  private(set) var scratch = 0
  /// Pixels of a side, and tokens of a prompt, when the job names none.
  let defaultSize: Int
  let defaultText: Int

  init(folder: String) throws(CheckpointError) {
    self.folder = folder
    transformer = try .init(ModelConfiguration(path: "\(folder)/transformer"))
    let vae = try ModelConfiguration(path: "\(folder)/vae")
    autoencoder = try .init(vae)
    defaultSize = try vae.optionalInteger("sample_size", in: 1...4096) ?? 1024
    let tokenizer = try? String(
      contentsOfFile: "\(folder)/tokenizer_2/tokenizer_config.json", encoding: .utf8)
    let length = tokenizer.flatMap {
      try? ModelConfiguration(text: $0, path: folder).optionalInteger("model_max_length", in: 1...1 << 30)
    }
    defaultText = min(FluxPipeline.maxSequenceLength, length ?? FluxPipeline.maxSequenceLength)
    t5 = try T5Configuration(ModelConfiguration(path: "\(folder)/text_encoder_2"))
    var (widened, prepared) = (0, 0)
    for part in ["transformer", "vae", "text_encoder", "text_encoder_2"] {
      let resting = try RestingWeights("\(folder)/\(part)")
      let passes = part == "text_encoder_2" && resting.bytes > FluxPipeline.largeTextEncoder
      if passes { passingWeights = resting.bytes } else { weights += resting.bytes }
      (widened, prepared) = (max(widened, resting.widened), prepared + resting.prepared)
      if part == "transformer" { transformerPanels = resting.prepared }
    }
    scratch = widened + prepared
  }

  /// Tokens of pictures and their prompts together.
  private func tokens(_ height: Int, _ width: Int, _ text: Int, batch: Int) -> Int {
    let side = 2 * autoencoder.spatialFactor
    return batch * ((height / side) * (width / side) + text)
  }

  /// Drawing: the transformer at a step, the autoencoder or the text encoder, whichever takes most.
  func drawing(height: Int, width: Int, text: Int, batch: Int) -> Int {
    max(
      44 * tokens(height, width, text, batch: batch) * transformer.width,
      batch * decoding(height, width), encoding(text: text))
  }

  /// A step of training adapters: what the tape keeps, with the blocks that are computed again.
  func training(height: Int, width: Int, text: Int, batch: Int, isCheckpointed: Bool) -> Int {
    let (all, double) = activations(tokens: tokens(height, width, text, batch: batch))
    let kept = isCheckpointed ? min(all, TapeMemory.allowance + double) : all
    return max(kept + 2 * double, drawing(height: height, width: width, text: text, batch: 1))
  }

  /// The part of the blocks that such a step computes a second time.
  func recomputedShare(height: Int, width: Int, text: Int, batch: Int) -> Double {
    let (all, _) = activations(tokens: tokens(height, width, text, batch: batch))
    return max(0, 1 - Double(TapeMemory.allowance) / Double(all))
  }

  /// What the tape would keep of all blocks, and of one double block.
  private func activations(tokens: Int) -> (all: Int, double: Int) {
    let row = 4 * tokens * transformer.width
    let (single, double) = (7 * row, 9 * row)
    return (transformer.singleBlocks * single + transformer.doubleBlocks * double, double)
  }

  /// The largest level of the autoencoder: what enters a block, and two maps within it.
  private func decoding(_ height: Int, _ width: Int) -> Int {
    let channels = autoencoder.blockOutChannels
    let levels = channels.indices.map { level in
      let pixels = (height >> level) * (width >> level)
      let entering = level + 1 < channels.count ? channels[level + 1] : channels[level]
      return 4 * pixels * (entering + 2 * channels[level])
    }
    let columns = min(20 << 20, 4 * 36 * 256 * 2 * (channels.max() ?? 0))
    return (levels.max() ?? 0) + 30 * height * width + 2 * columns
  }

  /// What encoding takes before the rest begins; 0 where the encoder stays.
  func before(text: Int) -> Int { passingWeights > 0 ? passingWeights + encoding(text: text) : 0 }

  private func encoding(text: Int) -> Int {
    4 * text * (4 * t5.width + 3 * t5.innerWidth) + 4 * t5.heads * text * text
  }
}

/// What a tape keeps of blocks that could be computed again.
enum TapeMemory {
  static let allowance = 256 << 20
}

/// What CLIP with both towers takes.
struct CLIPMemory {
  let folder: String
  private let configuration: CLIPConfiguration
  let weights: Int
  let scratch: Int

  init(folder: String) throws(CheckpointError) {
    self.folder = folder
    configuration = try CLIPConfiguration(ModelConfiguration(path: folder))
    let resting = try RestingWeights(folder)
    (weights, scratch) = (resting.bytes, resting.scratch)
  }

  private var patches: Int {
    let side = configuration.vision.imageSize / configuration.vision.patchSize
    return side * side + 1
  }

  /// Scores of pictures, so many at a time.
  func scoring(images: Int) -> Int {
    let (vision, text) = (configuration.vision.encoder, configuration.text.encoder)
    func layer(_ tokens: Int, _ tower: CLIPEncoderConfiguration) -> Int {
      4 * tokens * (3 * tower.width + max(3 * tower.width, tower.innerWidth))
    }
    let side = configuration.vision.imageSize
    return max(
      layer(images * patches, vision) + 4 * 3 * images * side * side,
      layer(configuration.text.maxPositions, text))
  }

  /// A step of training all of it on so many tuples.
  func training(batch: Int) -> Int {
    let rows = [
      (2 * batch * patches, configuration.vision.encoder),
      (3 * batch * configuration.text.maxPositions, configuration.text.encoder),
    ].map { tokens, tower in (row: 4 * tokens * tower.width, layers: tower.layers) }
    let all = rows.reduce(0) { $0 + 9 * $1.row * $1.layers }
    let block = 9 * (rows.map(\.row).max() ?? 0)
    return max(min(all, TapeMemory.allowance + block) + 2 * block, scoring(images: 64))
  }

  /// Value, gradient, two moments, the best so far and what a checkpoint is written from.
  static let trainingCopies = 6
}
