import Foundation
import Tensors

/// Numbers as waves: sines and cosines of `2π · number`, their wavelengths growing from place to place.
///
/// transformers 5.23.0 `models/grounding_dino/modeling_grounding_dino.py`, `encode_sinusoidal_position_embedding` and, with
/// another temperature, `GroundingDinoSinePositionEmbedding`.
struct Sinusoid: Sendable {
  /// What the angle is divided by, one for each place; pairs of a sine and a cosine share one.
  private let wavelengths: [Float]

  /// - Parameters:
  ///   - width: Places for one number, an even number of them.
  ///   - temperature: The ratio that the longest wavelength approaches to the shortest.
  init(width: Int, temperature: Float = 10_000) {
    wavelengths = (0..<width).map { powf(temperature, Float(2 * ($0 / 2)) / Float(width)) }
  }

  var width: Int { wavelengths.count }

  /// Writes ``width`` places.
  func write(_ number: Float, to target: UnsafeMutablePointer<Float>) {
    let angle = number * (2 * .pi)
    for place in stride(from: 0, to: width, by: 2) {
      target[place] = sinf(angle / wavelengths[place])
      target[place + 1] = cosf(angle / wavelengths[place + 1])
    }
  }

  /// The waves of many numbers, `[count, width]`.
  func callAsFunction(_ numbers: [Float]) -> Tensor {
    Tensor(shape: [numbers.count, width]) { target in
      guard let start = target.baseAddress else { return }
      for (row, number) in numbers.enumerated() { write(number, to: start + row * width) }
    }
  }
}

func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }

/// The inverse of the sigmoid, its argument kept away from 0 and 1.
func logit(_ x: Float) -> Float {
  let x = min(max(x, 1e-5), 1 - 1e-5)
  return logf(x / (1 - x))
}
