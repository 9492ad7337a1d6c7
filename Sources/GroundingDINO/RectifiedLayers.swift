import Checkpoints
import Layers
import Tensors

/// `fc2(relu(fc1 x))`, the feed-forward part of every layer after the two backbones.
struct FeedForward: Sendable {
  let fc1: Linear
  let fc2: Linear

  /// - Parameter weights: The layer's own scope: the two stand beside its other parts.
  init(_ weights: WeightReader, width: Int, inner: Int) throws {
    fc1 = try Linear(weights.scope("fc1"), inputs: width, outputs: inner)
    fc2 = try Linear(weights.scope("fc2"), inputs: inner, outputs: width)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { fc2(fc1(x).rectified()) }
}

/// Linear layers with rectifiers between them.
///
/// transformers 5.23.0 `models/grounding_dino/modeling_grounding_dino.py`, `GroundingDinoMLPPredictionHead`.
struct PredictionHead: Sendable {
  let layers: [Linear]

  /// - Parameter widths: Of the input, between the layers and of the output.
  init(_ weights: WeightReader, widths: Int...) throws {
    var layers: [Linear] = []
    for index in 0..<widths.count - 1 {
      layers.append(
        try Linear(weights.scope("layers", index), inputs: widths[index], outputs: widths[index + 1]))
    }
    self.layers = layers
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    layers[layers.count - 1](layers.dropLast().reduce(x) { $1($0).rectified() })
  }
}

extension Tensor {
  /// `max(x, 0)` for every number; NaN stays.
  consuming func rectified() -> Tensor {
    var result = self
    result.withMutableValues { values in
      guard let start = values.baseAddress else { return }
      nonisolated(unsafe) let x = start
      Parallelism.forEach(values.count, grain: 1 << 15) { range in
        for index in range { x[index] = x[index] < 0 ? 0 : x[index] }
      }
    }
    return result
  }
}
