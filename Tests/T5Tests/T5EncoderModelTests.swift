import Checkpoints
import Foundation
import Tensors
import Testing

@testable import T5

@Suite struct T5EncoderModelTests {
  private static let config = """
    {"vocab_size": 9, "d_model": 6, "d_kv": 2, "d_ff": 5, "num_layers": 2, "num_heads": 2,
     "relative_attention_num_buckets": 8, "relative_attention_max_distance": 16, "feed_forward_proj": "gated-gelu"}
    """

  private typealias Tensors = [String: (values: [Float], shape: [Int])]

  /// Tensors as transformers saves them, every value following from name and place.
  private static func tensors() -> Tensors {
    var shapes: [String: [Int]] = ["shared.weight": [9, 6], "encoder.final_layer_norm.weight": [6]]
    for block in 0..<2 {
      let prefix = "encoder.block.\(block).layer"
      for name in ["q", "k", "v"] { shapes["\(prefix).0.SelfAttention.\(name).weight"] = [4, 6] }
      shapes["\(prefix).0.SelfAttention.o.weight"] = [6, 4]
      shapes["\(prefix).0.layer_norm.weight"] = [6]
      for name in ["wi_0", "wi_1"] { shapes["\(prefix).1.DenseReluDense.\(name).weight"] = [5, 6] }
      shapes["\(prefix).1.DenseReluDense.wo.weight"] = [6, 5]
      shapes["\(prefix).1.layer_norm.weight"] = [6]
    }
    shapes["encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = [8, 2]
    var tensors: Tensors = [:]
    for (name, shape) in shapes {
      let start = Float(name.utf8.reduce(0) { ($0 * 31 + Int($1)) % 997 })
      let middle: Float = name.contains("norm") ? 1 : 0
      tensors[name] = ((0..<shape.reduce(1, *)).map { middle + 0.5 * sin(start + 1.7 * Float($0)) }, shape)
    }
    return tensors
  }

  private func load(_ tensors: Tensors, config: String = T5EncoderModelTests.config) throws -> T5EncoderModel
  {
    let folder = FileManager.default.temporaryDirectory.appending(path: "t5-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data(config.utf8).write(to: URL(fileURLWithPath: "\(folder)/config.json"))
    var writer = SafetensorsWriter()
    for (name, tensor) in tensors { writer.add(name, tensor.values, shape: tensor.shape) }
    try writer.write(to: "\(folder)/model.safetensors")
    return try T5EncoderModel(folder: folder)
  }

  private func difference(_ one: Tensor, _ other: Tensor) -> Float {
    zip(one.values, other.values).map { abs($0 - $1) }.max() ?? .infinity
  }

  @Test func theTokenTableMayStandTwiceOrUnderEitherName() throws {
    let ids = [[3, 4, 1]]
    let plain = Self.tensors()
    let expected = try load(plain)(ids: ids)
    var both = plain
    both["encoder.embed_tokens.weight"] = plain["shared.weight"]
    #expect(try load(both)(ids: ids) == expected)
    both["shared.weight"] = nil
    #expect(try load(both)(ids: ids) == expected)
  }

  @Test func aDecoderIsLeftAlone() throws {
    var tensors = Self.tensors()
    tensors["decoder.block.0.layer.0.layer_norm.weight"] = ([1], [1])
    tensors["lm_head.weight"] = ([1], [1])
    #expect(throws: Never.self) { try load(tensors) }
  }

  @Test func withoutTheBlocksOutputsOnlyTheFinalNormRemains() throws {
    var tensors = Self.tensors()
    for (name, tensor) in tensors where name.hasSuffix(".o.weight") || name.hasSuffix(".wo.weight") {
      tensors[name] = (tensor.values.map { _ in 0 }, tensor.shape)
    }
    let table = try #require(tensors["shared.weight"]).values
    let gain = try #require(tensors["encoder.final_layer_norm.weight"]).values
    let x = Array(table[5 * 6..<6 * 6])
    let meanSquare: Float = x.map { $0 * $0 }.reduce(0, +) / 6
    let size = (meanSquare + 1e-6).squareRoot()
    let expected = Tensor(zip(x, gain).map { $0 / size * $1 })
    #expect(difference(try load(tensors)(ids: [[5]]), expected) < 1e-5)
  }

  @Test func paddingAttendsUnlessMasked() throws {
    let model = try load(Self.tensors())
    let short = model(ids: [[3, 4, 1]])
    let padded = [[3, 4, 1, 0, 0]]
    let masked = model(ids: padded, mask: [[1, 1, 1, 0, 0]]).slice(0..<3, axis: 1)
    #expect(difference(masked, short) < 1e-5)
    #expect(difference(model(ids: padded).slice(0..<3, axis: 1), short) > 1e-3)
  }

  @Test func anotherFeedForwardIsRefused() throws {
    for (value, found) in [("\"relu\"", "relu"), ("\"gated-silu\"", "gated-silu")] {
      let config = Self.config.replacing("\"gated-gelu\"", with: value)
      let error = try #require(throws: CheckpointError.self) { try load(Self.tensors(), config: config) }
      #expect(
        error.description.contains("feed_forward_proj") && error.description.contains(found), "\(error)")
    }
    let absent = Self.config.replacing(", \"feed_forward_proj\": \"gated-gelu\"", with: "")
    #expect(throws: CheckpointError.self) { try load(Self.tensors(), config: absent) }
  }

  @Test func missingTensorsAreNamed() throws {
    var tensors = Self.tensors()
    tensors["encoder.block.1.layer.1.DenseReluDense.wi_1.weight"] = nil
    let error = try #require(throws: CheckpointError.self) { try load(tensors) }
    #expect(error.description.contains("encoder.block.1.layer.1.DenseReluDense.wi_1.weight [5, 6]"))
  }
}
