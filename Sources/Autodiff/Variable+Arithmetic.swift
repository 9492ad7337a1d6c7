import Tensors

extension Variable {
  /// Shapes are equal, or the second is the first's innermost axes and is repeated.
  package static func + (a: Variable, b: Variable) -> Variable {
    let shape = b.shape
    return result(a.value + b.value, of: [a, b]) { [a = a.target, b = b.target] sink, gradient in
      sink.add(gradient, to: a)
      sink.add(gradient.summed(to: shape), to: b)
    }
  }

  package static func - (a: Variable, b: Variable) -> Variable {
    let shape = b.shape
    return result(a.value - b.value, of: [a, b]) { [a = a.target, b = b.target] sink, gradient in
      sink.add(gradient, to: a)
      sink.add(gradient.affine(-1).summed(to: shape), to: b)
    }
  }

  /// The product number by number; shapes as for the sum.
  package static func * (a: Variable, b: Variable) -> Variable {
    let shape = b.shape
    let (forA, forB) = (a.isConstant ? nil : b.value, b.isConstant ? nil : a.value)
    return result(a.value * b.value, of: [a, b]) { [a = a.target, b = b.target] sink, gradient in
      if let forA { sink.add(gradient * forA, to: a) }
      if let forB { sink.add((gradient * forB).summed(to: shape), to: b) }
    }
  }

  package static func * (factor: Float, x: Variable) -> Variable {
    result(factor * x.value, of: [x]) { [x = x.target] sink, gradient in sink.add(factor * gradient, to: x) }
  }

  /// Every number through a function.
  package func activated(_ activation: Activation) -> Variable {
    let x = value
    return .result(x.activated(activation), of: [self], again: { x.activated(activation) }) {
      [target] sink, gradient in
      sink.add(gradient.gradient(through: activation, of: x), to: target)
    }
  }

  /// `self + gate · other`: `gate` is one row `[B, C]` for each of the B outermost entries of `[B, …, C]`.
  package func adding(_ other: Variable, gatedBy gate: Variable) -> Variable {
    var sum = value
    sum.add(other.value, gatedBy: gate.value)
    let entries = gate.shape[0]
    let forOther = other.isConstant ? nil : gate.value
    let forGate = gate.isConstant ? nil : other.value
    return .result(sum, of: [self, other, gate]) {
      [target, other = other.target, gate = gate.target] sink, gradient in
      sink.add(gradient, to: target)
      if let forOther { sink.add(gradient.scaledRows(by: forOther), to: other) }
      if let forGate { sink.add(gradient.columnSums(entries: entries, times: forGate), to: gate) }
    }
  }

  /// The mean of all numbers.
  package func mean() -> Variable {
    let (shape, count) = (shape, value.count)
    let sum = value.withValues { $0.reduce(0.0) { $0 + Double($1) } }
    return .result(Tensor([Float(sum / Double(count))], shape: []), of: [self]) { [target] sink, gradient in
      sink.add(Tensor(repeating: gradient.item / Float(count), shape: shape), to: target)
    }
  }
}

extension Tensor {
  /// The gradient of what was repeated along the outermost axes: their sum.
  fileprivate func summed(to shape: [Int]) -> Tensor {
    guard shape != self.shape else { return self }
    let inner = shape.reduce(1, *)
    return reshaped(-1, inner).columnSums().reshaped(shape)
  }
}
