import Foundation
import Tensors

/// Weights as signed bytes with scales, and how checkpoints are made so.
///
/// Symmetric: value = scale · byte with bytes in −127…127, one scale for each output channel, or for each group of inputs of
/// one. A tensor keeps its name and shape with the type `I8`; its scales are `<name>_scale`, `F32`, `[outputs]` or
/// `[outputs, groups]`. What is not quantized stays as it was, byte for byte. `docs/int8.md` describes the files.
package enum Int8Quantization {
  /// What the name of a tensor's scales ends in.
  static let suffix = "_scale"

  /// The bytes of one row with the scales of its groups.
  ///
  /// A group's scale is its largest magnitude over 127, rounding is to nearest, ties to even: no value is off by more than
  /// half a scale.
  ///
  /// - Parameter group: How many values share a scale; divides the row's length.
  package static func quantized(_ row: ArraySlice<Float>, group: Int) -> (bytes: [Int8], scales: [Float]) {
    precondition(group > 0 && row.count % group == 0, "groups of \(group) in a row of \(row.count)")
    var (bytes, scales): ([Int8], [Float]) = ([], [])
    bytes.reserveCapacity(row.count)
    for start in stride(from: row.startIndex, to: row.endIndex, by: group) {
      let values = row[start..<start + group]
      let largest = values.reduce(Float(0)) { max($0, abs($1)) }
      let scale = largest / 127
      scales.append(scale)
      // Of a group of zeros, or of numbers too small to have a scale, nothing is left.
      let inverse = scale > 0 ? 1 / scale : 0
      for value in values {
        bytes.append(Int8(max(-127, min(127, (value * inverse).rounded(.toNearestOrEven)))))
      }
    }
    return (bytes, scales)
  }

  /// A matrix that was quantized.
  package struct Matrix: Sendable {
    package let name: String
    package let elementCount: Int
    /// Sums of the squares of its values, and of what rounding changed about them.
    package let squares: Double
    package let errorSquares: Double
  }

  /// Writes a checkpoint's files anew, some of its matrices as bytes.
  ///
  /// - Parameters:
  ///   - groupSize: Inputs that share a scale; nil for all of an output channel. Where it does not divide a matrix's inputs
  ///     the matrix has one scale a channel.
  ///   - chosen: Whether a matrix of that name is quantized.
  ///   - progress: Called after each tensor with the bytes read.
  /// - Returns: What was quantized.
  /// - Throws: `CheckpointError`, also naming a tensor that has values which are not finite; and what `progress` throws.
  package static func convert(
    _ path: String, to folder: String, groupSize: Int?, chosen: (String) -> Bool,
    progress: (Int) throws -> Void = { _ in }
  ) throws -> [Matrix] {
    let checkpoint = try Checkpoint(path: path)
    var (matrices, map, total) = ([Matrix](), [String: String](), 0)
    for file in checkpoint.files {
      let name = (file.path as NSString).lastPathComponent
      let tensors = file.header.entries.values.sorted { $0.name < $1.name }.map { entry in
        Conversion(entry, isQuantized: isMatrix(entry) && chosen(entry.name), groupSize: groupSize)
      }
      matrices += try write(tensors, of: file, to: "\(folder)/\(name)", progress)
      for entry in tensors.flatMap(\.layout) {
        map[entry.name] = name
        total += entry.bytes
      }
    }
    if checkpoint.files.count > 1, let index = try indexName(path) {
      let lines = map.sorted { $0.key < $1.key }.map {
        "    \(SafetensorsWriter.json($0.key)): \(SafetensorsWriter.json($0.value))"
      }
      let text =
        "{\n  \"metadata\": {\"total_size\": \(total)},\n  \"weight_map\": {\n\(lines.joined(separator: ",\n"))\n  }\n}\n"
      try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(index)"), options: .atomic)
    }
    return matrices
  }

  /// Whether a tensor is one that can be quantized.
  package static func canQuantize(_ name: String, of checkpoint: Checkpoint) -> Bool {
    checkpoint.locate(name).map { isMatrix($0.entry) } ?? false
  }

  private static func isMatrix(_ entry: SafetensorsHeader.Entry) -> Bool {
    entry.shape.count == 2 && entry.elementCount > 0 && Weight.Format(entry.type) != nil
  }

  private static func indexName(_ path: String) throws -> String? {
    try Checkpoint.names(in: path)?.first { $0.hasSuffix(".safetensors.index.json") }
  }

  /// A tensor as it is and as it is to be.
  private struct Conversion {
    let entry: SafetensorsHeader.Entry
    let isQuantized: Bool
    let group: Int

    init(_ entry: SafetensorsHeader.Entry, isQuantized: Bool, groupSize: Int?) {
      (self.entry, self.isQuantized) = (entry, isQuantized)
      let inner = entry.shape.last ?? 1
      group = groupSize.flatMap { inner % $0 == 0 ? $0 : nil } ?? max(1, inner)
    }

    var layout: [(name: String, shape: [Int], type: SafetensorsDataType, bytes: Int)] {
      guard isQuantized else { return [(entry.name, entry.shape, entry.type, entry.bytes.count)] }
      let (rows, groups) = (entry.shape[0], entry.shape[1] / group)
      return [
        (entry.name, entry.shape, .int8, entry.elementCount),
        (entry.name + suffix, groups == 1 ? [rows] : [rows, groups], .float32, 4 * rows * groups),
      ]
    }
  }

  private static func write(
    _ tensors: [Conversion], of file: SafetensorsFile, to path: String, _ progress: (Int) throws -> Void
  ) throws -> [Matrix] {
    let target = try ReplacementFile(for: path)
    do {
      var matrices: [Matrix] = []
      var metadata = file.header.metadata
      metadata["format"] = metadata["format"] ?? "pt"
      metadata["quantization"] = "int8 symmetric"
      try target.append(SafetensorsWriter.header(of: tensors.flatMap(\.layout), metadata: metadata))
      for tensor in tensors {
        if tensor.isQuantized {
          matrices.append(try quantize(tensor, of: file, to: target))
        } else {
          try copy(file.bytes(of: tensor.entry), to: target)
        }
        try progress(tensor.entry.bytes.count)
      }
      try target.commit()
      return matrices
    } catch {
      target.discard()
      throw error
    }
  }

  /// In stretches of rows, so that a large matrix is not in memory as float32.
  private static func quantize(_ tensor: Conversion, of file: SafetensorsFile, to target: ReplacementFile)
    throws -> Matrix
  {
    let (entry, inner) = (tensor.entry, tensor.entry.shape[1])
    guard let format = Weight.Format(entry.type) else { preconditionFailure("\(entry.name) is no matrix") }
    let weight = Weight(shape: entry.shape, format: format, bytes: file.bytes(of: entry), owner: file.map)
    let stretch = max(1, (1 << 22) / max(1, inner))
    var scales: [Float] = []
    var (squares, errorSquares) = (0.0, 0.0)
    for start in stride(from: 0, to: entry.shape[0], by: stretch) {
      let rows = weight.rows(Array(start..<min(start + stretch, entry.shape[0])))
      guard rows.isFinite else {
        throw CheckpointError(
          file: file.path, key: entry.name, problem: "has values that are not finite",
          hint: "Such a model cannot be quantized: copy it again")
      }
      let values = rows.withValues { Array($0) }
      let group = tensor.group
      let made = Parallelism.map(rows.shape[0]) { row in
        let values = values[row * inner..<(row + 1) * inner]
        let made = quantized(values, group: group)
        var (squares, errorSquares) = (Float(0), Float(0))
        for (index, value) in values.enumerated() {
          let error = value - made.scales[index / group] * Float(made.bytes[index])
          squares += value * value
          errorSquares += error * error
        }
        return (made.bytes, made.scales, squares, errorSquares)
      }
      for row in made {
        try target.append(row.0)
        scales += row.1
        squares += Double(row.2)
        errorSquares += Double(row.3)
      }
    }
    try target.append(scales)
    return Matrix(
      name: entry.name, elementCount: entry.elementCount, squares: squares, errorSquares: errorSquares)
  }

  private static func copy(_ bytes: UnsafeRawBufferPointer, to target: ReplacementFile) throws {
    for start in stride(from: 0, to: bytes.count, by: 1 << 24) {
      try target.append(Array(bytes[start..<min(start + 1 << 24, bytes.count)]))
    }
  }
}
