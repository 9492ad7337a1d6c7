import Testing

@testable import Images

@Suite("Resampling")
struct ResamplingTests {
  @Test("a flat picture stays flat at every size", arguments: [(1, 1), (7, 3), (50, 90)])
  func flat(width: Int, height: Int) {
    let flat = RGBImage(width: 13, height: 11, pixels: [UInt8](repeating: 77, count: 3 * 13 * 11))
    for filter in [ResamplingFilter.bilinear, .bicubic] {
      let scaled = flat.resized(width: width, height: height, filter: filter)
      #expect(scaled.width == width && scaled.height == height && scaled.pixels.allSatisfy { $0 == 77 })
    }
  }

  @Test("the same size is the same picture")
  func identity() {
    let image = ReadingTests.picture(width: 6, height: 4)
    #expect(image.resized(width: 6, height: 4, filter: .bicubic) == image)
  }

  @Test("halving a bilinear step averages with the triangle's weights")
  func bilinearHalf() {
    let image = RGBImage(width: 4, height: 1, pixels: [0, 0, 0, 80, 80, 80, 160, 160, 160, 240, 240, 240])
    let half = image.resized(width: 2, height: 1, filter: .bilinear)
    // Weights 3/8 (nearest two) and 1/8 within the picture: (3·0 + 3·80 + 160)/7 and its mirror.
    #expect(half.pixels[0] == 57 && half.pixels[3] == 183)
  }

  @Test("cropping takes the middle, padding surrounds with black")
  func cropping() {
    let image = ReadingTests.picture(width: 5, height: 5)
    let inner = image.centreCropped(width: 2, height: 2)
    #expect(Array(inner.pixels[0..<3]) == Array(image.pixels[(1 * 5 + 1) * 3..<(1 * 5 + 1) * 3 + 3]))
    let outer = image.centreCropped(width: 8, height: 8)
    #expect(outer.pixels[0] == 0)
    #expect(Array(outer.pixels[(2 * 8 + 2) * 3..<(2 * 8 + 2) * 3 + 3]) == Array(image.pixels[0..<3]))
  }
}
