import Testing

@testable import Tokenizers

@Suite struct PrecompiledCharsmapTests {
  /// A double array that maps the byte "A" to "a" and "B" to nothing.
  ///
  /// Units: root at 0 with offset 1, so that byte b lies at 1 ^ b; there label b, an offset, a leaf flag;
  /// the leaf at (1 ^ b) ^ offset holds the place in the replacements.
  private func map() throws -> PrecompiledCharsmap {
    var units = [UInt32](repeating: 0, count: 256)
    units[0] = 1 << 10
    for (byte, leaf, place) in [(0x41, 200, 0), (0x42, 201, 2)] {
      let node = 1 ^ byte
      units[node] = UInt32(byte) | 0x100 | UInt32(node ^ leaf) << 10
      units[leaf] = UInt32(place) | 0x8000_0000
    }
    let size = UInt32(units.count * 4)
    let bytes = ([size] + units).flatMap { unit in (0..<4).map { UInt8(truncatingIfNeeded: unit >> (8 * $0)) }
    }
    return try #require(PrecompiledCharsmap(bytes + Array("a\0\0".utf8)))
  }

  @Test func replacesWhatItKnowsAndKeepsTheRest() throws {
    #expect(try map().normalized("CABBA水") == "Caa水")
  }

  @Test func theShortestHitReplacesTheWholeCluster() throws {
    // "A" with an acute accent is one cluster of three bytes; the map knows its first byte.
    #expect(try map().normalized("A\u{301}C") == "aC")
  }

  @Test func longClustersAreLookedUpScalarByScalar() throws {
    let marks = "\u{301}\u{302}\u{303}"
    #expect(try Array(map().normalized("A" + marks).unicodeScalars) == Array(("a" + marks).unicodeScalars))
  }

  @Test func mapsWhoseSizesDoNotFitAreRefused() {
    #expect(PrecompiledCharsmap([]) == nil)
    #expect(PrecompiledCharsmap([8, 0, 0, 0, 1, 2, 3, 4]) == nil)
    #expect(PrecompiledCharsmap([3, 0, 0, 0, 1, 2, 3, 4]) == nil)
  }

  @Test func aDamagedTrieNeverReadsOutOfBounds() throws {
    let unit: [UInt8] = [0xFF, 0xFF, 0xFF, 0x7F]
    let map = try #require(PrecompiledCharsmap([8, 0, 0, 0] + unit + unit))
    #expect(map.normalized("any text") == "any text")
  }
}
