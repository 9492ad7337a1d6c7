import Tensors

extension Variable {
  /// Layer normalisation over the innermost axis with weight and bias `[C]`.
  package func layerNorm(weight: Variable, bias: Variable, epsilon: Float) -> Variable {
    let (x, w, b) = (value, weight.value, bias.value)
    let again = { x.layerNorm(weight: w, bias: b, epsilon: epsilon) }
    return .result(again(), of: [self, weight, bias], again: again) {
      [target, weight = weight.target, bias = bias.target] sink, gradient in
      sink.add(gradient.layerNormGradient(of: x, weight: w, epsilon: epsilon), to: target)
      guard weight != nil || bias != nil else { return }
      let parts = gradient.layerNormParameterGradients(of: x, epsilon: epsilon)
      sink.add(parts.weight.reshaped(-1), to: weight)
      sink.add(parts.bias.reshaped(-1), to: bias)
    }
  }

  /// Layer normalisation, then `(1 + scale) · x + shift` with `[B, C]` each.
  package func modulatedLayerNorm(scale: Variable, shift: Variable, epsilon: Float) -> Variable {
    let (x, factor, summand) = (value, scale.value, shift.value)
    let again = { x.modulatedLayerNorm(scale: factor, shift: summand, epsilon: epsilon) }
    return .result(again(), of: [self, scale, shift], again: again) {
      [target, scale = scale.target, shift = shift.target] sink, gradient in
      sink.add(
        gradient.layerNormGradient(of: x, weight: factor, onePlus: true, epsilon: epsilon), to: target)
      guard scale != nil || shift != nil else { return }
      let parts = gradient.layerNormParameterGradients(of: x, entries: factor.shape[0], epsilon: epsilon)
      sink.add(parts.weight, to: scale)
      sink.add(parts.bias, to: shift)
    }
  }

  /// Root-mean-square normalisation over rows of the weight's length.
  package func rmsNorm(weight: Variable, epsilon: Float) -> Variable {
    let (x, w) = (value, weight.value)
    return .result(x.rmsNorm(weight: w, epsilon: epsilon), of: [self, weight]) {
      [target, weight = weight.target] sink, gradient in
      sink.add(gradient.rmsNormGradient(of: x, weight: w, epsilon: epsilon), to: target)
      sink.add(gradient.rmsNormParameterGradient(of: x, width: w.count, epsilon: epsilon), to: weight)
    }
  }

  /// Every row divided by its Euclidean length.
  package func normalisedToUnitLength() -> Variable {
    let (x, y) = (value, value.normalisedToUnitLength())
    return .result(y, of: [self]) { [target] sink, gradient in
      sink.add(gradient.unitLengthGradient(of: x, result: y), to: target)
    }
  }
}
