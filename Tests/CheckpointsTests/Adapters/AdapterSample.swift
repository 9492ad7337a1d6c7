import Tensors

@testable import Checkpoints

/// A LoRA file made by a test.
struct AdapterSample {
  typealias Member = (name: String, values: [Float], shape: [Int])
  var tensors: [Member] = []
  var metadata: [String: String] = ["format": "pt"]

  /// Two factors of rank 1: A is 1, 2, … and B is 10, 20, ….
  static func pair(
    _ down: String, _ up: String, inputs: Int = 2, outputs: Int = 2
  ) -> [Member] {
    [
      (down, (1...inputs).map(Float.init), [1, inputs]),
      (up, (1...outputs).map { 10 * Float($0) }, [outputs, 1]),
    ]
  }

  /// Writes the file and reads it as an adapter.
  func read(in folder: TemporaryFolder, as name: String = "pytorch_lora_weights.safetensors") throws
    -> LowRankAdapter
  {
    try write(in: folder, as: name)
    return try LowRankAdapter(path: "\(folder.path)/\(name)")
  }

  func write(in folder: TemporaryFolder, as name: String = "pytorch_lora_weights.safetensors") throws {
    var writer = SafetensorsWriter(metadata: metadata)
    for (name, values, shape) in tensors { writer.add(name, values, shape: shape) }
    try writer.write(to: "\(folder.path)/\(name)")
  }

  /// The message with which reading fails; empty when it does not.
  func complaint(in folder: TemporaryFolder, as name: String = "pytorch_lora_weights.safetensors") throws
    -> String
  {
    do { _ = try read(in: folder, as: name) } catch let error as CheckpointError { return error.description }
    return ""
  }
}
