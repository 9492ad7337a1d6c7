import Autodiff
import Tensors

extension Linear {
  /// From `[…, in]` to `[…, out]`, recorded: gradients flow to the input and to the low-rank update, never to the
  /// weight and bias.
  package func callAsFunction(_ x: Variable, on tape: Tape) -> Variable {
    guard let pair = lowRank else { return x.linear(frozen: weight, bias: bias) }
    return x.linear(frozen: weight, bias: bias, a: tape(pair.a), b: tape(pair.b), scale: pair.scale)
  }
}
