import Testing

@testable import Checkpoints

/// Damaged headers give an error or a file that is sound; they never trap and never read outside the bytes.
@Suite struct SafetensorsFuzzTests {
  /// A small generator of its own, so that a failing round can be repeated.
  private struct Stream {
    var state: UInt64
    mutating func next(below bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
  }

  private static let valid: [UInt8] = {
    let header =
      "{\"__metadata__\":{\"format\":\"pt\"}," + entry("a.weight", "F32", "[2,3]", "[0,24]") + ","
      + entry("b", "BF16", "[4]", "[24,32]") + "," + entry("n", "I64", "[]", "[32,40]") + ","
      + entry("z", "U8", "[0,7]", "[40,40]") + "," + entry("é\\u0041", "BOOL", "[3]", "[40,43]") + "}"
    return safetensors(header: header, data: Array(0..<43))
  }()

  /// Opens the bytes; every tensor of a file that opens must be readable in full.
  private func survives(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { buffer in
      do throws(CheckpointError) {
        let header = try SafetensorsHeader(of: buffer, path: "fuzz")
        return header.entries.values.allSatisfy { entry in
          entry.bytes.upperBound <= buffer.count
            && entry.elementCount * entry.type.bitsPerElement == entry.bytes.count * 8
            && buffer[entry.bytes].reduce(0) { $0 &+ Int($1) } >= 0
        }
      } catch { return !error.description.isEmpty }
    }
  }

  @Test func theUndamagedFileOpens() throws {
    let count = try Self.valid.withUnsafeBytes { buffer in
      try SafetensorsHeader(of: buffer, path: "fuzz").entries.count
    }
    #expect(count == 5)
  }

  @Test func everyTruncationIsRefused() {
    for count in 0..<Self.valid.count {
      #expect(throws: CheckpointError.self) {
        try Self.valid.withUnsafeBytes { buffer in
          try SafetensorsHeader(of: UnsafeRawBufferPointer(rebasing: buffer.prefix(count)), path: "fuzz")
        }
      }
    }
  }

  @Test(arguments: 0..<4) func randomDamageNeverTraps(seed: Int) {
    var random = Stream(state: UInt64(seed) &* 7919 &+ 1)
    let digits = Array("0123456789-.eE[]{},:\"\\u ".utf8)
    for round in 0..<4000 {
      var bytes = Self.valid
      for _ in 0...random.next(below: 4) {
        let place = random.next(below: bytes.count)
        switch random.next(below: 6) {
        case 0: bytes[place] ^= 1 << UInt8(random.next(below: 8))
        case 1: bytes[place] = UInt8(random.next(below: 256))
        // Damage that stays close to JSON gets past the first checks.
        case 2, 3: bytes[place] = digits[random.next(below: digits.count)]
        case 4: bytes.insert(digits[random.next(below: digits.count)], at: place)
        default: bytes.remove(at: place)
        }
      }
      // The length is repaired in half of the rounds, as otherwise every insertion is caught by it.
      if round % 2 == 0, bytes.count > 60 {
        bytes.replaceSubrange(
          0..<8, with: withUnsafeBytes(of: UInt64(bytes.count - 8 - 43).littleEndian, Array.init))
      }
      #expect(survives(bytes), "seed \(seed), round \(round)")
    }
  }
}
