/// A GGUF file, mapped: names, shapes, types and places of its tensors. Its other facts are passed over.
///
/// Reference: ggml-org/ggml `docs/gguf.md`, versions 2 and 3, little-endian. Shapes are given here as in PyTorch, outermost axis
/// first; the file has them the other way round.
package struct GGUFFile: Sendable {
  package enum DataType: UInt32, Sendable {
    case float32 = 0
    case float16 = 1
    /// Blocks of 32 signed bytes after their float16 scale.
    case q8 = 8
    case bfloat16 = 30

    /// Values in a block, and its bytes.
    var block: (values: Int, bytes: Int) {
      switch self {
      case .float32: (1, 4)
      case .float16, .bfloat16: (1, 2)
      case .q8: (32, 34)
      }
    }
  }

  package struct Entry: Sendable, Equatable {
    package let name: String
    package let shape: [Int]
    package let type: DataType
    /// In the file.
    let bytes: Range<Int>
  }

  package let path: String
  package let entries: [String: Entry]
  let map: MappedFile

  /// - Throws: `CheckpointError` for what is no GGUF file, is cut short, or has tensors of a type that is not read; all of
  ///   those types are named.
  package init(path: String) throws(CheckpointError) {
    self.path = path
    map = try MappedFile(path: path)
    var reader = Reader(map.bytes, path)
    let magic = try reader.bytes(4)
    guard magic.elementsEqual(Array("GGUF".utf8)) else {
      throw CheckpointError(file: path, problem: "is no GGUF file", expected: "a file that begins with GGUF")
    }
    let version = try reader.number(UInt32.self)
    guard (2...3).contains(version) else {
      throw CheckpointError(
        file: path, problem: "has another version", found: "\(version)", expected: "2 or 3, little-endian")
    }
    let (tensors, facts) = (try reader.count("tensors"), try reader.count("facts"))
    var alignment = 32
    for _ in 0..<facts {
      let key = try reader.text()
      let value = try reader.fact(depth: 0)
      if key == "general.alignment", let value { alignment = value }
    }
    guard alignment > 0, alignment <= 1 << 20 else {
      throw CheckpointError(
        file: path, key: "general.alignment", problem: "is impossible", found: "\(alignment)")
    }
    let infos = try (0..<tensors).map { _ throws(CheckpointError) in try reader.info() }
    let start = (reader.position + alignment - 1) / alignment * alignment
    entries = try Self.entries(infos, start: start, end: map.bytes.count, path)
  }

  func bytes(of entry: Entry) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: map.bytes[entry.bytes])
  }

  private typealias Info = (name: String, shape: [Int], type: UInt32, offset: Int)

  private static func entries(
    _ infos: [Info], start: Int, end: Int, _ path: String
  ) throws(CheckpointError) -> [String: Entry] {
    let others = Set(infos.map(\.type).filter { DataType(rawValue: $0) == nil }).sorted()
    guard others.isEmpty else {
      let names = infos.filter { others.contains($0.type) }.map(\.name).sorted()
      throw CheckpointError(
        file: path, problem: "\(names.count) tensors are quantized otherwise (\(Listing.text(names)))",
        found: "ggml types \(others.map(String.init).joined(separator: ", "))",
        expected: "F32 (0), F16 (1), Q8_0 (8) or BF16 (30)", hint: "Use the file of the same model in Q8_0")
    }
    var entries: [String: Entry] = [:]
    for info in infos {
      guard let type = DataType(rawValue: info.type) else { continue }
      let block = type.block
      var count = 1
      for size in info.shape {
        let (product, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow, product < 1 << 48 else {
          throw CheckpointError(
            file: path, key: info.name, problem: "has an impossible shape", found: "\(info.shape)")
        }
        count = product
      }
      let size = count / block.values * block.bytes
      guard (info.shape.last ?? 1) % block.values == 0, info.offset <= end - start,
        size <= end - start - info.offset
      else {
        throw CheckpointError(
          file: path, key: info.name, problem: "does not lie within the file",
          found: "\(size) bytes at \(info.offset)", expected: "at most \(max(0, end - start)) bytes in all",
          hint: "The file is cut short: copy it again")
      }
      let first = start + info.offset
      let entry = Entry(name: info.name, shape: info.shape, type: type, bytes: first..<first + size)
      guard entries.updateValue(entry, forKey: info.name) == nil else {
        throw CheckpointError(file: path, key: info.name, problem: "stands in the file twice")
      }
    }
    return entries
  }

  /// Reads the head of the file, never beyond its end.
  private struct Reader {
    let file: UnsafeRawBufferPointer
    let path: String
    var position = 0

    init(_ file: UnsafeRawBufferPointer, _ path: String) { (self.file, self.path) = (file, path) }

    mutating func bytes(_ count: Int) throws(CheckpointError) -> UnsafeRawBufferPointer {
      guard count >= 0, count <= file.count - position else {
        throw CheckpointError(
          file: path, problem: "ends within its head, at byte \(file.count)",
          hint: "The file is cut short: copy it again")
      }
      defer { position += count }
      return UnsafeRawBufferPointer(rebasing: file[position..<position + count])
    }

    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) throws(CheckpointError) -> Number {
      try Number(littleEndian: bytes(Number.bitWidth / 8).loadUnaligned(as: type))
    }

    /// A number of things that each take some bytes, which the file must have.
    mutating func count(_ what: String) throws(CheckpointError) -> Int {
      let count = try number(UInt64.self)
      guard count <= UInt64(file.count) else {
        throw CheckpointError(
          file: path, problem: "says that it has \(count) \(what), more than it has bytes")
      }
      return Int(count)
    }

    mutating func text() throws(CheckpointError) -> String {
      let length = try count("bytes of a text")
      return String(decoding: try bytes(length), as: UTF8.self)
    }

    mutating func info() throws(CheckpointError) -> Info {
      let name = try text()
      let axes = try number(UInt32.self)
      guard axes <= 8 else {
        throw CheckpointError(file: path, key: name, problem: "has \(axes) axes", expected: "at most 8")
      }
      var shape: [Int] = []
      for _ in 0..<axes {
        let size = try number(UInt64.self)
        guard size > 0, size < 1 << 48 else {
          throw CheckpointError(file: path, key: name, problem: "has an impossible shape", found: "\(size)")
        }
        shape.append(Int(size))
      }
      let type = try number(UInt32.self)
      let offset = try number(UInt64.self)
      guard offset <= UInt64(file.count) else {
        throw CheckpointError(
          file: path, key: name, problem: "lies beyond the file's end", found: "\(offset)")
      }
      return (name, shape.reversed(), type, Int(offset))
    }

    /// Passes over a fact; its value when that is a whole number.
    mutating func fact(depth: Int) throws(CheckpointError) -> Int? {
      try value(of: number(UInt32.self), depth: depth)
    }

    private mutating func value(of type: UInt32, depth: Int) throws(CheckpointError) -> Int? {
      switch type {
      case 0, 1, 7: return Int(try number(UInt8.self))
      case 2, 3: return Int(try number(UInt16.self))
      case 4: return Int(try number(UInt32.self))
      case 5: return Int(try number(Int32.self))
      case 6: _ = try bytes(4)
      case 8: _ = try text()
      case 10, 11: return Int(exactly: try number(UInt64.self))
      case 12: _ = try bytes(8)
      case 9:
        let inner = try number(UInt32.self)
        let count = try count("entries of a list")
        guard depth < 4 else { throw CheckpointError(file: path, problem: "has lists nested too deep") }
        for _ in 0..<count { _ = try value(of: inner, depth: depth + 1) }
      default: throw CheckpointError(file: path, problem: "has a fact of the unknown type \(type)")
      }
      return nil
    }
  }
}
