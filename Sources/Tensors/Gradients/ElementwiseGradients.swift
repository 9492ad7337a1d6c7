import Kernels

extension Tensor {
  /// The gradient of `x.activated(activation)`'s input, with this tensor as the gradient of its result.
  package func gradient(through activation: Activation, of x: Tensor) -> Tensor {
    precondition(shape == x.shape, "gradient \(shape) of an activation of \(x.shape)")
    var result = Tensor(uninitialized: shape)
    let count = count
    withValues { dy in
      x.withValues { x in
        result.withMutableValues { dx in
          guard let start = dx.baseAddress else { return }
          let (dx, dy, x) = (Shared(start), Shared(dy.baseAddress!), Shared(x.baseAddress!))
          Parallelism.forEach(count, grain: 1 << 14) { range in
            let kernels = elementwise().pointee
            let at = range.lowerBound
            switch activation {
            case .silu: kernels.silu_gradient(dx.pointer + at, dy.pointer + at, x.pointer + at, range.count)
            case .gelu: kernels.gelu_gradient(dx.pointer + at, dy.pointer + at, x.pointer + at, range.count)
            case .geluTanh:
              kernels.gelu_tanh_gradient(dx.pointer + at, dy.pointer + at, x.pointer + at, range.count)
            case .quickGelu:
              kernels.quick_gelu_gradient(dx.pointer + at, dy.pointer + at, x.pointer + at, range.count)
            }
          }
        }
      }
    }
    return result
  }

  /// This tensor's rows times a row for each of the B outermost entries: `[B, …, C] · [B, C]`.
  package func scaledRows(by gate: Tensor) -> Tensor {
    var result = Tensor(repeating: 0, shape: shape)
    result.add(self, gatedBy: gate)
    return result
  }

  /// Sums over everything but the innermost axis, within each of `entries` equal parts of the rows: `[entries, C]`.
  ///
  /// Rows are added in their order, columns are what threads share: the result does not depend on their number.
  package func columnSums(entries: Int = 1) -> Tensor { columnSums(entries: entries, times: nil) }

  /// The column sums of this tensor times another of its shape.
  package func columnSums(entries: Int, times other: Tensor?) -> Tensor {
    let (rows, columns) = (rows, columns)
    precondition(
      entries > 0 && rows % entries == 0 && (other.map { $0.shape == shape } ?? true),
      "column sums of \(shape) in \(entries) entries")
    var result = Tensor(repeating: 0, shape: [entries, columns])
    let rowsEach = rows / entries
    let width = max(16, min(columns, (1 << 14) / max(1, rowsEach)))
    let parts = (columns + width - 1) / width
    withValues { source in
      result.withMutableValues { target in
        guard rows > 0, columns > 0 else { return }
        let (x, y) = (Shared(source.baseAddress!), Shared(target.baseAddress!))
        let z = Shared(other?.withValues { $0.baseAddress! })
        Parallelism.forEachItem(entries * parts) { item, _ in
          let (entry, column) = (item / parts, item % parts * width)
          let count = min(width, columns - column)
          let kernels = elementwise().pointee
          for row in entry * rowsEach..<(entry + 1) * rowsEach {
            let at = row * columns + column
            if let z = z.pointer {
              kernels.gated_add(y.pointer + entry * columns + column, x.pointer + at, z + at, count)
            } else {
              kernels.axpy(y.pointer + entry * columns + column, 1, x.pointer + at, count)
            }
          }
        }
        withExtendedLifetime(other) {}
      }
    }
    return result
  }

  /// The sum of the squares of all numbers, in double and in an order that does not depend on threads.
  package var sumOfSquares: Double { Self.sumsOfSquares([self])[0] }

  /// The sum of the squares of each tensor's numbers, in double and in an order that does not depend on threads.
  package static func sumsOfSquares(_ tensors: [Tensor]) -> [Double] {
    var sums = [Double](repeating: 0, count: tensors.count)
    sums.withUnsafeMutableBufferPointer { sums in
      guard let start = sums.baseAddress else { return }
      let target = Shared(start)
      Parallelism.forEachItem(tensors.count) { item, _ in
        tensors[item].withValues { values in
          guard let start = values.baseAddress else { return }
          target.pointer[item] = elementwise().pointee.sum_of_squares(start, values.count)
        }
      }
    }
    return sums
  }
}
