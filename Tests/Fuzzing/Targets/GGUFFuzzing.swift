import Checkpoints
import Foundation

/// A FLUX transformer in a GGUF file: its head, the names of its tensors, and all of them written out.
enum GGUFFuzzing: FuzzTarget {
  private static let file = FuzzFile(named: "model.gguf")
  private static let folder = (file.path as NSString).deletingLastPathComponent

  static func run(_ bytes: [UInt8]) {
    file.write(bytes)
    do {
      let transformer = try GGUFTransformer(path: file.path)
      require(transformer.byteCount <= bytes.count * bytes.count, "tensors lie within the file")
      try transformer.write(to: folder)
      _ = try Checkpoint(path: "\(folder)/diffusion_pytorch_model.safetensors")
    } catch let error as CheckpointError {
      SafetensorsFuzzing.check(error)
    } catch { require(false, "\(error) is a refusal of the parser") }
  }

  static func mutate(_ bytes: [UInt8], with random: inout Random) -> [UInt8] {
    guard bytes.count > 16 else { return bytes }
    var bytes = bytes
    switch random.below(3) {
    case 0:
      // A number of the head: counts, lengths, shapes, types and offsets.
      let number = random.pick(numbers)
      let width = random.pick([4, 8])
      let place = random.below(bytes.count - width)
      for index in 0..<width { bytes[place + index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
    case 1:
      // A name in the place of another.
      let word = Array(random.pick(words).utf8)
      let place = random.below(bytes.count)
      let length = (0..<8).map { UInt8(truncatingIfNeeded: word.count >> (8 * $0)) }
      bytes.replaceSubrange(place..<min(bytes.count, place + random.below(48)), with: length + word)
    default:
      // A stretch twice, or not at all.
      let first = random.below(bytes.count)
      let stretch = Array(bytes[first..<min(bytes.count, first + 1 + random.below(64))])
      if random.below(2) == 0 {
        bytes.insert(contentsOf: stretch, at: random.below(bytes.count))
      } else {
        bytes.removeSubrange(first..<first + stretch.count)
      }
    }
    return bytes
  }

  private static let numbers: [UInt64] = [
    0, 1, 2, 3, 4, 8, 30, 31, 32, 33, 34, 1 << 20, 1 << 31, 1 << 32, 1 << 47, 1 << 48, 1 << 62, 1 << 63, .max,
  ]

  private static let words = [
    "double_blocks.0.img_attn.qkv.weight", "double_blocks.0.img_attn.qkv.bias", "img_in.weight",
    "img_in.bias",
    "double_blocks.0.img_attn.norm.query_norm.scale", "single_blocks.1.linear1.weight", "general.alignment",
    "single_blocks.1.linear1.bias", "final_layer.adaLN_modulation.1.weight",
    "model.diffusion_model.txt_in.weight",
  ]
}
