import FLUX
import Images
import Tensors

/// How pictures of a data set become what the autoencoder takes.
enum TrainingPicture {
  /// The picture with its shorter side at `resolution` and both sides cut to a multiple, as `[1, 3, height, width]` in
  /// −1...1.
  ///
  /// Science-T2I `sft_flux.py` scales the same way (bilinear, antialiased) and does not cut, as its pictures are square;
  /// the transformer cannot take sides that are no multiple.
  static func pixels(of image: RGBImage, resolution: Int, multiple: Int) -> Tensor {
    let short = min(image.width, image.height)
    func scaled(_ side: Int) -> Int { side == short ? resolution : side * resolution / short }
    let scaledImage = image.resized(
      width: scaled(image.width), height: scaled(image.height), filter: .bilinear)
    let (width, height) = (scaledImage.width / multiple * multiple, scaledImage.height / multiple * multiple)
    let (left, top) = ((scaledImage.width - width) / 2, (scaledImage.height - height) / 2)
    return Tensor(shape: [1, 3, height, width]) { values in
      for channel in 0..<3 {
        for y in 0..<height {
          for x in 0..<width {
            let pixel = 3 * ((y + top) * scaledImage.width + x + left) + channel
            values[(channel * height + y) * width + x] = Float(scaledImage.pixels[pixel]) / 255 * 2 - 1
          }
        }
      }
    }
  }

  /// One of a batch of drawn images `[B, 3, height, width]` in 0...1.
  static func image(_ batch: Tensor, _ index: Int) -> RGBImage {
    RGBImage(
      width: batch.shape[3], height: batch.shape[2], pixels: FluxPipeline.pixels(of: batch, index: index))
  }
}
