import Tensors

extension Variable {
  /// `x Wᵀ + b` with weight `[out, in]` and bias `[out]` that may be trained.
  package func linear(_ weight: Variable, bias: Variable? = nil) -> Variable {
    LinearCall.results(of: [LinearCall([self], weight, bias: bias)])[0]
  }

  /// `x Wᵀ + b` with frozen weights, which keeps no copy of its input.
  package func linear(frozen weight: Weight, bias: Tensor? = nil) -> Variable {
    LinearCall.results(of: [LinearCall([self], frozen: weight, bias: bias)])[0]
  }

  /// `x Wᵀ + b + scale · (x Aᵀ) Bᵀ` with frozen weight and bias: a layer with a low-rank update.
  ///
  /// - Parameters: `a` is `[r, in]`, `b` is `[out, r]`.
  package func linear(
    frozen weight: Weight, bias: Tensor? = nil, a: Variable, b: Variable, scale: Float
  ) -> Variable {
    LinearCall.results(of: [
      LinearCall([self], frozen: weight, bias: bias, lowRank: .init(a: a, b: b, scale: scale))
    ])[0]
  }

  /// The matrix product `[M, K] · [N, K]ᵀ`.
  package func productTransposed(_ other: Variable) -> Variable {
    let (forA, forB) = (isConstant ? nil : other.value, other.isConstant ? nil : value)
    return .result(value.product(other.value, otherTransposed: true), of: [self, other]) {
      [target, other = other.target] sink, gradient in
      if let forA { sink.add(gradient.product(forA), to: target) }
      if let forB { sink.add(gradient.product(forB, transposed: true), to: other) }
    }
  }
}
