/// SentencePiece's compiled character map: which clusters a text normaliser replaces, and by what.
///
/// Layout: trie size in bytes (UInt32), a Darts double array of UInt32 units, then NUL-terminated replacements. The
/// walk follows tokenizers 0.23.3 (`spm_precompiled`), which differs from Google's SentencePiece: it looks
/// up whole extended grapheme clusters below 6 bytes and takes the *shortest* hit for all of the cluster.
struct PrecompiledCharsmap: Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]

  /// Reads a map; nil when the sizes in it do not fit its length.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 4 else { return nil }
    func unit(at offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }
    let trieSize = Int(unit(at: 0))
    guard trieSize > 0, trieSize % 4 == 0, 4 + trieSize <= bytes.count else { return nil }
    units = stride(from: 4, to: 4 + trieSize, by: 4).map(unit(at:))
    replacements = Array(bytes[(4 + trieSize)...])
  }

  /// The text with every mapped cluster or scalar replaced.
  func normalized(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for cluster in text {
      let clusterBytes = cluster.utf8
      if clusterBytes.count < 6, let replacement = replacement(for: clusterBytes) {
        bytes.append(contentsOf: replacement)
        continue
      }
      for scalar in cluster.unicodeScalars {
        let scalarBytes = UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
        if let replacement = replacement(for: scalarBytes) {
          bytes.append(contentsOf: replacement)
        } else {
          bytes.append(contentsOf: scalarBytes)
        }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The replacement of the shortest prefix of `key` that the map knows.
  private func replacement(for key: some Sequence<UInt8>) -> ArraySlice<UInt8>? {
    var position = 0
    var unit = units[0]
    position ^= Self.offset(unit)
    for byte in key {
      if byte == 0 { return nil }
      position ^= Int(byte)
      guard position < units.count else { return nil }
      unit = units[position]
      guard unit & 0x8000_00FF == UInt32(byte) else { return nil }
      position ^= Self.offset(unit)
      if unit & 0x100 != 0 {
        guard position < units.count else { return nil }
        return replacement(at: Int(units[position] & 0x7FFF_FFFF))
      }
    }
    return nil
  }

  private func replacement(at start: Int) -> ArraySlice<UInt8>? {
    guard start < replacements.count else { return nil }
    let end = replacements[start...].firstIndex(of: 0) ?? replacements.count
    return replacements[start..<end]
  }

  /// Darts: the distance to a unit's children, stored shifted where it is large.
  private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 0x200) >> 6) }
}
