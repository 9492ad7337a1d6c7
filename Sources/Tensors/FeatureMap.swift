import Glibc

/// One image-like map, channels last: `[height][width][channels]` float32 in one piece.
///
/// Channels last keeps a pixel's channels together, so convolutions are matrix products over contiguous rows and a map
/// is a list of tokens without copying. The values are not initialised by making a map.
package final class FeatureMap: @unchecked Sendable {
  // Unchecked: a map is written by the one operation that makes it, in disjoint parts, and read only afterwards.
  package let height: Int
  package let width: Int
  package let channels: Int
  package let values: UnsafeMutablePointer<Float>

  package init(height: Int, width: Int, channels: Int) {
    precondition(height > 0 && width > 0 && channels > 0, "a map of \(height)×\(width)×\(channels)")
    self.height = height
    self.width = width
    self.channels = channels
    values = UnsafeMutableRawPointer.allocate(byteCount: height * width * channels * 4, alignment: 64)
      .bindMemory(to: Float.self, capacity: height * width * channels)
  }

  deinit { values.deallocate() }

  package var pixels: Int { height * width }
  package var count: Int { pixels * channels }

  /// A map of `[channels][height][width]` values.
  package convenience init(channelsFirst source: UnsafeBufferPointer<Float>, height: Int, width: Int) {
    let pixels = height * width
    self.init(height: height, width: width, channels: source.count / pixels)
    precondition(source.count == count, "\(source.count) values for a map of \(height)×\(width)")
    for channel in 0..<channels {
      for pixel in 0..<pixels { values[pixel * channels + channel] = source[channel * pixels + pixel] }
    }
  }

  /// Writes the values as `[channels][height][width]`.
  package func copyChannelsFirst(to target: UnsafeMutableBufferPointer<Float>) {
    precondition(target.count == count, "\(target.count) places for a map of \(count) values")
    for channel in 0..<channels {
      for pixel in 0..<pixels { target[channel * pixels + pixel] = values[pixel * channels + channel] }
    }
  }
}
