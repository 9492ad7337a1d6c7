import Kernels

/// A function applied to every number by a kernel.
package enum Activation: Sendable {
  case silu
  /// With the error function: torch's `gelu`.
  case gelu
  /// With the hyperbolic tangent: `gelu_new`, `gelu_pytorch_tanh`.
  case geluTanh
  /// `x · sigmoid(1.702 x)`.
  case quickGelu

  /// Applies the function to `count` numbers; both addresses may be the same.
  func apply(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ count: Int) {
    let kernels = elementwise().pointee
    switch self {
    case .silu: kernels.silu(y, x, count)
    case .gelu: kernels.gelu(y, x, count)
    case .geluTanh: kernels.gelu_tanh(y, x, count)
    case .quickGelu: kernels.quick_gelu(y, x, count)
    }
  }
}

extension Tensor {
  /// Numbers a thread should at least get for a fork-join to pay.
  private static let grain = 1 << 14

  private typealias Unary = @Sendable (UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int) -> Void

  private func mapped(_ body: Unary) -> Tensor {
    var result = Tensor(uninitialized: shape)
    withValues { source in
      result.withMutableValues { target in
        guard let x = source.baseAddress, let y = target.baseAddress else { return }
        let (from, to) = (Shared(x), Shared(y))
        withoutActuallyEscaping(body) { body in
          Parallelism.forEach(count, grain: Self.grain) {
            body(to.pointer + $0.lowerBound, from.pointer + $0.lowerBound, $0.count)
          }
        }
      }
    }
    return result
  }

  /// Every number through the function, in this tensor's memory when nobody else needs it.
  package consuming func activated(_ activation: Activation) -> Tensor {
    var result = self
    if !result.isUniquelyReferenced() {
      return result.mapped { activation.apply($0, $1, $2) }
    }
    let count = result.count
    result.withMutableValues { values in
      guard let start = values.baseAddress else { return }
      let x = Shared(start)
      Parallelism.forEach(count, grain: Self.grain) {
        activation.apply(x.pointer + $0.lowerBound, x.pointer + $0.lowerBound, $0.count)
      }
    }
    return result
  }

  package func exponential() -> Tensor { mapped { elementwise().pointee.exponential($0, $1, $2) } }

  /// `factor · x + offset`.
  package func affine(_ factor: Float, _ offset: Float = 0) -> Tensor {
    mapped { elementwise().pointee.affine($0, $1, factor, offset, $2) }
  }

  private enum Pairing { case add, subtract, multiply }

  /// Combines with a tensor of the same shape, or with one whose shape is this one's innermost axes, repeated.
  private func combined(_ other: Tensor, _ pairing: Pairing) -> Tensor {
    let inner = other.count
    precondition(
      inner > 0 && shape.suffix(other.shape.count) == other.shape[...],
      "\(pairing) of shapes \(shape) and \(other.shape)")
    var result = Tensor(uninitialized: shape)
    withValues { source in
      other.withValues { second in
        result.withMutableValues { target in
          let (a, b, y) = (
            Shared(source.baseAddress!), Shared(second.baseAddress!), Shared(target.baseAddress!)
          )
          let run: @Sendable (Int, Int, Int) -> Void = { at, otherAt, n in
            let kernels = elementwise().pointee
            switch pairing {
            case .add: kernels.add(y.pointer + at, a.pointer + at, b.pointer + otherAt, n)
            case .subtract: kernels.subtract(y.pointer + at, a.pointer + at, b.pointer + otherAt, n)
            case .multiply: kernels.multiply(y.pointer + at, a.pointer + at, b.pointer + otherAt, n)
            }
          }
          if inner == count {
            Parallelism.forEach(count, grain: Self.grain) { run($0.lowerBound, $0.lowerBound, $0.count) }
          } else {
            Parallelism.forEach(count / inner, grain: max(1, Self.grain / inner)) {
              for row in $0 { run(row * inner, 0, inner) }
            }
          }
        }
      }
    }
    return result
  }

  package static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(b, .add) }
  package static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(b, .subtract) }
  package static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(b, .multiply) }
  package static func * (a: Float, b: Tensor) -> Tensor { b.affine(a) }

  package static func += (a: inout Tensor, b: Tensor) { a.add(b) }

  /// Adds `factor · other`, of the same shape, in place.
  package mutating func add(_ other: Tensor, times factor: Float = 1) {
    precondition(shape == other.shape, "adding \(other.shape) to \(shape)")
    let count = count
    other.withValues { source in
      withMutableValues { target in
        guard let x = source.baseAddress, let y = target.baseAddress else { return }
        let (from, to) = (Shared(x), Shared(y))
        Parallelism.forEach(count, grain: Self.grain) {
          elementwise().pointee.axpy(
            to.pointer + $0.lowerBound, factor, from.pointer + $0.lowerBound, $0.count)
        }
      }
    }
  }

  /// Multiplies by a factor in place.
  package mutating func scale(by factor: Float) {
    let count = count
    withMutableValues { values in
      guard let start = values.baseAddress else { return }
      let x = Shared(start)
      Parallelism.forEach(count, grain: Self.grain) {
        let at = x.pointer + $0.lowerBound
        elementwise().pointee.affine(at, at, factor, 0, $0.count)
      }
    }
  }

  /// Adds `gate · other` in place: `gate` is one row `[B, C]` for each of the B outermost entries of `[B, …, C]`.
  package mutating func add(_ other: Tensor, gatedBy gate: Tensor) {
    precondition(
      shape == other.shape && gate.shape == [shape[0], columns],
      "adding \(other.shape) gated by \(gate.shape) to \(shape)")
    let (columns, rowsPerEntry) = (columns, rows / max(1, shape[0]))
    let rows = rows
    other.withValues { source in
      gate.withValues { gate in
        withMutableValues { target in
          guard rows > 0 else { return }
          let (x, g, y) = (
            Shared(source.baseAddress!), Shared(gate.baseAddress!), Shared(target.baseAddress!)
          )
          Parallelism.forEach(rows, grain: max(1, Self.grain / columns)) {
            for row in $0 {
              elementwise().pointee.gated_add(
                y.pointer + row * columns, g.pointer + row / rowsPerEntry * columns,
                x.pointer + row * columns, columns)
            }
          }
        }
      }
    }
  }

  /// Whether no number is infinite or NaN.
  package var isFinite: Bool { withValues { $0.allSatisfy(\.isFinite) } }
}
