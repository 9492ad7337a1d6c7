import Tensors

/// An image as the model gets it: normalised pixels, with padding to the right and below.
package struct PaddedImage: Sendable {
  /// `[3, height, width]`.
  package let pixelValues: Tensor
  /// Rows and columns that are no padding.
  package let validHeight: Int
  package let validWidth: Int

  package var height: Int { pixelValues.shape[1] }
  package var width: Int { pixelValues.shape[2] }

  package init(pixelValues: Tensor, validHeight: Int, validWidth: Int) {
    precondition(
      pixelValues.shape.count == 3 && pixelValues.shape[0] == 3
        && (1...pixelValues.shape[1]).contains(validHeight)
        && (1...pixelValues.shape[2]).contains(validWidth),
      "\(validWidth)×\(validHeight) real pixels in an image \(pixelValues.shape)")
    self.pixelValues = pixelValues
    self.validHeight = validHeight
    self.validWidth = validWidth
  }

  /// This image on a larger canvas, zeros around it.
  func padded(height newHeight: Int, width newWidth: Int) -> PaddedImage {
    guard (newHeight, newWidth) != (height, width) else { return self }
    let values = Tensor(shape: [3, newHeight, newWidth]) { target in
      target.update(repeating: 0)
      pixelValues.withValues { source in
        for line in 0..<3 * height {
          let place = (line / height * newHeight + line % height) * newWidth
          (target.baseAddress! + place).update(from: source.baseAddress! + line * width, count: width)
        }
      }
    }
    return PaddedImage(pixelValues: values, validHeight: validHeight, validWidth: validWidth)
  }
}
