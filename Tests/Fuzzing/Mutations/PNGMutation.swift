import CFuzzer

/// Changes chunks of a PNG file and sets their checksums right, without which none is looked at.
enum PNGMutation {
  private struct Chunk {
    var kind: [UInt8]
    var data: [UInt8]
  }

  static func apply(to file: [UInt8], with random: inout Random) -> [UInt8] {
    var chunks = chunks(of: file)
    guard !chunks.isEmpty else { return file }
    let place = random.below(chunks.count)
    switch random.below(6) {
    case 0: chunks.append(chunks[place])
    case 1: chunks.swapAt(place, random.below(chunks.count))
    case 2: chunks.remove(at: place)
    case 3: chunks[place].kind = Array(random.pick(kinds).utf8)
    default: chunks[place].data = mutated(chunks[place].data)
    }
    return chunks.reduce(Array(file[0..<8])) { $0 + bytes(of: $1) }
  }

  private static let kinds = [
    "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "tEXt", "zTXt", "iTXt", "gAMA", "iCCP", "sBIT", "hIST", "eXIf",
  ]

  private static func mutated(_ data: [UInt8]) -> [UInt8] {
    let limit = data.count + 64
    var room = data + Array(repeating: 0, count: 64)
    return Array(
      room.prefix(
        room.withUnsafeMutableBufferPointer {
          LLVMFuzzerMutate($0.baseAddress!, data.count, limit)
        }))
  }

  private static func chunks(of file: [UInt8]) -> [Chunk] {
    var chunks: [Chunk] = []
    var place = 8
    while place + 12 <= file.count {
      let length = file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      let end = min(place + 8 + length, file.count - 4)
      guard end >= place + 8 else { break }
      chunks.append(Chunk(kind: Array(file[place + 4..<place + 8]), data: Array(file[place + 8..<end])))
      place = end + 4
    }
    return chunks
  }

  private static func bytes(of chunk: Chunk) -> [UInt8] {
    let body = chunk.kind + chunk.data
    return bigEndian(UInt32(chunk.data.count)) + body + bigEndian(checksum(body))
  }

  private static func bigEndian(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  /// CRC-32 as PNG has it.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = ~UInt32(0)
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ~sum
  }
}
