/// One image-like map, channels last: `[height][width][channels]` float32 in one piece.
///
/// Channels last keeps a pixel's channels together, so convolutions are matrix products over contiguous rows and a map
/// is a list of tokens without copying. The values are not initialised by making a map.
package final class FeatureMap: @unchecked Sendable {
  // Unchecked: a map is written by the one operation that makes it, in disjoint parts, and read only afterwards.
  package let height: Int
  package let width: Int
  package let channels: Int
  private let block: FloatMemory.Block

  package init(height: Int, width: Int, channels: Int) {
    precondition(height > 0 && width > 0 && channels > 0, "a map of \(height)×\(width)×\(channels)")
    self.height = height
    self.width = width
    self.channels = channels
    block = FloatMemory.allocate(height * width * channels)
  }

  deinit { FloatMemory.free(block) }

  package var values: UnsafeMutablePointer<Float> { block.floats }
  package var pixels: Int { height * width }
  package var count: Int { pixels * channels }

  /// One image of a batch `[B, channels, height, width]`.
  package convenience init(channelsFirst batch: Tensor, index: Int) {
    precondition(
      batch.shape.count == 4 && (0..<batch.shape[0]).contains(index), "image \(index) of \(batch.shape)")
    self.init(height: batch.shape[2], width: batch.shape[3], channels: batch.shape[1])
    batch.withValues { source in
      for channel in 0..<channels {
        let plane = (index * channels + channel) * pixels
        for pixel in 0..<pixels { values[pixel * channels + channel] = source[plane + pixel] }
      }
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
