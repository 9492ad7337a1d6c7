/// Collects tensors and writes them as one safetensors file, byte for byte as the reference library would.
///
/// Tensors are laid out by falling element size and then by name, the header is padded with spaces to a multiple of
/// eight, so float data is aligned. The order of calls does not show in the file.
///
/// Reference: safetensors 0.6 `safetensors/src/tensor.rs`, `prepare`. Differs: metadata is written in sorted order; there,
/// in the order of a hash map.
package struct SafetensorsWriter: Sendable {
  /// What floating-point tensors rest as in the file.
  package enum FloatType: Sendable {
    case float32
    /// Rounded to nearest, ties to even, as PyTorch does.
    case bfloat16
  }

  private enum Values: Sendable {
    case floats([Float], FloatType)
    case integers([Int])
    case bytes([UInt8])
  }

  private struct Member {
    var name: String
    var shape: [Int]
    var type: SafetensorsDataType
    var values: Values
    var count: Int { type.bitsPerElement / 8 * shape.reduce(1, *) }
  }

  private var members: [String: Member] = [:]
  private let metadata: [String: String]

  /// - Parameter metadata: Free texts for the header. Python's loaders ask for `format` = `pt`.
  package init(metadata: [String: String] = ["format": "pt"]) { self.metadata = metadata }

  /// Adds an F32 or BF16 tensor in row-major order.
  package mutating func add(_ name: String, _ values: [Float], shape: [Int], as type: FloatType = .float32) {
    insert(name, .floats(values, type), values.count, shape, type == .float32 ? .float32 : .bfloat16)
  }

  /// Adds an I64 tensor in row-major order; a shape of no dimensions holds one number.
  package mutating func add(_ name: String, integers: [Int], shape: [Int]) {
    insert(name, .integers(integers), integers.count, shape, .int64)
  }

  /// Adds a U8 tensor of one dimension.
  package mutating func add(_ name: String, bytes: [UInt8]) {
    insert(name, .bytes(bytes), bytes.count, [bytes.count], .uint8)
  }

  private mutating func insert(
    _ name: String, _ values: Values, _ count: Int, _ shape: [Int], _ type: SafetensorsDataType
  ) {
    precondition(shape.reduce(1, *) == count, "tensor \(name): \(count) elements for the shape \(shape)")
    precondition(name != "__metadata__" && members[name] == nil, "tensor \(name) is added twice")
    members[name] = Member(name: name, shape: shape, type: type, values: values)
  }

  /// Writes a sibling, syncs it and renames it over `path`: the file is there complete or not at all.
  ///
  /// - Throws: ``CheckpointError`` with the system's words when a step fails; the sibling is removed then.
  package func write(to path: String) throws(CheckpointError) {
    let ordered = members.values.sorted {
      ($1.type.bitsPerElement, $0.name) < ($0.type.bitsPerElement, $1.name)
    }
    let file = try ReplacementFile(for: path)
    do throws(CheckpointError) {
      let layout = ordered.map { (name: $0.name, shape: $0.shape, type: $0.type, bytes: $0.count) }
      try file.append(Self.header(of: layout, metadata: metadata))
      for member in ordered { try append(member.values, to: file) }
      try file.commit()
    } catch {
      file.discard()
      throw error
    }
  }

  /// The head of a file with those tensors in that order.
  static func header(
    of members: [(name: String, shape: [Int], type: SafetensorsDataType, bytes: Int)],
    metadata: [String: String]
  ) -> [UInt8] {
    var fields: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }.map { "\(json($0.key)):\(json($0.value))" }
      fields.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
    }
    var offset = 0
    for member in members {
      let shape = member.shape.map(String.init).joined(separator: ",")
      fields.append(
        "\(json(member.name)):{\"dtype\":\"\(member.type.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(offset),\(offset + member.bytes)]}")
      offset += member.bytes
    }
    var text = Array("{\(fields.joined(separator: ","))}".utf8)
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text
  }

  private func append(_ values: Values, to file: ReplacementFile) throws(CheckpointError) {
    switch values {
    case .bytes(let bytes): try file.append(bytes)
    case .integers(let integers): try file.append(integers)
    case .floats(let floats, .float32): try file.append(floats)
    case .floats(let floats, .bfloat16):
      // In pieces, so that a large model is not in memory once more.
      for start in stride(from: 0, to: floats.count, by: 1 << 20) {
        try file.append(floats[start..<min(start + 1 << 20, floats.count)].map(\.bfloat16Bits))
      }
    }
  }

  /// The text as a JSON string.
  static func json(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension Float {
  /// The upper half of the bits after rounding to nearest even; every NaN becomes the one PyTorch writes.
  var bfloat16Bits: UInt16 {
    if isNaN { return 0x7FC0 }
    // An odd last bit makes ties go up, to even.
    let rounding = 0x7FFF + (bitPattern >> 16 & 1)
    return UInt16((bitPattern + rounding) >> 16)
  }
}
