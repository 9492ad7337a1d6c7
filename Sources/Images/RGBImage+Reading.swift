import CJPEG
import CPNG
import Foundation

extension RGBImage {
  /// Reads a PNG or JPEG file by its content, whatever its name says.
  ///
  /// Any transparency is composited onto white, as transformers 5 does (`convert_to_rgb`), with Pillow's integer
  /// arithmetic. 16-bit samples keep their high byte; grey ones too, where Pillow clips them at 255. JPEG files are
  /// turned by their EXIF orientation.
  ///
  /// - Throws: ``ImageError`` naming the file and what was found: no such file, not a regular file, too large, neither
  ///   format, damaged, CMYK.
  package init(contentsOf path: String, limits: ImageLimits = .standard) throws(ImageError) {
    try self.init(decoding: Self.read(path, limits), path: path, limits: limits)
  }

  /// Width and height that ``init(contentsOf:limits:)`` would give, from the header alone.
  package static func size(of path: String, limits: ImageLimits = .standard) throws(ImageError) -> (
    width: Int, height: Int
  ) {
    let data = try read(path, limits)
    switch Format(data) {
    case .png:
      var header = cpng_image()
      guard data.withBytes({ cpng_read_header($0, $1, &header) }) == 0 else {
        throw damaged(path, "PNG", text(&header.message))
      }
      try limits.check(width: Int(header.width), height: Int(header.height), path: path)
      return (Int(header.width), Int(header.height))
    case .jpeg:
      let header = try jpegHeader(data, path: path, limits: limits)
      let (width, height) = (Int(header.width), Int(header.height))
      return header.orientation > 4 ? (height, width) : (width, height)
    case nil: throw unknown(path)
    }
  }

  /// Decodes a file's bytes; `path` is for messages.
  package init(decoding data: Data, path: String, limits: ImageLimits = .standard) throws(ImageError) {
    switch Format(data) {
    case .png: self = try Self.decodePNG(data, path: path, limits: limits)
    case .jpeg: self = try Self.decodeJPEG(data, path: path, limits: limits)
    case nil: throw Self.unknown(path)
    }
  }

  private enum Format {
    case png, jpeg

    init?(_ data: Data) {
      if data.starts(with: [0x89, 0x50, 0x4e, 0x47]) {
        self = .png
      } else if data.starts(with: [0xff, 0xd8, 0xff]) {
        self = .jpeg
      } else {
        return nil
      }
    }
  }

  private static func decodePNG(_ data: Data, path: String, limits: ImageLimits) throws(ImageError)
    -> RGBImage
  {
    var header = cpng_image()
    guard data.withBytes({ cpng_read_header($0, $1, &header) }) == 0 else {
      throw damaged(path, "PNG", text(&header.message))
    }
    let (width, height) = (Int(header.width), Int(header.height))
    try limits.check(width: width, height: height, path: path)
    var rgba = [UInt8](repeating: 0, count: 4 * width * height)
    guard data.withBytes({ cpng_decode($0, $1, &rgba, &header) }) == 0 else {
      throw damaged(path, "PNG", text(&header.message))
    }
    var pixels = [UInt8](repeating: 0, count: 3 * width * height)
    rgba.withUnsafeBufferPointer { rgba in
      pixels.withUnsafeMutableBufferPointer { pixels in
        for pixel in 0..<width * height {
          let alpha = Int(rgba[4 * pixel + 3])
          for channel in 0..<3 {
            pixels[3 * pixel + channel] = overWhite(rgba[4 * pixel + channel], alpha: alpha)
          }
        }
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  /// A channel with the given alpha on opaque white, in the fixed-point arithmetic of Pillow's `alpha_composite`.
  static func overWhite(_ level: UInt8, alpha: Int) -> UInt8 {
    if alpha == 255 { return level }
    if alpha == 0 { return 255 }
    let share = alpha * 255 * 255 * 128 / (255 * 255)
    let sum = Int(level) * share + 255 * (255 * 128 - share) + (0x80 << 7)
    return UInt8(truncatingIfNeeded: (((sum >> 8) + sum) >> 8) >> 7)
  }

  private static func jpegHeader(_ data: Data, path: String, limits: ImageLimits) throws(ImageError)
    -> cjpeg_image
  {
    var header = cjpeg_image()
    guard data.withBytes({ cjpeg_read_header($0, $1, &header) }) == 0 else {
      throw damaged(path, "JPEG", text(&header.message))
    }
    guard header.components == 1 || header.components == 3 else {
      throw ImageError(
        path: path, problem: "the JPEG has \(header.components) channels (CMYK)",
        hint: "Convert it to RGB first; how its inks should look depends on a colour profile")
    }
    try limits.check(width: Int(header.width), height: Int(header.height), path: path)
    return header
  }

  private static func decodeJPEG(_ data: Data, path: String, limits: ImageLimits) throws(ImageError)
    -> RGBImage
  {
    var header = try jpegHeader(data, path: path, limits: limits)
    let (width, height) = (Int(header.width), Int(header.height))
    var pixels = [UInt8](repeating: 0, count: 3 * width * height)
    guard data.withBytes({ cjpeg_decode($0, $1, &pixels, &header) }) == 0 else {
      throw damaged(path, "JPEG", text(&header.message))
    }
    return RGBImage(width: width, height: height, pixels: pixels).turned(
      exifOrientation: Int(header.orientation))
  }

  private static func read(_ path: String, _ limits: ImageLimits) throws(ImageError) -> Data {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw ImageError(path: path, problem: String(cString: strerror(errno)), hint: "Check the path")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ImageError(path: path, problem: "this is not a regular file", hint: "Name a PNG or JPEG file")
    }
    guard status.st_size <= limits.fileSize else {
      throw ImageError(
        path: path, problem: "the file has \(status.st_size) bytes",
        hint: "At most \(limits.fileSize) are read")
    }
    do { return try Data(contentsOf: URL(filePath: path)) } catch {
      throw ImageError(
        path: path, problem: "it cannot be read: \(error.localizedDescription)", hint: "Check its permissions"
      )
    }
  }

  private static func unknown(_ path: String) -> ImageError {
    ImageError(
      path: path, problem: "this is neither a PNG nor a JPEG file", hint: "Convert it to one of them")
  }

  private static func damaged(_ path: String, _ format: String, _ message: String) -> ImageError {
    ImageError(
      path: path, problem: "the \(format) file is damaged (\(message))", hint: "Copy or export it again")
  }

  /// The C string in a fixed array of chars.
  private static func text<Chars>(_ chars: inout Chars) -> String {
    withUnsafeBytes(of: &chars) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

extension Data {
  fileprivate func withBytes<Result>(_ body: (UnsafePointer<UInt8>, Int) -> Result) -> Result {
    withUnsafeBytes { body($0.bindMemory(to: UInt8.self).baseAddress!, $0.count) }
  }
}

extension RGBImage {
  /// The picture as it should be seen, given how the camera was held (EXIF tag 0x0112, 1...8).
  func turned(exifOrientation orientation: Int) -> RGBImage {
    guard (2...8).contains(orientation) else { return self }
    let swaps = orientation > 4
    let (w, h) = swaps ? (height, width) : (width, height)
    var turned = [UInt8](repeating: 0, count: pixels.count)
    for y in 0..<h {
      for x in 0..<w {
        let (sx, sy) =
          switch orientation {
          case 2: (width - 1 - x, y)
          case 3: (width - 1 - x, height - 1 - y)
          case 4: (x, height - 1 - y)
          case 5: (y, x)
          case 6: (y, height - 1 - x)
          case 7: (width - 1 - y, height - 1 - x)
          default: (width - 1 - y, x)
          }
        for c in 0..<3 { turned[3 * (y * w + x) + c] = pixels[3 * (sy * width + sx) + c] }
      }
    }
    return RGBImage(width: w, height: h, pixels: turned)
  }
}
