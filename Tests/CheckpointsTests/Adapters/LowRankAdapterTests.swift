import Foundation
import Tensors
import Testing

@testable import Checkpoints

@Suite("LoRA files")
struct LowRankAdapterTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ tensors: [(String, [Float], [Int])], metadata: [String: String] = [:]) throws
    -> LowRankAdapter
  {
    var writer = SafetensorsWriter(metadata: metadata)
    for (name, values, shape) in tensors { writer.add(name, values, shape: shape) }
    try writer.write(to: folder.path + "/pytorch_lora_weights.safetensors")
    return try LowRankAdapter(path: folder.path)
  }

  private let pair: [(String, [Float], [Int])] = [
    ("transformer.x.to_q.lora_A.weight", [1, 2, 3], [1, 3]),
    ("transformer.x.to_q.lora_B.weight", [10, 20], [2, 1]),
  ]

  @Test("add strength · α/r · B A to the weight they name, and leave others alone")
  func merging() throws {
    let base = Weight(Tensor(repeating: 1, shape: [2, 3]))
    let plain = AppliedAdapter(try write(pair), strength: 0.5)
    #expect(plain.merged("x.to_q", into: base)?.tensor().values == [6, 11, 16, 11, 21, 31])
    #expect(plain.merged("x.to_k", into: base)?.tensor().values == base.tensor().values)
    #expect(plain.merged("x.to_q", into: Weight(Tensor(repeating: 1, shape: [3, 3]))) == nil)
    let alpha = AppliedAdapter(try write(pair + [("transformer.x.to_q.alpha", [2], [])]), strength: 0.5)
    #expect(alpha.merged("x.to_q", into: base)?.tensor().values == [11, 21, 31, 21, 41, 61])
    let metadata = ["lora_adapter_metadata": #"{"transformer.r": 1, "transformer.lora_alpha": 4}"#]
    let described = AppliedAdapter(try write(pair, metadata: metadata), strength: 0.25)
    #expect(described.merged("x.to_q", into: base)?.tensor().values == [11, 21, 31, 21, 41, 61])
  }

  @Test("are refused by key when something belongs to no pair or does not fit")
  func refusals() throws {
    #expect { try write([pair[0]]) } throws: { "\($0)".contains("transformer.x.to_q") }
    #expect { try write(pair + [("lora_unet_x.lora_down.weight", [1], [1])]) } throws: {
      "\($0)".contains("lora_unet_x.lora_down.weight")
    }
    #expect { try write([pair[0], (pair[1].0, [1, 2, 3, 4], [2, 2])]) } throws: {
      "\($0)".contains("does not have the rank")
    }
  }

  @Test("that name layers the model has not are an error of the whole reading")
  func strangers() throws {
    let adapter = AppliedAdapter(try write(pair), strength: 1)
    var writer = SafetensorsWriter()
    writer.add("y.weight", [1, 2], shape: [1, 2])
    let model = try TemporaryFolder()
    try writer.write(to: model.path + "/model.safetensors")
    let reader = try WeightReader(Checkpoint(path: model.path), adapter: adapter)
    _ = try reader.weight("y.weight", shape: [1, 2])
    #expect { try reader.finish() } throws: { "\($0)".contains("x.to_q") }
  }
}
