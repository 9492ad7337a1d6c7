import Checkpoints
import Foundation
import Images
import Tensors

/// Turns pictures into the normalised pixels that the vision tower takes.
///
/// transformers 5.23.0 `models/clip/image_processing_pil_clip.py` over `image_processing_backends.py`, `PilBackend`: the shorter side
/// is scaled to its length (the longer one rounded down), the middle cut out, levels scaled and normalised.
/// Scaling and cropping agree byte for byte; with torchvision installed transformers takes another way, up to
/// one level off in some pixels.
package struct CLIPImageProcessor: Sendable {
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
  ///
  /// - Throws: ``CheckpointError`` naming the key; also when images of different shapes would come out in different sizes.
  package init(folder: String) throws(CheckpointError) {
    let file = try ModelConfiguration(path: "\(folder)/preprocessor_config.json")
    let configuration = try Configuration(file)
    guard configuration.outputSize != nil else {
      throw file.error(
        "do_center_crop", "leaves images in different sizes",
        expected: "true, or a size with width and height")
    }
    self.init(configuration)
  }

  /// The picture as bytes just before scaling to numbers: resized and cropped.
  ///
  /// - Throws: ``ImageError`` for a picture so long and thin that scaling its shorter side would fill the memory.
  package func cropped(_ image: RGBImage, name: String = "image") throws(ImageError) -> RGBImage {
    let size = scaledSize(width: image.width, height: image.height)
    guard size.width * size.height <= ImageLimits.standard.pixels else {
      throw ImageError(
        path: name,
        problem: "\(image.width)×\(image.height) pixels become \(size.width)×\(size.height) when scaled",
        hint: "Crop it to a shape less long and thin")
    }
    let scaled = image.resized(width: size.width, height: size.height, filter: configuration.filter)
    guard let crop = configuration.crop else { return scaled }
    return scaled.centreCropped(width: crop.width, height: crop.height)
  }

  /// Normalised pixels of several pictures, `[B, 3, height, width]`.
  ///
  /// - Throws: ``ImageError``, its path being the picture's name if `names` has one, else its place in the batch.
  package func pixelValues(of images: [RGBImage], names: [String] = []) throws(ImageError) -> Tensor {
    guard let size = configuration.outputSize, !images.isEmpty else {
      preconditionFailure("\(images.count) images of no common size")
    }
    let pixels = size.width * size.height
    var values = [Float]()
    values.reserveCapacity(images.count * 3 * pixels)
    for (index, image) in images.enumerated() {
      let name = index < names.count ? names[index] : "image \(index + 1) of \(images.count)"
      let bytes = try cropped(image, name: name).pixels
      for channel in 0..<3 {
        let levels = normalized[channel]
        for pixel in 0..<pixels { values.append(levels[Int(bytes[3 * pixel + channel])]) }
      }
    }
    return Tensor(values, shape: [images.count, 3, size.height, size.width])
  }

  func scaledSize(width: Int, height: Int) -> Configuration.Size {
    switch configuration.scaling {
    case .none: return Configuration.Size(width: width, height: height)
    case .exactly(let size): return size
    case .shortestEdge(let edge):
      let long = edge * max(width, height) / min(width, height)
      return width <= height
        ? Configuration.Size(width: edge, height: long) : Configuration.Size(width: long, height: edge)
    }
  }
}
