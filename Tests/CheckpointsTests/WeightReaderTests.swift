import Testing

@testable import Checkpoints

@Suite struct WeightReaderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func reader(
    _ shapes: KeyValuePairs<String, [Int]>, ignoring: [KeyPattern] = [], renaming: ((String) -> String)? = nil
  ) throws -> WeightReader {
    var writer = SafetensorsWriter()
    for (key, shape) in shapes {
      writer.add(key, .init(repeating: 1, count: shape.reduce(1, *)), shape: shape)
    }
    try writer.write(to: folder.path + "/model.safetensors")
    return try WeightReader(Checkpoint(path: folder.path), ignoring: ignoring, renaming: renaming)
  }

  @Test func givesTensorsByScopedNames() throws {
    let reader = try reader(["blocks.0.attn.weight": [2, 3], "blocks.1.attn.weight": [3], "norm": [1]])
    #expect(try reader.scope("blocks", 0).scope("attn").weight("weight", shape: [2, 3]).shape == [2, 3])
    let second = reader.scope("blocks").scope("1").scope("attn")
    #expect(second.contains("weight") && !second.contains("bias"))
    #expect(try second.weight("weight", shape: [3]).shape == [3])
    _ = try reader.weight("norm", shape: [1])
    try reader.finish()
  }

  @Test func reportsEverythingInOneError() throws {
    let reader = try reader(["a": [2, 3], "b": [4], "c": [1], "d": [1]])
    _ = try reader.weight("c", shape: [1])
    let standIn = try reader.weight("a", shape: [3, 2])
    #expect(standIn.shape == [3, 2] && standIn.tensor().values.allSatisfy { $0 == 0 })
    _ = try reader.scope("x").weight("y", shape: [5])
    let error = #expect(throws: CheckpointError.self) { try reader.finish() }
    #expect(
      error?.description == "\(folder.path): the tensors do not fit the model: 1 missing (x.y [5]); "
        + "1 misshapen (a is [2, 3], expected [3, 2]); 2 unexpected (b, d)"
        + ". Check that config.json and the weights belong to the same model")
  }

  @Test func shortensLongListsButCountsThem() throws {
    let reader = try reader(["a": [1]])
    _ = try reader.weight("a", shape: [1])
    for index in 0..<60 { _ = try reader.weight("m\(index)", shape: [1]) }
    let text = #expect(throws: CheckpointError.self) { try reader.finish() }?.description ?? ""
    #expect(
      text.contains("60 missing (m0 [1], ") && text.contains("m49 [1] and 10 more)") && !text.contains("m50"))
  }

  @Test func leavesIgnoredTensorsAndFollowsRenames() throws {
    let reader = try reader(
      ["text.embeddings.position_ids": [7], "text.query.weight": [2]], ignoring: ["*.position_ids"]
    ) { $0 == "text.query.weight" ? "text.to_q.weight" : $0 }
    _ = try reader.weight("text.to_q.weight", shape: [2])
    try reader.finish()
  }

  @Test func namesTheFilesOwnKeyInComplaintsAboutRenamedTensors() throws {
    let reader = try reader(["old": [2]]) { _ in "new" }
    _ = try reader.weight("new", shape: [3])
    let error = #expect(throws: CheckpointError.self) { try reader.finish() }
    #expect(error?.problem.contains("old is [2], expected [3]") == true)
  }

  @Test func refusesTwoTensorsThatMeanTheSame() throws {
    let error = #expect(throws: CheckpointError.self) { try reader(["a": [1], "b": [1]]) { _ in "c" } }
    #expect(error?.description.contains("\"b\": means the same tensor as \"a\"") == true)
  }

  @Test func refusesIntegersWhereWeightsBelong() throws {
    var writer = SafetensorsWriter()
    writer.add("a", integers: [1, 2], shape: [2])
    try writer.write(to: folder.path + "/model.safetensors")
    let reader = try WeightReader(Checkpoint(path: folder.path))
    _ = try reader.weight("a", shape: [2])
    let error = #expect(throws: CheckpointError.self) { try reader.finish() }
    #expect(error?.problem.contains("a is I64, expected F32, BF16, F16 or I8 with scales") == true)
  }

  @Test func standsInForHugeTensorsWithoutUsingMemoryAndRefusesImpossibleOnes() throws {
    let reader = try reader(["a": [1]])
    #expect(try reader.weight("huge", shape: [1 << 20, 1 << 16]).count == 1 << 36)
    #expect(throws: CheckpointError.self) { try reader.weight("b", shape: [1 << 40, 1 << 40]) }
  }

  @Test(arguments: [
    ("*.position_ids", "a.b.position_ids", true), ("*.position_ids", "position_ids", false),
    ("a.*", "a.", true),
    ("a.*.c", "a.c", false), ("a.*.c", "a.b.b.c", true), ("a*b*c", "a-b-b-c", true), ("a*b*c", "acb", false),
    ("a", "a", true), ("a", "ab", false), ("*", "", true), ("a*a", "a", false), ("*x*x*", "axbx", true),
    ("*x*x*", "axb", false),
  ])
  func matchesPatterns(pattern: String, key: String, expected: Bool) {
    #expect(KeyPattern(pattern).matches(key) == expected)
  }
}
