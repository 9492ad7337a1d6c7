import Foundation
import Tensors
import Testing

@testable import Checkpoints

@Suite struct LowRankAdapterWritingTests {
  private let folder: TemporaryFolder
  private var path: String { "\(folder.path)/\(LowRankAdapter.fileName)" }

  init() throws { folder = try TemporaryFolder() }

  private func update(_ first: Float, rank: Int = 1, alpha: Float) -> LowRankAdapter.Update {
    let numbers = (0..<rank * 4).map { first + Float($0) }
    return .init(a: Tensor(numbers, shape: [rank, 4]), b: Tensor(numbers, shape: [4, rank]), alpha: alpha)
  }

  private func equal(_ one: LowRankAdapter, _ other: LowRankAdapter) -> Bool {
    one.layers == other.layers
      && one.layers.allSatisfy { layer in
        guard let a = one.updates[layer], let b = other.updates[layer] else { return false }
        return a.a == b.a && a.b == b.b && a.alpha == b.alpha
      }
  }

  @Test func readsBackWhatItWrote() throws {
    let adapter = LowRankAdapter(
      path: "memory",
      updates: [
        "proj_out": update(0.1, alpha: 16),
        "single_transformer_blocks.0.proj_out": update(2, rank: 2, alpha: 0.1),
        "single_transformer_blocks.1.proj_out": update(-3, rank: 2, alpha: 1e-7),
        "transformer_blocks.0.attn.to_q": update(4, rank: 3, alpha: 0.1),
      ])
    try adapter.write(to: path)
    #expect(equal(try LowRankAdapter(path: folder.path), adapter))
    #expect(folder.names == [LowRankAdapter.fileName])
  }

  @Test func writesDiffusersKeysAndNoSettingsWhereAlphaIsTheRank() throws {
    let adapter = LowRankAdapter(
      path: "", updates: ["b": update(1, alpha: 1), "a": update(2, rank: 2, alpha: 2)])
    try adapter.write(to: path)
    let file = try SafetensorsFile(path: path)
    #expect(
      file.header.entries.values.sorted { $0.bytes.lowerBound < $1.bytes.lowerBound }.map(\.name) == [
        "transformer.a.lora_A.weight", "transformer.a.lora_B.weight", "transformer.b.lora_A.weight",
        "transformer.b.lora_B.weight",
      ])
    #expect(file.header.metadata == ["format": "pt"])
    #expect(equal(try LowRankAdapter(path: path), adapter))
  }

  /// The text that Python's `json.dumps(settings, indent=2, sort_keys=True)` gives, as diffusers calls it.
  @Test func writesSettingsAsPythonPrintsThem() throws {
    let adapter = LowRankAdapter(
      path: "",
      updates: [
        "x.to_k": update(1, alpha: 8), "x.to_q": update(1, alpha: 8),
        "x.to_v": update(1, rank: 2, alpha: 0.5),
      ])
    try adapter.write(to: path)
    #expect(
      try SafetensorsFile(path: path).header.metadata["lora_adapter_metadata"] == """
        {
          "transformer.alpha_pattern": {
            "^x.to_v": 0.5
          },
          "transformer.lora_alpha": 8,
          "transformer.r": 1,
          "transformer.rank_pattern": {
            "^x.to_v": 2
          },
          "transformer.target_modules": [
            "x.to_k",
            "x.to_q",
            "x.to_v"
          ]
        }
        """)
  }

  @Test func givesTheSameBytesForTheSameAdapter() throws {
    let layers = (0..<40).map { "transformer_blocks.\($0).attn.to_q" }
    var contents: Set<Data> = []
    for order in [layers, layers.reversed(), layers.shuffled()] {
      var updates: [String: LowRankAdapter.Update] = [:]
      for layer in order {
        let number = Float(layer.utf8.reduce(0) { $0 + Int($1) })
        updates[layer] = update(number, rank: layer.utf8.count % 3 + 1, alpha: number)
      }
      try LowRankAdapter(path: "", updates: updates).write(to: path)
      contents.insert(try Data(contentsOf: URL(filePath: path)))
    }
    #expect(contents.count == 1)
  }

  @Test func roundsToBfloat16WhenTold() throws {
    let adapter = LowRankAdapter(path: "", updates: ["a": update(1.001, alpha: 1)])
    try adapter.write(to: path, as: .bfloat16)
    #expect(try SafetensorsFile(path: path).entry("transformer.a.lora_A.weight").type == .bfloat16)
    // 1.001 lies between 1 and 1.0078125, the next number with eight significant bits.
    #expect(try LowRankAdapter(path: path).updates["a"]?.a.values == [1, 2, 3, 4])
  }

  @Test func leavesNothingBehindWhenItCannotWrite() throws {
    let adapter = LowRankAdapter(path: "", updates: ["a": update(1, alpha: 1)])
    #expect { try adapter.write(to: "\(folder.path)/none/x.safetensors") } throws: {
      "\($0)".contains("cannot be created")
    }
    #expect(folder.names.isEmpty)
  }
}
