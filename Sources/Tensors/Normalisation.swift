import Kernels

extension Tensor {
  /// Layer normalisation over the innermost axis (biased variance), times weight plus bias when given.
  package func layerNorm(weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Float) -> Tensor {
    precondition(
      [weight, bias].allSatisfy { $0.map { $0.shape == [columns] } ?? true }
        && (bias == nil || weight != nil),
      "layer norm of \(shape) with weight \(weight?.shape ?? []) and bias \(bias?.shape ?? [])")
    return normalised(weight: weight, bias: bias, onePlus: false, entries: 1, epsilon: epsilon)
  }

  /// Layer normalisation without parameters, then `(1 + scale) · x + shift`, as adaptive layer norms modulate.
  ///
  /// - Parameters: `scale` and `shift`: `[B, C]`, one row for each of the B outermost entries of `[B, …, C]`.
  package func modulatedLayerNorm(scale: Tensor, shift: Tensor, epsilon: Float) -> Tensor {
    precondition(
      scale.shape == [shape[0], columns] && shift.shape == scale.shape,
      "modulation of \(shape) by scale \(scale.shape) and shift \(shift.shape)")
    return normalised(weight: scale, bias: shift, onePlus: true, entries: shape[0], epsilon: epsilon)
  }

  private func normalised(weight: Tensor?, bias: Tensor?, onePlus: Bool, entries: Int, epsilon: Float)
    -> Tensor
  {
    var result = Tensor(uninitialized: shape)
    let (columns, rows) = (columns, rows)
    let rowsPerEntry = max(1, rows / max(1, entries))
    withValues { source in
      result.withMutableValues { target in
        guard let start = source.baseAddress, rows > 0 else { return }
        let (x, y) = (Shared(start), Shared(target.baseAddress!))
        let (w, b) = (Shared(weight?.base), Shared(bias?.base))
        Parallelism.forEach(rows, grain: max(1, (1 << 14) / columns)) { range in
          var row = range.lowerBound
          while row < range.upperBound {
            let entry = row / rowsPerEntry
            let end = min(range.upperBound, (entry + 1) * rowsPerEntry)
            elementwise().pointee.layer_norm(
              y.pointer + row * columns, x.pointer + row * columns, w.pointer.map { $0 + entry * columns },
              b.pointer.map { $0 + entry * columns }, onePlus ? 1 : 0, end - row, columns, epsilon)
            row = end
          }
        }
        withExtendedLifetime((weight, bias)) {}
      }
    }
    return result
  }

  /// `x / √(mean(x²) + ε) · weight` over rows of the weight's length; the innermost length is a multiple of it.
  ///
  /// With a weight of the head size this normalises every head of `[…, N·D]`.
  package func rmsNorm(weight: Tensor, epsilon: Float) -> Tensor {
    let width = weight.count
    precondition(
      weight.shape.count == 1 && width > 0 && columns % width == 0, "RMS norm of \(shape) by \(weight.shape)")
    var result = Tensor(uninitialized: shape)
    let rows = count / width
    withValues { source in
      result.withMutableValues { target in
        guard let start = source.baseAddress, rows > 0 else { return }
        let (x, y, w) = (Shared(start), Shared(target.baseAddress!), Shared(weight.base))
        Parallelism.forEach(rows, grain: max(1, (1 << 14) / width)) {
          elementwise().pointee.rms_norm(
            y.pointer + $0.lowerBound * width, x.pointer + $0.lowerBound * width, w.pointer, $0.count, width,
            epsilon)
        }
        withExtendedLifetime(weight) {}
      }
    }
    return result
  }

  /// Softmax over the innermost axis.
  package func softmax() -> Tensor {
    var result = Tensor(uninitialized: shape)
    let (columns, rows) = (columns, rows)
    withValues { source in
      result.withMutableValues { target in
        guard let start = source.baseAddress, rows > 0 else { return }
        let (x, y) = (Shared(start), Shared(target.baseAddress!))
        Parallelism.forEach(rows, grain: max(1, (1 << 13) / columns)) {
          elementwise().pointee.softmax(
            y.pointer + $0.lowerBound * columns, x.pointer + $0.lowerBound * columns, $0.count, columns)
        }
      }
    }
    return result
  }

  /// Every row divided by its Euclidean length, without an epsilon (as CLIP normalises features).
  package func normalisedToUnitLength() -> Tensor {
    var result = self
    let columns = columns
    result.withMutableValues { values in
      for start in stride(from: 0, to: values.count, by: columns) {
        let row = values.baseAddress! + start
        let length = Float(elementwise().pointee.sum_of_squares(row, columns).squareRoot())
        for column in 0..<columns { row[column] /= length }
      }
    }
    return result
  }

  /// The address of the values; valid while the tensor is kept alive and not written.
  private var base: UnsafePointer<Float> { withValues { $0.baseAddress! } }
}
