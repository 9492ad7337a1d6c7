import Images

/// A perceptual hash of 64 bits (dHash, Krawetz 2013): equal for pictures that look alike at a glance.
///
/// The picture is reduced to 9×8 pixels (Pillow's bilinear filter) of luma 0.299 R + 0.587 G + 0.114 B. Bit 8·row + column,
/// counted from the lowest, says whether a pixel is brighter than its right neighbour. Scaling, recompression and changes of
/// brightness keep it; cropping and mirroring do not. It does not see colour: ``ColourHash`` does.
struct DifferenceHash: Hashable {
  let bits: UInt64

  init(bits: UInt64) { self.bits = bits }

  init(of picture: RGBImage) {
    let small = picture.resized(width: 9, height: 8, filter: .bilinear)
    let luma = (0..<72).map { Self.luma(small, $0) }
    bits = (0..<64).reduce(UInt64(0)) { bits, bit -> UInt64 in
      let place = bit / 8 * 9 + bit % 8
      return luma[place] > luma[place + 1] ? bits | 1 << UInt64(bit) : bits
    }
  }

  /// A reduced picture's luma at one place, in thousandths of a level.
  private static func luma(_ small: RGBImage, _ place: Int) -> Int {
    let channels = small.pixels[(3 * place)..<(3 * place + 3)].map(Int.init)
    return 299 * channels[0] + 587 * channels[1] + 114 * channels[2]
  }

  /// Sixteen hexadecimal digits.
  var text: String {
    let digits = String(bits, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Bits in which the hashes differ.
  func distance(to other: DifferenceHash) -> Int { (bits ^ other.bits).nonzeroBitCount }

  /// Calls `found` once for each pair of places whose hashes differ in at most `limit` bits.
  ///
  /// Two such hashes agree in at least one of `limit + 1` stretches of bits, so only hashes that share a stretch are compared.
  static func closePairs(
    _ hashes: [DifferenceHash], limit: Int, found: (_ first: Int, _ second: Int, _ bits: Int) throws -> Void
  ) rethrows {
    let bands = (0...limit).map { band -> UInt64 in
      let (low, high) = (64 * band / (limit + 1), 64 * (band + 1) / (limit + 1))
      return (high == 64 ? UInt64.max : (1 << UInt64(high)) - 1) & ~((1 << UInt64(low)) - 1)
    }
    for (number, band) in bands.enumerated() {
      let groups = Dictionary(grouping: hashes.indices, by: { hashes[$0].bits & band })
      for places in groups.values where places.count > 1 {
        for (offset, first) in places.enumerated() {
          for second in places[(offset + 1)...] {
            let difference = hashes[first].bits ^ hashes[second].bits
            // Pairs that share several stretches are told of at the first.
            guard difference.nonzeroBitCount <= limit,
              !bands[..<number].contains(where: { difference & $0 == 0 })
            else { continue }
            try found(first, second, difference.nonzeroBitCount)
          }
        }
      }
    }
  }
}
