import Images

extension RGBImage {
  /// The picture about as a small autoencoder gives it back: half the resolution, enlarged again, grain in every channel.
  ///
  /// - Parameter grain: Standard deviation of the noise, in levels of 255; each channel has its own.
  package func blurred(grain: Double, random: inout SceneRandom) -> RGBImage {
    let (halfWidth, halfHeight) = (max(1, width / 2), max(1, height / 2))
    var half = [Double](repeating: 0, count: 3 * halfWidth * halfHeight)
    for y in 0..<halfHeight {
      for x in 0..<halfWidth {
        for channel in 0..<3 {
          var sum = 0
          for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let (column, row) = (min(2 * x + dx, width - 1), min(2 * y + dy, height - 1))
            sum += Int(pixels[3 * (row * width + column) + channel])
          }
          half[3 * (y * halfWidth + x) + channel] = Double(sum) / 4
        }
      }
    }
    var blurred = self
    for y in 0..<height {
      let (upper, lower, down) = Self.neighbours(of: y, among: halfHeight)
      for x in 0..<width {
        let (left, right, across) = Self.neighbours(of: x, among: halfWidth)
        for channel in 0..<3 {
          func level(_ row: Int, _ column: Int) -> Double { half[3 * (row * halfWidth + column) + channel] }
          let above = level(upper, left) * (1 - across) + level(upper, right) * across
          let below = level(lower, left) * (1 - across) + level(lower, right) * across
          // The sum of three uniforms on -1...1 has variance 1.
          let noise = random.uniform(-1...1) + random.uniform(-1...1) + random.uniform(-1...1)
          let sum = above * (1 - down) + below * down + grain * noise
          blurred.pixels[3 * (y * width + x) + channel] = UInt8(max(0, min(255, sum.rounded())))
        }
      }
    }
    return blurred
  }

  /// The two samples of the half-size axis around a full-size pixel's centre, and the second one's weight.
  private static func neighbours(of position: Int, among count: Int) -> (Int, Int, Double) {
    let place = (Double(position) - 0.5) / 2
    let first = place.rounded(.down)
    return (max(0, min(count - 1, Int(first))), max(0, min(count - 1, Int(first) + 1)), place - first)
  }
}
