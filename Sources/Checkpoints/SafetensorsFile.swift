/// One safetensors file, mapped into memory and checked, whose tensors are read where they lie.
package final class SafetensorsFile: Sendable {
  package let path: String
  package let header: SafetensorsHeader
  package let map: MappedFile

  /// - Throws: ``CheckpointError`` when the file cannot be mapped or its header is not sound.
  package init(path: String) throws(CheckpointError) {
    let map = try MappedFile(path: path)
    self.path = path
    self.map = map
    header = try SafetensorsHeader(of: map.bytes, path: path)
  }

  /// The tensors' names in sorted order.
  package var names: [String] { header.entries.keys.sorted() }

  package func contains(_ name: String) -> Bool { header.entries[name] != nil }

  /// Type, shape and place of a tensor.
  package func entry(_ name: String) throws(CheckpointError) -> SafetensorsHeader.Entry {
    guard let entry = header.entries[name] else {
      throw CheckpointError(
        file: path, key: name, problem: "there is no such tensor", found: "\(header.entries.count) others")
    }
    return entry
  }

  /// A tensor's bytes as they lie, aligned to nothing; valid as long as the file object lives.
  func bytes(of entry: SafetensorsHeader.Entry) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: map.bytes[entry.bytes])
  }

  /// The numbers of an integer or BOOL tensor in row-major order; one number for a tensor of no dimensions.
  ///
  /// - Throws: ``CheckpointError`` when the tensor is missing, holds no integers or one beyond 64 signed bits.
  package func integers(_ name: String) throws(CheckpointError) -> [Int] {
    let entry = try entry(name)
    let raw = bytes(of: entry)
    switch entry.type {
    case .bool, .uint8: return raw.map(Int.init)
    case .int8: return elements(of: raw, as: Int8.self).map(Int.init)
    case .int16: return elements(of: raw, as: Int16.self).map(Int.init)
    case .uint16: return elements(of: raw, as: UInt16.self).map(Int.init)
    case .int32: return elements(of: raw, as: Int32.self).map(Int.init)
    case .uint32: return elements(of: raw, as: UInt32.self).map(Int.init)
    case .int64: return elements(of: raw, as: Int64.self).map(Int.init)
    case .uint64:
      let numbers = elements(of: raw, as: UInt64.self)
      if let large = numbers.first(where: { $0 > UInt64(Int.max) }) {
        throw CheckpointError(
          file: path, key: name, problem: "holds a number beyond 64 signed bits", found: "\(large)")
      }
      return numbers.map(Int.init)
    default:
      throw CheckpointError(
        file: path, key: name, problem: "holds no integers", found: entry.type.rawValue,
        expected: "an integer dtype")
    }
  }

  /// The numbers of a floating-point tensor in row-major order; F64 is rounded to the nearest float32.
  ///
  /// - Throws: ``CheckpointError`` when the tensor is missing or is none of F64, F32, F16 and BF16.
  package func floats(_ name: String) throws(CheckpointError) -> [Float] {
    let entry = try entry(name)
    let raw = bytes(of: entry)
    switch entry.type {
    case .float32: return elements(of: raw, as: UInt32.self).map(Float.init(bitPattern:))
    case .float64: return elements(of: raw, as: UInt64.self).map { Float(Double(bitPattern: $0)) }
    case .bfloat16: return elements(of: raw, as: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
    case .float16: return elements(of: raw, as: UInt16.self).map(Float.init(halfBitPattern:))
    default:
      throw CheckpointError(
        file: path, key: name, problem: "holds no floating-point numbers this program reads",
        found: entry.type.rawValue, expected: "F32, F16, BF16 or F64")
    }
  }

  private func elements<Element: FixedWidthInteger>(
    of raw: UnsafeRawBufferPointer, as type: Element.Type
  ) -> [Element] {
    let size = MemoryLayout<Element>.size
    return (0..<raw.count / size).map {
      Element(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * size, as: Element.self))
    }
  }
}

extension Float {
  /// The value of IEEE binary16 bits. Swift's own `Float16` is missing on some x86-64 platforms.
  init(halfBitPattern bits: UInt16) {
    let magnitude = UInt32(bits & 0x7FFF)
    let sign = UInt32(bits & 0x8000) << 16
    if magnitude >= 0x7C00 {
      self.init(bitPattern: sign | 0x7F80_0000 | (magnitude & 0x3FF) << 13)
    } else if magnitude >= 0x400 {
      self.init(bitPattern: sign | (magnitude << 13) + (112 << 23))
    } else {
      // Subnormal halves are whole multiples of 2^-24, which float32 holds exactly.
      let value = Float(magnitude) * 0x1p-24
      self.init(bitPattern: sign | value.bitPattern)
    }
  }
}
