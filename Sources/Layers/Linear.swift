import Checkpoints
import Tensors

/// `y = x Wᵀ + b`, plus `scale · (x Aᵀ) Bᵀ` where the layer has a low-rank update.
package struct Linear: Sendable {
  /// `[out, in]`, as it rests in the checkpoint.
  package let weight: Weight
  /// `[out]`.
  package let bias: Tensor?
  /// The update that is kept beside the weight; nil for most layers, and where it has been merged into the weight.
  package let lowRank: LowRankPair?

  package init(weight: Weight, bias: Tensor?, lowRank: LowRankPair? = nil) {
    self.weight = weight.keepingPanels()
    self.bias = bias
    self.lowRank = lowRank
  }

  /// Takes `weight` and, when the layer has one, `bias` from the reader's scope.
  package init(_ reader: WeightReader, inputs: Int, outputs: Int, bias: Bool = true) throws {
    weight = try reader.weight("weight", shape: [outputs, inputs]).keepingPanels()
    self.bias = bias ? try reader.tensor("bias", shape: [outputs]) : nil
    lowRank = reader.lowRankPair(inputs: inputs, outputs: outputs)
  }

  /// From `[…, in]` to `[…, out]`.
  package func callAsFunction(_ x: Tensor, then activation: Activation? = nil) -> Tensor {
    Self.results(of: [on(x, then: activation)])[0]
  }

  /// The layer applied to an input, to be computed with others.
  ///
  /// - Parameters:
  ///   - x: Tensors `[…]` that are taken as if they were side by side in their innermost axis.
  ///   - activation: Applied to the result.
  package func on(_ x: Tensor..., then activation: Activation? = nil) -> Call {
    Call(layer: self, inputs: x, activation: activation)
  }

  /// A layer applied to an input, not computed yet.
  package struct Call: Sendable {
    let layer: Linear
    let inputs: [Tensor]
    let activation: Activation?
  }

  /// The results of calls that do not depend on each other; small ones are computed side by side.
  package static func results(of calls: [Call]) -> [Tensor] {
    let pairs = calls.map(\.layer.lowRank)
    var down = LinearProduct.results(
      of: zip(calls, pairs).compactMap { call, pair in
        pair.map { LinearProduct(call.inputs, Weight($0.a.value)) }
      })[...]
    return LinearProduct.results(
      of: zip(calls, pairs).map { call, pair in
        let product = LinearProduct(
          call.inputs, call.layer.weight, bias: call.layer.bias, activation: call.activation,
          takesIntegers: true)
        guard let pair else { return product }
        return product.adding(down.removeFirst().affine(pair.scale), Weight(pair.b.value))
      })
  }
}
