/// Why an image file cannot be used, told to whoever named it.
package struct ImageError: Error, Equatable, CustomStringConvertible {
  package let path: String
  /// What was found.
  package let problem: String
  /// What to do about it.
  package let hint: String

  package init(path: String, problem: String, hint: String) {
    (self.path, self.problem, self.hint) = (path, problem, hint)
  }

  package var description: String { "\(path): \(problem). \(hint)" }
}

/// What an image file may cost before a byte of its pixels is decoded.
package struct ImageLimits: Sendable {
  /// Bytes of the file.
  package var fileSize = 256 << 20
  /// Pixels along either side.
  package var side = 32_768
  /// Pixels in all; a decoded pixel takes up to seven bytes for a moment.
  package var pixels = 64 << 20

  package init() {}

  package static let standard = ImageLimits()

  func check(width: Int, height: Int, path: String) throws(ImageError) {
    guard width > 0, height > 0, width <= side, height <= side, width * height <= pixels else {
      throw ImageError(
        path: path, problem: "the image is \(width)×\(height) pixels",
        hint: "At most \(side) along a side and \(pixels) in all are read: scale it down first")
    }
  }
}
