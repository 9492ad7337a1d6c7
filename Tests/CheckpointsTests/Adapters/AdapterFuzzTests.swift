import Testing

@testable import Checkpoints

/// Damaged key names give an error or a sound adapter; no tensor is ever passed over.
@Suite struct AdapterFuzzTests {
  /// A small generator of its own, so that a failing round can be repeated.
  private struct Stream {
    var state: UInt64
    mutating func next(below bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
  }

  private static let fragments: [String] = [
    ".", "_", "0", "00", "7", "#", "^", "é", "\u{301}", "lora_", "lora_A", "lora_B", ".weight", ".alpha",
    "attn", "qkv",
    "transformer.", "base_model.model.", "lora_unet_", "diffusion_model.", "double_blocks", "single_blocks",
    "processor", ".down.weight", ".lora_up.weight",
  ]

  /// A key with pieces cut out, put in or doubled.
  private func damaged(_ key: String, _ stream: inout Stream) -> String {
    var scalars = Array(key.unicodeScalars)
    for _ in 0...stream.next(below: 3) {
      let start = stream.next(below: scalars.count + 1)
      let end = min(scalars.count, start + stream.next(below: 6))
      let fragment = Self.fragments[stream.next(below: Self.fragments.count)].unicodeScalars
      switch stream.next(below: 3) {
      case 0: scalars.removeSubrange(start..<end)
      case 1: scalars.insert(contentsOf: fragment, at: start)
      default: scalars.replaceSubrange(start..<end, with: fragment)
      }
    }
    var text = ""
    text.unicodeScalars.append(contentsOf: scalars)
    return text
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func keysAreUnderstoodWhollyOrNotAtAll(seed: UInt64) {
    var stream = Stream(state: seed)
    for module in AdapterLayoutTests.cases {
      for key in [module.down, module.up] {
        for _ in 0..<50 {
          let text = damaged(key, &stream)
          guard let read = AdapterKey(text) else { continue }
          let suffix =
            read.part == .alpha
            ? ".alpha" : read.part == .down ? read.factorNames?.down : read.factorNames?.up
          #expect(read.module + (suffix ?? "") == text)
          #expect(read.module.hasSuffix(read.name))
          #expect(!read.target.layers.isEmpty && !read.target.layers.contains(""))
        }
      }
    }
  }

  /// A file with one damaged key is refused, or the key now means a layer of its own.
  @Test(arguments: 0..<4 as Range<UInt64>)
  func filesAreRefusedOrReadInFull(seed: UInt64) throws {
    let folder = try TemporaryFolder()
    var stream = Stream(state: seed &+ 1000)
    for module in AdapterLayoutTests.cases where !module.down.hasPrefix("base_model") {
      let pair = AdapterSample.pair(module.down, module.up, outputs: module.outputs)
      for place in 0..<2 {
        var tensors = pair
        tensors[place].name = damaged(tensors[place].name, &stream)
        guard Set(tensors.map(\.name)).count == 2, tensors[place].name != pair[place].name else { continue }
        // A half with another name has lost its other half.
        #expect(try !AdapterSample(tensors: tensors).complaint(in: folder).isEmpty, "\(tensors[place].name)")
      }
    }
  }
}
