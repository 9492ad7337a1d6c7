import Checkpoints
import Foundation
import Tensors
import Testing

@testable import Layers

@Suite struct LayersTests {
  /// Opens a checkpoint that holds these tensors and hands a reader to the body.
  private func withReader<Result>(
    _ tensors: [(name: String, tensor: Tensor)], _ body: (WeightReader) throws -> Result
  ) throws -> Result {
    let path = NSTemporaryDirectory() + "layers-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var writer = SafetensorsWriter()
    for (name, tensor) in tensors { writer.add(name, tensor.values, shape: tensor.shape) }
    try writer.write(to: path)
    return try body(WeightReader(Checkpoint(path: path)))
  }

  private let matrix = Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])

  @Test func linearMultipliesAddsAndActivates() throws {
    let layer = try withReader([("a.weight", matrix), ("a.bias", Tensor([0.5, -40]))]) {
      try Linear($0.scope("a"), inputs: 3, outputs: 2)
    }
    let x = Tensor([1, 0, -1, 2, 1, 0], shape: [1, 2, 3])
    #expect(layer(x) == Tensor([-1.5, -42, 4.5, -27], shape: [1, 2, 2]))
    let activated = layer(x, then: .silu).values
    #expect(abs(activated[2] - 4.5 / (1 + exp(-4.5))) < 1e-6 && abs(activated[1]) < 1e-15)
  }

  @Test func linearWithoutBiasLeavesABiasInTheFileUnexpected() throws {
    try withReader([("weight", matrix), ("bias", Tensor([1, 2]))]) { reader in
      let layer = try Linear(reader, inputs: 3, outputs: 2, bias: false)
      #expect(layer(Tensor([1, 1, 1], shape: [1, 3])).values == [6, 15])
      let error = #expect(throws: CheckpointError.self) { try reader.finish() }
      #expect(error?.description.contains("bias") == true)
    }
  }

  @Test func callsAreComputedTogetherAndSideBySide() throws {
    let layer = try withReader([("weight", matrix), ("bias", Tensor([1, 2]))]) {
      try Linear($0, inputs: 3, outputs: 2)
    }
    let (head, tail) = (Tensor([7], shape: [1, 1]), Tensor([8, 9], shape: [1, 2]))
    let whole = Tensor([7, 8, 9], shape: [1, 3])
    #expect(Linear.results(of: [layer.on(head, tail), layer.on(whole)]) == [layer(whole), layer(whole)])
  }

  @Test func aMissingAndAMisshapenTensorAreReportedTogether() throws {
    try withReader([("weight", matrix)]) { reader in
      _ = try Linear(reader, inputs: 2, outputs: 3)
      let error = #expect(throws: CheckpointError.self) { try reader.finish() }
      let text = try #require(error?.description)
      #expect(text.contains("bias") && text.contains("[2, 3]") && text.contains("[3, 2]"), "\(text)")
    }
  }

  @Test func normsFollowTheirDefinitions() throws {
    let x = Tensor([1, 3, -1, 5], shape: [2, 2])
    let norm = try withReader([("weight", Tensor([2, 3])), ("bias", Tensor([10, 20]))]) {
      try LayerNorm($0, width: 2, epsilon: 0)
    }
    #expect(norm(x).values == [8, 23, 8, 23])
    let rms = try withReader([("weight", Tensor([2, 3]))]) { try RMSNorm($0, width: 2, epsilon: 0) }
    let expected: [Float] = [2 / sqrt(5), 9 / sqrt(5), -2 / sqrt(13), 15 / sqrt(13)]
    #expect(zip(rms(x).values, expected).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test func embeddingTakesRowsInTheOrderOfTheIDs() throws {
    let table = try withReader([("weight", matrix)]) { try Embedding($0, count: 2, width: 3) }
    #expect(table([1, 0, 1]) == Tensor([4, 5, 6, 1, 2, 3, 4, 5, 6], shape: [3, 3]))
    #expect(table.count == 2)
  }
}
