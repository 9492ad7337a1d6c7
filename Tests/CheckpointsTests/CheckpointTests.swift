import Foundation
import Testing

@testable import Checkpoints

@Suite struct CheckpointTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A file of one-element tensors with these names.
  private func write(_ name: String, _ keys: [String]) throws {
    var writer = SafetensorsWriter()
    for (index, key) in keys.enumerated() { writer.add(key, [Float(index)], shape: [1]) }
    try writer.write(to: "\(folder.path)/\(name)")
  }

  private func writeIndex(_ map: [String: String]) throws {
    let entries = map.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \"\($0.value)\"" }
    try folder.write(
      "model.safetensors.index.json", text: "{\"weight_map\": {\(entries.joined(separator: ", "))}}")
  }

  private func complaint(sourceLocation: SourceLocation = #_sourceLocation) -> String {
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
      try Checkpoint(path: folder.path)
    }
    return error?.description ?? ""
  }

  @Test(arguments: [
    "model.safetensors", "diffusion_pytorch_model.safetensors", "pytorch_lora_weights.safetensors",
  ])
  func opensTheOneFileInAFolder(name: String) throws {
    try write(name, ["b", "a"])
    try folder.write("config.json", text: "{}")
    #expect(try Checkpoint(path: folder.path).keys == ["a", "b"])
    #expect(try Checkpoint(path: folder.path + "/" + name).keys == ["a", "b"])
  }

  @Test func prefersTheUsualNameToOthers() throws {
    try write("model.safetensors", ["a"])
    try write("model.fp16.safetensors", ["b"])
    #expect(try Checkpoint(path: folder.path).keys == ["a"])
  }

  @Test func readsShards() throws {
    try write("model-00001-of-00002.safetensors", ["a", "b"])
    try write("model-00002-of-00002.safetensors", ["c"])
    try writeIndex([
      "a": "model-00001-of-00002.safetensors", "b": "model-00001-of-00002.safetensors",
      "c": "model-00002-of-00002.safetensors",
    ])
    let checkpoint = try Checkpoint(path: folder.path)
    #expect(checkpoint.keys == ["a", "b", "c"])
    #expect(checkpoint.byteCount == 12)
    #expect(checkpoint.locate("c")?.file.path == folder.path + "/model-00002-of-00002.safetensors")
    #expect(checkpoint.locate("d") == nil)
    #expect(checkpoint.contains("b") && !checkpoint.contains("d"))
    #expect(try Checkpoint(path: folder.path + "/model.safetensors.index.json").keys == ["a", "b", "c"])
  }

  @Test func namesAllMissingShards() throws {
    try write("1.safetensors", ["a"])
    try writeIndex(["a": "1.safetensors", "b": "2.safetensors", "c": "3.safetensors"])
    #expect(complaint().contains("2 of 3 shards are missing; found no 2.safetensors, 3.safetensors"))
  }

  @Test func namesTensorsThatAreNotWhereTheIndexSays() throws {
    try write("1.safetensors", ["a"])
    try write("2.safetensors", ["b"])
    try writeIndex(["a": "2.safetensors", "b": "2.safetensors", "c": "1.safetensors"])
    #expect(
      complaint().contains(
        "2 tensors are not in the shard that weight_map names; found a not in 2.safetensors"))
  }

  @Test func refusesATensorInTwoShards() throws {
    try write("1.safetensors", ["a", "b"])
    try write("2.safetensors", ["b"])
    try writeIndex(["a": "1.safetensors", "b": "2.safetensors"])
    #expect(
      complaint().contains(
        "\"b\": stands in two shards; found 1.safetensors and 2.safetensors; expected only 2"))
  }

  @Test(arguments: [
    "../x.safetensors", "/etc/x.safetensors", "sub/x.safetensors", "..", "", "x.bin", ".x.safetensors",
  ])
  func refusesShardNamesThatLeaveTheFolder(name: String) throws {
    try writeIndex(["a": name])
    #expect(complaint().contains("\"a\": has no usable file name; found \"\(name)\""))
  }

  @Test(arguments: [
    "{}", "[]", "{\"weight_map\": []}", "{\"weight_map\": {}}", "{\"weight_map\": {\"a\": 1}}", "",
  ])
  func refusesIndicesThatAreNone(text: String) throws {
    try folder.write("model.safetensors.index.json", text: text)
    #expect(complaint().hasPrefix(folder.path + "/model.safetensors.index.json: "))
  }

  @Test func refusesFoldersWithoutOrWithSeveralWeights() throws {
    try folder.write("pytorch_model.bin", text: "x")
    #expect(complaint().contains("holds no weights"))
    #expect(complaint().contains("pytorch_model.bin is a PyTorch pickle"))
    try write("a.safetensors", ["a"])
    try write("b.safetensors", ["b"])
    #expect(complaint().contains("holds several weight files; found a.safetensors, b.safetensors"))
    #expect(throws: CheckpointError.self) { try Checkpoint(path: folder.path + "/none") }
  }
}
