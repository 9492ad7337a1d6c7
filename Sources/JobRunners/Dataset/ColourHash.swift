import Images

/// The colours of a picture at a glance, apart from their brightness: what tells the green apple from the red one.
///
/// The picture is reduced to 4×4 pixels (Pillow's bilinear filter); each keeps R and B, less its luma.
struct ColourHash: Equatable {
  private let chroma: [Int]

  /// Levels of 255 by which the same place of two pictures may differ in colour and still look alike.
  static let tolerance = 24

  init(of picture: RGBImage) {
    let small = picture.resized(width: 4, height: 4, filter: .bilinear)
    chroma = (0..<16).flatMap { place -> [Int] in
      let channels = small.pixels[(3 * place)..<(3 * place + 3)].map(Int.init)
      let luma = (299 * channels[0] + 587 * channels[1] + 114 * channels[2]) / 1000
      return [channels[0] - luma, channels[2] - luma]
    }
  }

  func looksLike(_ other: ColourHash) -> Bool {
    zip(chroma, other.chroma).allSatisfy { abs($0 - $1) <= Self.tolerance }
  }
}
