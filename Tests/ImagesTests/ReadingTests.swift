import Foundation
import Testing

@testable import Images

@Suite("Reading and writing image files")
struct ReadingTests {
  static func picture(width: Int, height: Int, seed: UInt64 = 1) -> RGBImage {
    var state = seed
    return RGBImage(
      width: width, height: height,
      pixels: (0..<3 * width * height).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
      })
  }

  static func temporary(_ data: Data, name: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "images-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let url = folder.appending(path: name)
    try data.write(to: url)
    return url.path
  }

  @Test("a PNG comes back pixel for pixel, and its texts too", arguments: [(1, 1), (3, 17), (64, 5)])
  func pngRoundTrip(width: Int, height: Int) throws {
    let image = Self.picture(width: width, height: height)
    let texts = [
      PNGText(keyword: "parameters", text: "a green apple\nSteps: 16, Seed: 7"),
      PNGText(keyword: "scispool", text: "{\"prompt\":\"süßes 水 😀\"}"),
    ]
    let data = image.pngData(texts: texts)
    #expect(try RGBImage(decoding: data, path: "memory") == image)
    #expect(RGBImage.pngTexts(in: data) == texts)
    let path = try Self.temporary(data, name: "a picture\n-x.png")
    let size = try RGBImage.size(of: path)
    #expect(size.width == width && size.height == height)
  }

  /// 7 × 6 pixels, red 30x, green 40y, blue 9xy; written pass by pass (Adam7) with 8 bits, and with 16 (each level 257-fold).
  @Test(
    "an interlaced PNG is read in its pixels' order, with 8 and with 16 bits",
    arguments: [
      """
      iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGCAIAAAH3ayO3AAAAfUlEQVR42hWMoQ0DQQwEl4YEPH3p0AGTp4dcwEOHuoYrwB08DTK2UoOLcAmh6ST3C1Ya\
      rWaBFbsrYPEGA7mA48z4AgKWbnKmTDRAAV9rk01luChadI3psRxCowfTprQbdacjadzXzXa2ofYym25X2gcotDq4VOuySq9f1vMPNl0pQPbHz2wAAAAASUVO\
      RK5CYII=
      """,
      """
      iVBORw0KGgoAAAANSUhEUgAAAAcAAAAGEAIAAAGn+//0AAAAtUlEQVR42i1OoREDQQh8GxMR+zOnTmDenqKASGKp4QvYDt5GoZnUQBGUEJtOcnyygmGX\
      XWBZfgD+jXsR9+dzYS4h4tSZ3e/3CPf3e1KRkkR6B0RqILLvS2vlVa1qdgZbE7ndVEXGMBOZw9bce1d133cz9/MEUXmJLhdmokoQrStA1LsZ0bZFEI3x\
      f7Y1YF2ZgTFUgccDE7UPOI4I4PWa1syyZm4bc6ZOZB4HkBlhlvn5RGRer1+7aFJ/rSSsDgAAAABJRU5ErkJggg==
      """,
    ])
  func interlaced(base64: String) throws {
    let image = try RGBImage(decoding: try #require(Data(base64Encoded: base64)), path: "memory")
    #expect(image.width == 7 && image.height == 6)
    let expected = (0..<42).flatMap { pixel -> [UInt8] in
      let (x, y) = (pixel % 7, pixel / 7)
      return [UInt8(30 * x), UInt8(40 * y), UInt8(9 * x * y % 256)]
    }
    #expect(image.pixels == expected)
  }

  @Test("nothing and everything is kept of a colour over white, the rest is mixed")
  func compositing() {
    #expect(RGBImage.overWhite(7, alpha: 255) == 7)
    #expect(RGBImage.overWhite(7, alpha: 0) == 255)
    for level in stride(from: 0, through: 255, by: 5) {
      for alpha in 1..<255 {
        let exact = (Double(level) * Double(alpha) + 255 * Double(255 - alpha)) / 255
        #expect(abs(Double(RGBImage.overWhite(UInt8(level), alpha: alpha)) - exact) <= 1)
      }
    }
  }

  @Test(
    "each EXIF orientation and its opposite undo each other",
    arguments: [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 8), (7, 7), (8, 6)])
  func orientation(there: Int, back: Int) {
    let image = Self.picture(width: 5, height: 3)
    #expect(image.turned(exifOrientation: there).turned(exifOrientation: back) == image)
  }

  @Test("orientation 6 puts the stored left column on top, read from the bottom up")
  func quarterTurn() {
    let image = Self.picture(width: 4, height: 2)
    let turned = image.turned(exifOrientation: 6)
    #expect(turned.width == 2 && turned.height == 4)
    #expect(Array(turned.pixels.prefix(3)) == Array(image.pixels[12..<15]))
  }

  @Test("what is no image is refused by name and reason")
  func refusals() throws {
    let text = try Self.temporary(Data("hello".utf8), name: "note.png")
    #expect { try RGBImage(contentsOf: text) } throws: {
      "\($0)".contains("note.png: this is neither a PNG nor a JPEG")
    }
    let folder = URL(filePath: text).deletingLastPathComponent().path
    #expect { try RGBImage(contentsOf: folder) } throws: { "\($0)".contains("not a regular file") }
    #expect { try RGBImage(contentsOf: folder + "/missing.png") } throws: { "\($0)".contains("No such file") }
    let whole = Self.picture(width: 40, height: 40).pngData()
    #expect { try RGBImage(decoding: whole.prefix(whole.count / 2), path: "half.png") } throws: {
      "\($0)".contains("damaged")
    }
    var limits = ImageLimits.standard
    limits.side = 39
    #expect { try RGBImage(decoding: whole, path: "wide.png", limits: limits) } throws: {
      "\($0)".contains("40×40 pixels")
    }
  }

  @Test("a header that promises 50,000 pixels a side is refused before memory is taken")
  func hugeHeader() {
    var data = Self.picture(width: 1, height: 1).pngData()
    // Width and height of IHDR, and its checksum over type and content.
    data.replaceSubrange(16..<24, with: [0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50])
    var crc: UInt32 = 0xffff_ffff
    for byte in data[12..<29] {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }
    data.replaceSubrange(29..<33, with: withUnsafeBytes(of: (~crc).bigEndian, Array.init))
    #expect { try RGBImage(decoding: data, path: "huge.png") } throws: { "\($0)".contains("50000×50000") }
  }

  @Test("a chunk beside the pixels may have 8 MB, and none more than the file has")
  func largeChunks() throws {
    let image = Self.picture(width: 2, height: 2)
    let png = image.pngData()
    func withText(_ length: Int, missing: Int = 0) -> Data {
      let size = withUnsafeBytes(of: UInt32(length).bigEndian) { Data($0) }
      let text = Data("tEXt".utf8) + Data(repeating: 0x61, count: length - missing) + Data(count: 4)
      // Behind signature and header. The checksum is wrong: libpng passes such a chunk over once it has read it.
      return png.prefix(33) + size + text + png.dropFirst(33)
    }
    #expect(try RGBImage(decoding: withText(8 << 20), path: "large.png") == image)
    #expect { try RGBImage(decoding: withText(16 << 20), path: "larger.png") } throws: {
      "\($0)".contains("a chunk of 16777216 bytes beside the pixels, more than 8388608")
    }
    // It says 1 GB, which libpng would set aside before it looks.
    #expect { try RGBImage(decoding: withText(1 << 30, missing: (1 << 30) - 4), path: "cut.png") } throws: {
      "\($0)".contains("the file ends before the image does")
    }
  }

  @Test("damaged files are errors or images, never a trap")
  func fuzz() {
    let whole = Self.picture(width: 9, height: 7).pngData(texts: [PNGText(keyword: "parameters", text: "x")])
    var state: UInt64 = 99
    // Small limits: mutated headers promise pictures of any size.
    var limits = ImageLimits.standard
    limits.pixels = 10_000
    for _ in 0..<3000 {
      var data = whole
      for _ in 0..<3 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        data[Int(state >> 33) % data.count] = UInt8(truncatingIfNeeded: state >> 17)
      }
      _ = try? RGBImage(decoding: data, path: "fuzzed.png", limits: limits)
      _ = RGBImage.pngTexts(in: data)
    }
  }
}
