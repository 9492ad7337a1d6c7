import Foundation
import Images

/// A PNG or JPEG file: its pixels, its size alone, and its texts.
enum PictureFuzzing: FuzzTarget {
  private static let limits: ImageLimits = {
    // Of pictures that are allowed to be large, libpng's and our own zeroing of memory is all that would be seen.
    var limits = ImageLimits()
    limits.pixels = 1 << 18
    return limits
  }()

  static func run(_ bytes: [UInt8]) {
    let data = Data(bytes)
    do throws(ImageError) {
      let image = try RGBImage(decoding: data, path: "picture", limits: limits)
      require(image.pixels.count == 3 * image.width * image.height, "every pixel is there")
    } catch { require(!error.problem.isEmpty, "a refusal says why") }
    _ = RGBImage.pngTexts(in: data)
  }

  static func mutate(_ bytes: [UInt8], with random: inout Random) -> [UInt8] {
    bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) ? PNGMutation.apply(to: bytes, with: &random) : bytes
  }
}
