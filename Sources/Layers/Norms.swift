import Checkpoints
import Tensors

/// Layer normalisation with weight and bias.
package struct LayerNorm: Sendable {
  package let weight: Tensor
  package let bias: Tensor
  package let epsilon: Float

  package init(_ reader: WeightReader, width: Int, epsilon: Float) throws {
    weight = try reader.tensor("weight", shape: [width])
    bias = try reader.tensor("bias", shape: [width])
    self.epsilon = epsilon
  }

  package func callAsFunction(_ x: Tensor) -> Tensor {
    x.layerNorm(weight: weight, bias: bias, epsilon: epsilon)
  }
}

/// Root-mean-square normalisation with a weight, over rows of the weight's length.
package struct RMSNorm: Sendable {
  package let weight: Tensor
  package let epsilon: Float

  package init(_ reader: WeightReader, width: Int, epsilon: Float) throws {
    weight = try reader.tensor("weight", shape: [width])
    self.epsilon = epsilon
  }

  package func callAsFunction(_ x: Tensor) -> Tensor { x.rmsNorm(weight: weight, epsilon: epsilon) }
}
