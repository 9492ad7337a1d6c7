import Foundation
import Tensors
import Testing

@testable import Checkpoints

@Suite struct Int8QuantizationTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "int8-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  private func remove() { try? FileManager.default.removeItem(at: folder) }

  private static func numbers(_ count: Int) -> [Float] {
    (0..<count).map { sin(Float($0) * 1.7) * (1 + Float($0 % 13)) }
  }

  @Test(arguments: [1, 3, 12])
  func noValueIsOffByMoreThanHalfAScale(group: Int) {
    let row = Self.numbers(12)
    let (bytes, scales) = Int8Quantization.quantized(row[...], group: group)
    #expect(scales.count == 12 / group && bytes.allSatisfy { $0 >= -127 })
    for (index, value) in row.enumerated() {
      let scale = scales[index / group]
      // Float32 rounds the quotient and the product.
      #expect(abs(Float(bytes[index]) * scale - value) <= scale * 0.5001)
    }
  }

  @Test func zerosAndTheSmallestNumbersHaveNoScaleToDivideBy() {
    let (bytes, scales) = Int8Quantization.quantized(
      [0, 0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude], group: 2)
    #expect(scales[0] == 0 && bytes[0] == 0 && bytes[1] == 0)
    #expect(bytes.count == 4 && scales[1].isFinite)
  }

  private func write(_ shapes: [String: [Int]]) throws -> String {
    var writer = SafetensorsWriter()
    for (name, shape) in shapes { writer.add(name, Self.numbers(shape.reduce(1, *)), shape: shape) }
    let path = folder.appending(path: "model.safetensors").path
    try writer.write(to: path)
    return path
  }

  @Test(arguments: [nil, 4, 5])
  func whatIsWrittenIsReadAsTheScaledBytes(group: Int?) throws {
    defer { remove() }
    let path = try write(["a.weight": [6, 20], "a.bias": [6], "b.weight": [3, 20], "c.weight": [2, 3, 2]])
    let target = folder.appending(path: "out")
    try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
    #expect(
      try Int8Quantization.convert(path, to: target.path, groupSize: group) { $0 == "a.weight" }.map(\.name)
        == ["a.weight"])
    let reader = try WeightReader(Checkpoint(path: target.path))
    let (weight, kept) = (
      try reader.weight("a.weight", shape: [6, 20]), try reader.weight("b.weight", shape: [3, 20])
    )
    _ = try (reader.weight("a.bias", shape: [6]), reader.weight("c.weight", shape: [2, 3, 2]))
    try reader.finish()
    #expect(weight.format == .int8 && kept.format == .float32)
    let values = Self.numbers(120)
    let size = group.flatMap { 20 % $0 == 0 ? $0 : nil } ?? 20
    let expected = stride(from: 0, to: 120, by: 20).flatMap { start in
      let (bytes, scales) = Int8Quantization.quantized(values[start..<start + 20], group: size)
      return bytes.indices.map { Float(bytes[$0]) * scales[$0 / size] }
    }
    #expect(weight.tensor().withValues { Array($0) } == expected)
    #expect(weight.rows([4, 1]).withValues { Array($0) } == Array(expected[80..<100] + expected[20..<40]))
    // Products, for few rows and for many, are those with the values that the bytes stand for.
    for rows in [1, 4, 9] {
      let x = Tensor(Self.numbers(20 * rows), shape: [rows, 20])
      let whole = Weight(Tensor(expected, shape: [6, 20]))
      let (ours, theirs) = (LinearProduct([x], weight).result, LinearProduct([x], whole).result)
      let largest = zip(ours.withValues { Array($0) }, theirs.withValues { Array($0) }).reduce(Float(0)) {
        max($0, abs($1.0 - $1.1))
      }
      // Sums of twenty products of numbers up to a hundred, in another order.
      #expect(largest < 1e-3, "\(rows) rows")
    }
  }

  @Test func scalesThatAreMissingOrDoNotFitAreNamed() throws {
    defer { remove() }
    func message(_ change: (inout [UInt8]) -> Void) throws -> String {
      let path = try write(["a.weight": [6, 20]])
      let target = folder.appending(path: "out-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
      _ = try Int8Quantization.convert(path, to: target.path, groupSize: nil) { _ in true }
      let file = target.appending(path: "model.safetensors")
      var bytes = [UInt8](try Data(contentsOf: file))
      change(&bytes)
      try Data(bytes).write(to: file)
      let error = try #require(throws: CheckpointError.self) {
        let reader = try WeightReader(Checkpoint(path: target.path))
        _ = try reader.weight("a.weight", shape: [6, 20])
        try reader.finish()
      }
      return "\(error)"
    }
    func replace(_ old: String, _ new: String, in bytes: inout [UInt8]) {
      let place = bytes.firstRange(of: Array(old.utf8))!
      bytes.replaceSubrange(place, with: Array(new.utf8))
    }
    #expect(
      try message { replace("a.weight_scale", "a.weight_scalf", in: &$0) }.contains(
        "a.weight_scale, the scales of a.weight"))
    #expect(try message { replace("\"shape\":[6],", "\"shape\":[3,2]", in: &$0) }.isEmpty == false)
  }

  @Test func valuesThatAreNotFiniteAreNamedAndNothingIsLeft() throws {
    defer { remove() }
    var writer = SafetensorsWriter()
    writer.add("a.weight", [1, .nan, 2, 3], shape: [2, 2])
    let path = folder.appending(path: "model.safetensors").path
    try writer.write(to: path)
    let target = folder.appending(path: "out")
    try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
    let error = try #require(throws: CheckpointError.self) {
      try Int8Quantization.convert(path, to: target.path, groupSize: nil) { _ in true }
    }
    #expect("\(error)".contains("a.weight") && "\(error)".contains("not finite"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: target.path).isEmpty)
  }
}
