import CJPEG
import Foundation

extension RGBImage {
  /// The picture as a JPEG file, for copies that people look at; what is measured is kept as PNG.
  ///
  /// - Parameter quality: 1...100, on libjpeg's scale.
  package func jpegData(quality: Int = 85) -> Data {
    precondition((1...100).contains(quality), "quality is 1...100, not \(quality)")
    precondition(max(width, height) <= 65_500, "a JPEG has at most 65500 rows and columns")
    var (bytes, count): (UnsafeMutablePointer<UInt8>?, Int) = (nil, 0)
    var status = cjpeg_image()
    let result = cjpeg_encode(
      pixels, UInt32(width), UInt32(height), Int32(quality), &bytes, &count, &status)
    // Encoding valid pixels into memory has no input of anybody's to fail on.
    guard result == 0, let bytes else {
      preconditionFailure("libjpeg cannot encode \(width)×\(height) pixels")
    }
    return Data(bytesNoCopy: bytes, count: count, deallocator: .free)
  }
}
