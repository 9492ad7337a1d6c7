import Checkpoints
import Tensors

/// `y = x Wᵀ + b`.
package struct Linear: Sendable {
  /// `[out, in]`, as it rests in the checkpoint.
  package let weight: Weight
  /// `[out]`.
  package let bias: Tensor?

  package init(weight: Weight, bias: Tensor?) {
    self.weight = weight
    self.bias = bias
  }

  /// Takes `weight` and, when the layer has one, `bias` from the reader's scope.
  package init(_ reader: WeightReader, inputs: Int, outputs: Int, bias: Bool = true) throws {
    weight = try reader.weight("weight", shape: [outputs, inputs])
    self.bias = bias ? try reader.tensor("bias", shape: [outputs]) : nil
  }

  /// From `[…, in]` to `[…, out]`.
  package func callAsFunction(_ x: Tensor) -> Tensor { x.linear(weight, bias: bias) }
}
