import Checkpoints
import Images
import Tensors

/// Turns pictures into the normalised pixels that the detector takes.
///
/// transformers 5.23.0 `models/grounding_dino/image_processing_pil_grounding_dino.py`: scaled so that the shorter side has its
/// length unless the longer one would exceed its own, normalised, then padded with zeros to the largest of a batch.
package struct GroundingDinoImageProcessor: Sendable {
  package let configuration: Configuration
  /// The normalised value of every level, one row a channel.
  private let normalized: [[Float]]

  package init(_ configuration: Configuration = Configuration()) {
    self.configuration = configuration
    normalized = (0..<3).map { channel in
      (0..<256).map { level in
        // The reference scales in float64, rounds to float32 and normalises there.
        let scaled = Float(Double(level) * configuration.rescaleFactor)
        return (scaled - configuration.mean[channel]) / configuration.deviation[channel]
      }
    }
  }

  /// Reads `preprocessor_config.json` of a folder.
  package init(folder: String) throws(CheckpointError) {
    self.init(try Configuration(ModelConfiguration(path: "\(folder)/preprocessor_config.json")))
  }

  /// The picture scaled and normalised, without padding.
  ///
  /// - Throws: ``ImageError`` for a picture whose scaled size would have no pixels, or too many.
  package func pixels(of image: RGBImage, name: String = "image") throws(ImageError) -> PaddedImage {
    let size = configuration.scaling.size(width: image.width, height: image.height)
    guard size.width > 0, size.height > 0, size.width * size.height <= ImageLimits.standard.pixels else {
      throw ImageError(
        path: name,
        problem: "\(image.width)×\(image.height) pixels become \(size.width)×\(size.height) when scaled",
        hint: "Crop it to a shape less long and thin")
    }
    let scaled = image.resized(width: size.width, height: size.height, filter: configuration.filter)
    return Self.planes(of: scaled, levels: normalized)
  }

  /// Pictures of a batch, all on a canvas of the same size.
  package func batch(of images: [RGBImage]) throws(ImageError) -> [PaddedImage] {
    var batch: [PaddedImage] = []
    for (index, image) in images.enumerated() {
      batch.append(try pixels(of: image, name: "image \(index + 1) of \(images.count)"))
    }
    let (height, width) = (batch.map(\.height).max() ?? 0, batch.map(\.width).max() ?? 0)
    return batch.map { $0.padded(height: height, width: width) }
  }

  /// The picture's levels as numbers from 0 to 1, neither scaled nor normalised.
  package static func raw(_ image: RGBImage) -> PaddedImage {
    planes(
      of: image, levels: [[Float]](repeating: (0..<256).map { Float($0) / 255 }, count: 3))
  }

  private static func planes(of image: RGBImage, levels: [[Float]]) -> PaddedImage {
    let count = image.width * image.height
    let values = Tensor(shape: [3, image.height, image.width]) { target in
      image.pixels.withUnsafeBufferPointer { bytes in
        for channel in 0..<3 {
          levels[channel].withUnsafeBufferPointer { levels in
            for pixel in 0..<count {
              target[channel * count + pixel] = levels[Int(bytes[3 * pixel + channel])]
            }
          }
        }
      }
    }
    return PaddedImage(pixelValues: values, validHeight: image.height, validWidth: image.width)
  }
}
