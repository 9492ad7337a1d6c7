/// The table at the front of a safetensors file, checked completely against the size of the file.
///
/// After a successful parse every tensor's bytes lie inside the file, fit its type and shape, and the tensors cover
/// the data without overlap or hole.
///
/// Reference: https://huggingface.co/docs/safetensors "Format", and safetensors 0.6 `safetensors/src/tensor.rs`,
/// `SafeTensors::read_metadata`. Differs: equal tensor names (there, the last one wins), control characters in names and
/// headers above 16 MB are refused.
package struct SafetensorsHeader: Sendable {
  package struct Entry: Sendable, Equatable {
    package var name: String
    package var type: SafetensorsDataType
    package var shape: [Int]
    /// From the start of the file.
    package var bytes: Range<Int>
    package var elementCount: Int { shape.reduce(1, *) }
  }

  /// By tensor name.
  package var entries: [String: Entry]
  /// The free `__metadata__` texts, such as `format`.
  package var metadata: [String: String]
  /// Where the tensors' bytes begin: anywhere, aligned to nothing.
  package var dataStart: Int

  /// A hundred times the header of FLUX.1-dev. The reference allows 100 MB, whose parsing would take gigabytes.
  static let byteLimit = 16_000_000

  /// - Parameter file: the whole file.
  /// - Throws: ``CheckpointError`` naming the first fault.
  package init(of file: UnsafeRawBufferPointer, path: String) throws(CheckpointError) {
    let text = try Self.text(of: file, path: path)
    dataStart = 8 + text.count
    let value: StrictJSON
    do { value = try StrictJSON.parse(text) } catch {
      throw CheckpointError(file: path, problem: "the header is not valid JSON: \(error)")
    }
    guard let table = value.object else {
      throw CheckpointError(file: path, problem: "the header is not a JSON object", found: value.summary)
    }
    entries = [:]
    metadata = try Self.metadata(in: table, path: path)
    let reader = EntryReader(path: path, dataStart: dataStart, dataCount: file.count - dataStart)
    for name in table.keys where name != "__metadata__" {
      entries[name] = try reader.entry(name, table[name] ?? .null)
    }
    try Self.checkCoverage(entries.values, path: path, data: dataStart..<file.count)
  }

  private static func text(
    of file: UnsafeRawBufferPointer, path: String
  ) throws(CheckpointError) -> UnsafeRawBufferPointer {
    guard file.count >= 8 else {
      throw CheckpointError(
        file: path, problem: "is too short for a safetensors file", found: "\(file.count) bytes",
        expected: "at least 8")
    }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(byteLimit), length <= UInt64(file.count - 8) else {
      throw CheckpointError(
        file: path, problem: "the first 8 bytes give an impossible header length", found: "\(length)",
        expected: "at most \(min(byteLimit, file.count - 8)) in a file of \(file.count) bytes",
        hint: hint(from: file))
    }
    guard length >= 2, file[8] == UInt8(ascii: "{") else {
      throw CheckpointError(
        file: path, problem: "the header is not a JSON object", expected: "\"{\" at byte 8",
        hint: hint(from: file))
    }
    return UnsafeRawBufferPointer(rebasing: file[8..<8 + Int(length)])
  }

  /// What the file is instead, when its first bytes tell.
  private static func hint(from file: UnsafeRawBufferPointer) -> String {
    if file.starts(with: "version https://git-lfs".utf8) {
      return "This is a Git LFS pointer; fetch the file itself with `git lfs pull`"
    }
    if file.starts(with: "PK\u{3}\u{4}".utf8) || file.starts(with: [0x80, 0x02]) {
      return "This is a PyTorch pickle; convert it to safetensors"
    }
    return "The file is truncated, damaged or no safetensors file"
  }

  private static func metadata(
    in table: StrictJSON.Object, path: String
  ) throws(CheckpointError) -> [String: String] {
    guard let value = table["__metadata__"] else { return [:] }
    guard let object = value.object else {
      throw CheckpointError(
        file: path, key: "__metadata__", problem: "is not an object", found: value.summary,
        expected: "texts by name")
    }
    var metadata: [String: String] = [:]
    for key in object.keys {
      guard let text = object[key]?.string else {
        throw CheckpointError(
          file: path, key: "__metadata__.\(key)", problem: "is not a text", found: object[key]?.summary)
      }
      metadata[key] = text
    }
    return metadata
  }

  private static func checkCoverage(
    _ entries: some Collection<Entry>, path: String, data: Range<Int>
  ) throws(CheckpointError) {
    let ordered = entries.sorted {
      ($0.bytes.lowerBound, $0.bytes.upperBound, $0.name) < (
        $1.bytes.lowerBound, $1.bytes.upperBound, $1.name
      )
    }
    var end = data.lowerBound
    var previous = "the header"
    for entry in ordered {
      if entry.bytes.lowerBound != end {
        let offset = entry.bytes.lowerBound - data.lowerBound
        throw CheckpointError(
          file: path, key: entry.name,
          problem: entry.bytes.lowerBound < end
            ? "overlaps with \(previous)" : "leaves a hole between itself and \(previous)",
          found: "data_offsets from \(offset)", expected: "\(end - data.lowerBound)")
      }
      end = entry.bytes.upperBound
      previous = quoted(entry.name)
    }
    guard end == data.upperBound else {
      throw CheckpointError(
        file: path, problem: "there are bytes behind the last tensor", found: "\(data.count) bytes of data",
        expected: "\(end - data.lowerBound)")
    }
  }
}

/// Reads one member of the header.
private struct EntryReader {
  let path: String
  let dataStart: Int
  let dataCount: Int

  func entry(_ name: String, _ value: StrictJSON) throws(CheckpointError) -> SafetensorsHeader.Entry {
    guard !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
      throw CheckpointError(file: path, key: name, problem: "the tensor name holds control characters")
    }
    guard let fields = value.object else {
      throw CheckpointError(
        file: path, key: name, problem: "is not described by an object", found: value.summary,
        expected: "dtype, shape and data_offsets")
    }
    let type = try type(in: fields, of: name)
    let shape = try whole("shape", in: fields, of: name)
    let offsets = try whole("data_offsets", in: fields, of: name)
    guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= dataCount else {
      throw CheckpointError(
        file: path, key: name, problem: "data_offsets lie outside the file", found: described(shape: offsets),
        expected: "[begin, end] with begin ≤ end ≤ \(dataCount)", hint: "The file may be truncated")
    }
    let count = offsets[1] - offsets[0]
    guard let needed = type.byteCount(of: shape) else {
      throw CheckpointError(
        file: path, key: name, problem: "the shape is impossible for \(type.rawValue)",
        found: described(shape: shape), expected: "\(count) bytes in all")
    }
    guard needed == count else {
      throw CheckpointError(
        file: path, key: name, problem: "data_offsets do not fit dtype and shape", found: "\(count) bytes",
        expected: "\(needed) bytes for \(type.rawValue) \(described(shape: shape))")
    }
    return SafetensorsHeader.Entry(
      name: name, type: type, shape: shape, bytes: dataStart + offsets[0]..<dataStart + offsets[1])
  }

  private func type(
    in fields: StrictJSON.Object, of name: String
  ) throws(CheckpointError) -> SafetensorsDataType {
    guard let text = fields["dtype"]?.string else {
      throw CheckpointError(
        file: path, key: name, problem: "has no dtype", found: fields["dtype"]?.summary,
        expected: "a text such as F32")
    }
    guard let type = SafetensorsDataType(rawValue: text) else {
      throw CheckpointError(
        file: path, key: name, problem: "has an unknown dtype", found: quoted(text),
        expected: SafetensorsDataType.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return type
  }

  /// A list of whole numbers from zero up.
  private func whole(
    _ field: String, in fields: StrictJSON.Object, of name: String
  ) throws(CheckpointError) -> [Int] {
    guard let elements = fields[field]?.array else {
      throw CheckpointError(
        file: path, key: name, problem: "has no \(field)", found: fields[field]?.summary,
        expected: "a list of whole numbers")
    }
    var numbers: [Int] = []
    for element in elements {
      guard let number = element.integer, number >= 0 else {
        throw CheckpointError(
          file: path, key: name, problem: "\(field) holds something else than whole numbers from 0",
          found: element.summary)
      }
      numbers.append(number)
    }
    return numbers
  }
}
