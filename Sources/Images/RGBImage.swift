/// An 8-bit RGB picture: rows from top to bottom, three bytes (red, green, blue) a pixel.
package struct RGBImage: Equatable, Sendable {
  package let width: Int
  package let height: Int
  /// `3 · width · height` bytes; the pixel at column x, row y starts at `3 · (y · width + x)`.
  package var pixels: [UInt8]

  package init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "an image has at least one pixel, not \(width)×\(height)")
    precondition(
      pixels.count == 3 * width * height,
      "\(width)×\(height) RGB needs \(3 * width * height) bytes, not \(pixels.count)")
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
