import Autodiff
import Tensors

extension Linear {
  /// From `[…, in]` to `[…, out]`, recorded: gradients flow to the input and to the low-rank update, never to the
  /// weight and bias.
  package func callAsFunction(_ x: Variable, on tape: Tape) -> Variable {
    LinearCall.results(of: [call(x, on: tape)])[0]
  }

  /// The layer applied to an input, to be computed with others.
  ///
  /// - Parameter x: Variables `[…]` that are taken as if they were side by side in their innermost axis.
  package func call(_ x: Variable..., on tape: Tape) -> LinearCall {
    LinearCall(
      x, frozen: weight, bias: bias,
      lowRank: lowRank.map { .init(a: tape($0.a), b: tape($0.b), scale: $0.scale) })
  }
}
