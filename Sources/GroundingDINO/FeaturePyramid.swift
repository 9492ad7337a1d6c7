import Foundation
import Tensors

/// One map of the pyramid: its size, which part of it shows the image, and where its tokens stand among all.
struct FeatureLevel: Equatable, Sendable {
  let height: Int
  let width: Int
  /// Rows and columns that show the image; the others show padding.
  let validHeight: Int
  let validWidth: Int
  /// The number of its first token.
  let start: Int

  /// - Parameters:
  ///   - image: The size of the padded image and of the part of it that is real.
  init(height: Int, width: Int, start: Int, of image: PaddedImage) {
    self.height = height
    self.width = width
    self.start = start
    validHeight = Self.valid(of: height, real: image.validHeight, padded: image.height)
    validWidth = Self.valid(of: width, real: image.validWidth, padded: image.width)
  }

  var count: Int { height * width }
  /// Width and height of the real part as fractions.
  var validRatio: (x: Float, y: Float) {
    (Float(validWidth) / Float(width), Float(validHeight) / Float(height))
  }
  func isValid(row: Int, column: Int) -> Bool { row < validHeight && column < validWidth }

  /// Of `length` pixels along an axis, those whose nearest pixel of the padded image is real.
  ///
  /// As `torch.nn.functional.interpolate` with mode `nearest`: the scale is a float32.
  private static func valid(of length: Int, real: Int, padded: Int) -> Int {
    let scale = Float(padded) / Float(length)
    return (0..<length).count { min(Int(floorf(Float($0) * scale)), padded - 1) < real }
  }
}

/// The image as tokens of several resolutions, with their positions.
struct FeaturePyramid: Sendable {
  let levels: [FeatureLevel]
  /// `[1, S, C]`, S being the tokens of all levels, largest map first.
  var tokens: Tensor
  /// What queries add to know where they are, `[1, S, C]`.
  let positions: Tensor
  /// Hides padding from attention, `[1, S]`; nil when there is none.
  let keyBias: Tensor?
  /// Tokens of padding.
  let padding: [Range<Int>]

  init(levels: [FeatureLevel], tokens: Tensor, positions: Tensor) {
    self.levels = levels
    self.tokens = tokens
    self.positions = positions
    let padding = Self.padding(of: levels)
    self.padding = padding
    keyBias =
      padding.isEmpty
      ? nil
      : Tensor(shape: [1, tokens.shape[1]]) { target in
        target.update(repeating: 0)
        for range in padding { for token in range { target[token] = hiddenScore } }
      }
  }

  var count: Int { tokens.shape[1] }

  private static func padding(of levels: [FeatureLevel]) -> [Range<Int>] {
    levels.flatMap { level in
      (0..<level.height).compactMap { row in
        let start = level.start + row * level.width
        let valid = row < level.validHeight ? level.validWidth : 0
        return valid < level.width ? start + valid..<start + level.width : nil
      }
    }
  }

  /// Sets what rows of `[1, S, C]` stand for padding to zero.
  func clearPadding(in tensor: inout Tensor) {
    guard !padding.isEmpty else { return }
    let columns = tensor.columns
    tensor.withMutableValues { values in
      guard let start = values.baseAddress else { return }
      for range in padding {
        (start + range.lowerBound * columns).update(repeating: 0, count: range.count * columns)
      }
    }
  }

  /// The centres of all tokens as fractions of the real image, `[S, 2]`, x first.
  var centres: Tensor {
    Tensor(shape: [count, 2]) { target in
      for level in levels {
        let (width, height) = (
          level.validRatio.x * Float(level.width), level.validRatio.y * Float(level.height)
        )
        for row in 0..<level.height {
          for column in 0..<level.width {
            let place = 2 * (level.start + row * level.width + column)
            target[place] = (Float(column) + 0.5) / width
            target[place + 1] = (Float(row) + 0.5) / height
          }
        }
      }
    }
  }
}
