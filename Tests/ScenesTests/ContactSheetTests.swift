import Images
import Testing

@testable import Scenes

@Suite struct ContactSheetTests {
  private func plain(_ red: UInt8, _ green: UInt8, _ blue: UInt8, side: Int = 16) -> RGBImage {
    RGBImage(
      width: side, height: side, pixels: (0..<(side * side)).flatMap { _ in [red, green, blue] })
  }

  private func pixel(_ image: RGBImage, _ x: Int, _ y: Int) -> [UInt8] {
    Array(image.pixels[(3 * (y * image.width + x))..<(3 * (y * image.width + x) + 3)])
  }

  @Test func `pictures stand in rows from left to right`() {
    let sheet = ContactSheet(columns: 2, cellSize: 64, captionLines: 0)
    let image = sheet.image(of: [.init(plain(255, 0, 0)), .init(plain(0, 255, 0)), .init(plain(0, 0, 255))])
    // Cells of 64 with gaps of 6.
    #expect(image.width == 6 + 2 * 70 && image.height == 6 + 2 * 70)
    #expect(pixel(image, 38, 38) == [255, 0, 0])
    #expect(pixel(image, 108, 38) == [0, 255, 0])
    #expect(pixel(image, 38, 108) == [0, 0, 255])
    #expect(pixel(image, 108, 108) == [255, 255, 255])
    #expect(pixel(image, 2, 2) == [255, 255, 255])
  }

  @Test func `captions are dark letters below their picture, and long ones stay in their column`() {
    let sheet = ContactSheet(title: "", columns: 2, cellSize: 96, captionLines: 2)
    let long = "a caption that is far too long for two lines of ninety six pixels and goes on and on"
    let image = sheet.image(of: [.init(plain(200, 200, 200), caption: long), .init(plain(200, 200, 200))])
    func darkPixels(_ columns: Range<Int>) -> Int {
      columns.reduce(0) { count, x in
        count + ((6 + 97)..<image.height).count { pixel(image, x, $0)[0] < 120 }
      }
    }
    #expect(darkPixels(6..<102) > 60)
    #expect(darkPixels(103..<image.width) == 0)
  }

  @Test func `marks frame a picture in their colour`() {
    let sheet = ContactSheet(columns: 3, cellSize: 64, captionLines: 0)
    let marks: [ContactSheet.Mark] = [.right, .wrong, .unclear]
    let image = sheet.image(of: marks.map { .init(plain(255, 255, 255), mark: $0) })
    let frames = (0..<3).map { pixel(image, 6 + 70 * $0 + 32, 6) }
    #expect(frames[0][1] > frames[0][0] && frames[0][1] > frames[0][2])
    #expect(frames[1][0] > frames[1][1] && frames[1][0] > frames[1][2])
    #expect(frames[2][0] < 200 && frames[2][0] > 100)
    #expect(pixel(image, 38, 38) == [255, 255, 255])
  }

  @Test func `an oblong picture keeps its proportions`() {
    let oblong = RGBImage(width: 32, height: 16, pixels: [UInt8](repeating: 0, count: 3 * 32 * 16))
    let image = ContactSheet(columns: 1, cellSize: 64, captionLines: 0).image(of: [.init(oblong)])
    #expect(pixel(image, 6 + 32, 6 + 16) == [0, 0, 0])
    #expect(pixel(image, 6 + 32, 6 + 48) == [255, 255, 255])
  }
}
