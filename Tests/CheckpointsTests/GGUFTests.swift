import Foundation
import GGUFWriting
import Tensors
import Testing

@testable import Checkpoints

@Suite struct GGUFTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "gguf-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  private func remove() { try? FileManager.default.removeItem(at: folder) }

  private typealias Writer = GGUFWriter

  private func write(_ writer: Writer, _ change: (inout [UInt8]) -> Void = { _ in }) throws -> String {
    var bytes = writer.content
    change(&bytes)
    let path = folder.appending(path: "model.gguf").path
    try Data(bytes).write(to: URL(filePath: path))
    return path
  }

  private static func numbers(_ count: Int, _ start: Int = 0) -> [Float] {
    (0..<count).map { Float(start + $0) }
  }

  /// Blocks with the scale 0.5 and the bytes of a running number.
  private static func blocks(_ count: Int) -> (bytes: [UInt8], values: [Float]) {
    var (bytes, values) = ([UInt8](), [Float]())
    for block in 0..<count {
      bytes += Writer.bytes(UInt16(0x3800))
      for index in 0..<32 {
        let value = Int8(truncatingIfNeeded: block * 37 + index * 11)
        bytes.append(UInt8(bitPattern: value))
        values.append(0.5 * Float(value))
      }
    }
    return (bytes, values)
  }

  @Test func aTransformerIsTakenApartAndIsTheSameNumbers() throws {
    defer { remove() }
    let (qkv, values) = Self.blocks(3 * 32)
    var writer = Writer()
    writer.facts = [
      ("general.architecture", 8, Writer.text("flux")), ("general.alignment", 4, Writer.bytes(UInt32(32))),
      ("a.list", 9, Writer.bytes(UInt32(8)) + Writer.bytes(UInt64(2)) + Writer.text("x") + Writer.text("y")),
    ]
    writer.tensors = [
      ("double_blocks.3.img_attn.qkv.weight", [96, 32], 8, qkv),
      ("double_blocks.3.img_attn.qkv.bias", [96], 0, Writer.floats(Self.numbers(96))),
      ("double_blocks.3.img_attn.norm.query_norm.scale", [4], 0, Writer.floats([1, 2, 3, 4])),
      ("final_layer.adaLN_modulation.1.weight", [4, 2], 0, Writer.floats(Self.numbers(8))),
      ("final_layer.adaLN_modulation.1.bias", [4], 30, [0x80, 0x3F, 0, 0x40, 0x40, 0x40, 0x80, 0x40]),
      ("single_blocks.0.linear1.weight", [7, 2], 1, (0..<14).flatMap { Writer.bytes(UInt16(0x3C00 + $0)) }),
      ("single_blocks.0.linear1.bias", [7], 0, Writer.floats(Self.numbers(7))),
    ]
    try GGUFTransformer(path: write(writer)).write(to: folder.path)
    let file = "\(folder.path)/diffusion_pytorch_model.safetensors"
    let reader = try WeightReader(Checkpoint(path: file))
    let block = reader.scope("transformer_blocks", 3).scope("attn")
    for (index, name) in ["to_q", "to_k", "to_v"].enumerated() {
      let weight = try block.weight("\(name).weight", shape: [32, 32])
      #expect(weight.format == .int8)
      #expect(
        weight.tensor().withValues { Array($0) } == Array(values[index * 1024..<(index + 1) * 1024]),
        "\(name)")
      let bias = try block.tensor("\(name).bias", shape: [32])
      #expect(bias.withValues { Array($0) } == Self.numbers(32, index * 32))
    }
    #expect(try block.tensor("norm_q.weight", shape: [4]).withValues { Array($0) } == [1, 2, 3, 4])
    // Shift and scale change places.
    #expect(
      try reader.tensor("norm_out.linear.weight", shape: [4, 2]).withValues { Array($0) } == [
        4, 5, 6, 7, 0, 1, 2, 3,
      ])
    #expect(try reader.tensor("norm_out.linear.bias", shape: [4]).withValues { Array($0) } == [3, 4, 1, 2])
    let single = reader.scope("single_transformer_blocks", 0)
    for (index, name) in ["to_q", "to_k", "to_v"].enumerated() {
      let layer = single.scope("attn").scope(name)
      let halves = (0..<4).map { Float(Float16(bitPattern: UInt16(0x3C00 + 4 * index + $0))) }
      #expect(try layer.tensor("weight", shape: [2, 2]).withValues { Array($0) } == halves)
      #expect(try layer.tensor("bias", shape: [2]).withValues { Array($0) } == Self.numbers(2, 2 * index))
    }
    #expect(try single.scope("proj_mlp").tensor("bias", shape: [1]).withValues { Array($0) } == [6])
    _ = try single.scope("proj_mlp").weight("weight", shape: [1, 2])
    try reader.finish()
  }

  @Test func halvesAreReadAsTheyAre() {
    for (bits, value) in [
      (0x0000, 0), (0x8000, -0.0), (0x3C00, 1), (0xC000, -2), (0x0001, 0x1p-24), (0x03FF, 0x1.FF8p-15),
      (0x7BFF, 65504),
      (0x0400, 0x1p-14),
    ] as [(Int, Float)] {
      #expect(Float(halfBits: UInt16(bits)) == value)
    }
    #expect(Float(halfBits: 0x7C00) == .infinity && Float(halfBits: 0x7E00).isNaN)
  }

  @Test func whatIsNoSuchFileIsNamed() throws {
    defer { remove() }
    var writer = Writer()
    writer.tensors = [("img_in.weight", [2, 2], 0, Writer.floats([1, 2, 3, 4]))]
    func message(_ writer: Writer, _ change: (inout [UInt8]) -> Void = { _ in }) throws -> String {
      let path = try write(writer, change)
      return "\(try #require(throws: CheckpointError.self) { try GGUFTransformer(path: path) })"
    }
    #expect(try message(writer) { $0[0] = 0 }.contains("is no GGUF file"))
    #expect(try message(writer) { $0[4] = 9 }.contains("another version"))
    #expect(try message(writer) { $0 = Array($0.prefix(40)) }.contains("cut short"))
    #expect(try message(writer) { $0 = Array($0.dropLast(20)) }.contains("does not lie within the file"))
    var other = writer
    other.tensors[0].type = 12
    #expect(
      try message(other).contains("quantized otherwise (img_in.weight)") && message(other).contains("12"))
    other = writer
    other.tensors[0].name = "token_embd.weight"
    #expect(try message(other).contains("no part of a FLUX transformer (token_embd.weight)"))
    other = writer
    other.facts = [("x", 77, [])]
    #expect(try message(other).contains("unknown type 77"))
    other = writer
    other.tensors[0].shape = [1 << 40, 0]
    #expect(try message(other).contains("impossible shape"))
  }

  @Test func damagedHeadsNeverTrap() throws {
    defer { remove() }
    var writer = Writer()
    writer.facts = [("a", 9, Writer.bytes(UInt32(4)) + Writer.bytes(UInt64(1)) + Writer.bytes(UInt32(5)))]
    writer.tensors = [("img_in.weight", [2, 2], 0, Writer.floats([1, 2, 3, 4]))]
    let content = writer.content
    let path = folder.appending(path: "model.gguf")
    for index in 0..<content.count {
      for value in [0, 0x7F, 0x80, 0xFF] as [UInt8] {
        var bytes = content
        bytes[index] = value
        try Data(bytes).write(to: path)
        _ = try? GGUFTransformer(path: path.path)
      }
    }
    for length in 0..<content.count {
      try Data(content.prefix(length)).write(to: path)
      _ = try? GGUFTransformer(path: path.path)
    }
  }
}
