import Tensors

extension Variable {
  /// `x Wᵀ + b` with weight `[out, in]` and bias `[out]` that may be trained.
  package func linear(_ weight: Variable, bias: Variable? = nil) -> Variable {
    let y = value.linear(Weight(weight.value), bias: bias?.value)
    let forX = isConstant ? nil : weight.value
    let forWeight = weight.isConstant ? nil : value
    return .result(y, of: [self, weight] + (bias.map { [$0] } ?? [])) {
      [target, weight = weight.target, bias = bias?.target] sink, gradient in
      if let forX { sink.add(gradient.linearInputGradient(Weight(forX)), to: target) }
      if let forWeight { sink.add(gradient.linearWeightGradient(of: forWeight), to: weight) }
      sink.add(gradient.columnSums().reshaped(-1), to: bias)
    }
  }

  /// `x Wᵀ + b` with frozen weights, which keeps no copy of its input.
  package func linear(frozen weight: Weight, bias: Tensor? = nil) -> Variable {
    .result(value.linear(weight, bias: bias), of: [self]) { [target] sink, gradient in
      sink.add(gradient.linearInputGradient(weight), to: target)
    }
  }

  /// `x Wᵀ + b + scale · (x Aᵀ) Bᵀ` with frozen weight and bias: a layer with a low-rank update.
  ///
  /// peft 0.21 `tuners/lora/layer.py`, `Linear.forward` without dropout.
  ///
  /// - Parameters: `a` is `[r, in]`, `b` is `[out, r]`.
  package func linear(
    frozen weight: Weight, bias: Tensor? = nil, a: Variable, b: Variable, scale: Float
  ) -> Variable {
    let x = value
    let down = x.linear(Weight(a.value))  // [.., r]
    var y = x.linear(weight, bias: bias)
    y.add(down.linear(Weight(b.value)), times: scale)
    let (aValue, bValue) = (a.value, b.value)
    let forA = a.isConstant ? nil : x
    let forB = b.isConstant ? nil : down
    return .result(y, of: [self, a, b]) { [target, a = a.target, b = b.target] sink, gradient in
      let up = scale * gradient.linearInputGradient(Weight(bValue))  // [.., r]
      if let forB { sink.add(scale * gradient.linearWeightGradient(of: forB), to: b) }
      if let forA { sink.add(up.linearWeightGradient(of: forA), to: a) }
      guard target != nil else { return }
      var dx = gradient.linearInputGradient(weight)
      dx.add(up.linearInputGradient(Weight(aValue)))
      sink.add(dx, to: target)
    }
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
