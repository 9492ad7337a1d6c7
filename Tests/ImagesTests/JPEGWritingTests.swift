import Foundation
import Testing

@testable import Images

@Suite struct JPEGWritingTests {
  @Test(arguments: [(1, 1), (17, 3), (64, 48)]) func aSmoothPictureComesBackAlmostTheSame(
    width: Int, height: Int
  ) throws {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width { pixels += [UInt8(40 + x), UInt8(60 + 2 * y), UInt8(200 - x - y)] }
    }
    let image = RGBImage(width: width, height: height, pixels: pixels)
    let read = try RGBImage(decoding: image.jpegData(quality: 95), path: "memory")
    #expect(read.width == width && read.height == height)
    #expect(zip(read.pixels, pixels).allSatisfy { abs(Int($0) - Int($1)) <= 8 })
  }

  @Test func lessQualityIsLessBytes() {
    let image = ReadingTests.picture(width: 64, height: 64)
    #expect(image.jpegData(quality: 30).count < image.jpegData(quality: 90).count)
  }
}
