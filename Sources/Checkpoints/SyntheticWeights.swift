import Foundation
import Tensors

/// Writes checkpoints of any size with random values, in the shards and under the names of published ones.
///
/// Matrices and kernels are uniform with a variance of 1/inputs, tables of embeddings with that of their width, so that
/// activations keep their size from layer to layer; norms are 1, biases 0. The values depend on the seed and a tensor's
/// name, not on the number of threads.
package struct SyntheticWeights {
  package var list: WeightList
  /// `diffusion_pytorch_model` or `model`.
  package var stem: String
  package var type: SafetensorsWriter.FloatType
  /// Bytes of the largest shard, unless one tensor has more.
  package var shardBytes: Int
  package var seed: UInt64

  package init(
    _ list: WeightList, stem: String, type: SafetensorsWriter.FloatType, shardBytes: Int, seed: UInt64
  ) {
    (self.list, self.stem, self.type, self.shardBytes, self.seed) = (list, stem, type, shardBytes, seed)
  }

  private typealias Tensor = (name: String, shape: [Int])

  private func bytes(_ tensor: Tensor) -> Int {
    tensor.shape.reduce(1, *) * (type == .float32 ? 4 : 2)
  }

  /// Writes the shards, and their index where there are several.
  ///
  /// - Parameter progress: Called after each tensor with its bytes.
  package func write(to folder: String, progress: (Int) throws -> Void) throws {
    let shards = shards()
    for (index, shard) in shards.enumerated() {
      try write(shard, to: "\(folder)/\(name(of: index, shards.count))", progress)
    }
    guard shards.count > 1 else { return }
    var map: [String: String] = [:]
    for (index, shard) in shards.enumerated() {
      for tensor in shard { map[tensor.name] = name(of: index, shards.count) }
    }
    let entries = map.sorted { $0.key < $1.key }.map {
      "    \(SafetensorsWriter.json($0.key)): \(SafetensorsWriter.json($0.value))"
    }
    let total = list.tensors.reduce(0) { $0 + bytes($1) }
    let text = """
      {
        "metadata": {"total_size": \(total)},
        "weight_map": {
      \(entries.joined(separator: ",\n"))
        }
      }

      """
    try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(stem).safetensors.index.json"), options: .atomic)
  }

  private func name(of shard: Int, _ count: Int) -> String {
    guard count > 1 else { return "\(stem).safetensors" }
    func digits(_ number: Int) -> String {
      String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number)"
    }
    return "\(stem)-\(digits(shard + 1))-of-\(digits(count)).safetensors"
  }

  private func shards() -> [[Tensor]] {
    var shards: [[Tensor]] = []
    var size = 0
    for tensor in list.tensors.sorted(by: { $0.name < $1.name }) {
      if shards.isEmpty || size + bytes(tensor) > shardBytes {
        shards.append([])
        size = 0
      }
      shards[shards.count - 1].append(tensor)
      size += bytes(tensor)
    }
    return shards
  }

  private func write(_ tensors: [Tensor], to path: String, _ progress: (Int) throws -> Void) throws {
    let file = try ReplacementFile(for: path)
    do {
      let layout = tensors.map {
        (
          name: $0.name, shape: $0.shape, type: type == .float32 ? SafetensorsDataType.float32 : .bfloat16,
          bytes: bytes($0)
        )
      }
      try file.append(SafetensorsWriter.header(of: layout, metadata: ["format": "pt"]))
      for tensor in tensors {
        try append(tensor, to: file)
        try progress(bytes(tensor))
      }
      try file.commit()
    } catch {
      file.discard()
      throw error
    }
  }

  /// In pieces, several at a time: a model may have more bytes than the machine.
  private func append(_ tensor: Tensor, to file: ReplacementFile) throws {
    let (count, piece) = (tensor.shape.reduce(1, *), 1 << 20)
    let values = Values(of: tensor.name, tensor.shape, seed: seed)
    let pieces = (count + piece - 1) / piece
    for start in stride(from: 0, to: pieces, by: 8) {
      let made = Parallelism.map(min(8, pieces - start)) { index in
        let first = (start + index) * piece
        return values[first..<min(first + piece, count)]
      }
      for floats in made {
        switch type {
        case .float32: try file.append(floats)
        case .bfloat16: try file.append(floats.map(\.bfloat16Bits))
        }
      }
    }
  }

  /// The values of one tensor, any part of them at a time.
  private struct Values: Sendable {
    private enum Kind {
      case constant(Float)
      case uniform(limit: Float)
    }

    private let kind: Kind
    private let key: UInt64

    init(of name: String, _ shape: [Int], seed: UInt64) {
      // FNV-1a.
      key = name.utf8.reduce(seed ^ 0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
      if name.hasSuffix("logit_scale") {
        kind = .constant(4.605_170_2)
      } else if shape.count < 2 {
        let isScale = name.hasSuffix(".weight") || name.hasSuffix(".scale")
        kind = name.contains("class_embedding") ? .uniform(limit: 0.05) : .constant(isScale ? 1 : 0)
      } else {
        let inputs =
          name.contains("embed") || name.hasPrefix("shared")
          ? shape[shape.count - 1] : shape.dropFirst().reduce(1, *)
        // A uniform number in ±a has the variance a²/3.
        kind = .uniform(limit: (3 / Float(max(1, inputs))).squareRoot())
      }
    }

    subscript(range: Range<Int>) -> [Float] {
      switch kind {
      case .constant(let value): return Array(repeating: value, count: range.count)
      case .uniform(let limit):
        let scale = limit / Float(1 << 23)
        return range.map { index in
          // SplitMix64, entered anywhere.
          var z = key &+ UInt64(truncatingIfNeeded: index) &* 0x9E37_79B9_7F4A_7C15
          z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
          z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
          return Float(Int32(truncatingIfNeeded: z >> 40) - 1 << 23) * scale
        }
      }
    }
  }
}
