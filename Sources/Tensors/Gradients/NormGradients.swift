import Kernels

extension Tensor {
  /// The gradient of a layer norm's input, with this tensor as the gradient of its result.
  ///
  /// - Parameters:
  ///   - x: What the layer norm was given.
  ///   - weight: `[C]`, or `[B, C]` with one row for each of the B outermost entries.
  ///   - onePlus: Whether the rows were multiplied by `1 + weight`, as adaptive norms do.
  package func layerNormGradient(of x: Tensor, weight: Tensor?, onePlus: Bool = false, epsilon: Float)
    -> Tensor
  {
    precondition(shape == x.shape, "gradient \(shape) of a norm of \(x.shape)")
    let entries = weight.map { $0.shape.count == 2 ? $0.shape[0] : 1 } ?? 1
    let (rows, columns) = (rows, columns)
    let rowsPerEntry = max(1, rows / max(1, entries))
    var result = Tensor(uninitialized: shape)
    withValues { dy in
      x.withValues { x in
        result.withMutableValues { dx in
          guard let start = dx.baseAddress, rows > 0 else { return }
          let (dx, dy, x) = (Shared(start), Shared(dy.baseAddress!), Shared(x.baseAddress!))
          let w = Shared(weight?.withValues { $0.baseAddress! })
          Parallelism.forEach(rows, grain: max(1, (1 << 13) / columns)) { range in
            var row = range.lowerBound
            while row < range.upperBound {
              let entry = row / rowsPerEntry
              let end = min(range.upperBound, (entry + 1) * rowsPerEntry)
              let at = row * columns
              elementwise().pointee.layer_norm_gradient(
                dx.pointer + at, dy.pointer + at, x.pointer + at, w.pointer.map { $0 + entry * columns },
                onePlus ? 1 : 0, end - row, columns, epsilon)
              row = end
            }
          }
          withExtendedLifetime(weight) {}
        }
      }
    }
    return result
  }

  /// What a layer norm's weight and bias get: `[entries, C]` each, for equal parts of the rows.
  ///
  /// - Parameters: `x` and `epsilon`: what the norm was given; this tensor is the gradient of its result.
  package func layerNormParameterGradients(of x: Tensor, entries: Int = 1, epsilon: Float) -> (
    weight: Tensor, bias: Tensor
  ) {
    let sums = parameterSums(of: x, width: columns, entries: entries, lines: 2) {
      sums, dy, x, rows, columns in
      elementwise().pointee.layer_norm_parameter_gradient(sums, sums + columns, dy, x, rows, columns, epsilon)
    }
    let parts = sums.chunks(2)
    return (parts[0], parts[1])
  }

  /// The gradient of an RMS norm's input, with this tensor as the gradient of its result.
  package func rmsNormGradient(of x: Tensor, weight: Tensor, epsilon: Float) -> Tensor {
    let width = weight.count
    precondition(shape == x.shape && columns % width == 0, "gradient \(shape) of a norm of \(x.shape)")
    var result = Tensor(uninitialized: shape)
    let rows = count / width
    withValues { dy in
      x.withValues { x in
        weight.withValues { weight in
          result.withMutableValues { dx in
            guard let start = dx.baseAddress, rows > 0 else { return }
            let (dx, dy, x) = (Shared(start), Shared(dy.baseAddress!), Shared(x.baseAddress!))
            let w = Shared(weight.baseAddress!)
            Parallelism.forEach(rows, grain: max(1, (1 << 13) / width)) {
              let at = $0.lowerBound * width
              elementwise().pointee.rms_norm_gradient(
                dx.pointer + at, dy.pointer + at, x.pointer + at, w.pointer, $0.count, width, epsilon)
            }
          }
        }
      }
    }
    return result
  }

  /// What an RMS norm's weight gets, `[width]`.
  package func rmsNormParameterGradient(of x: Tensor, width: Int, epsilon: Float) -> Tensor {
    parameterSums(of: x, width: width, entries: 1, lines: 1) { sums, dy, x, rows, columns in
      elementwise().pointee.rms_norm_parameter_gradient(sums, dy, x, rows, columns, epsilon)
    }.reshaped(width)
  }

  /// Gradient of `normalisedToUnitLength`, whose result is `y`; `x` is what it was given.
  package func unitLengthGradient(of x: Tensor, result y: Tensor) -> Tensor {
    let columns = columns
    return Tensor(shape: shape) { dx in
      withValues { dy in
        x.withValues { x in
          y.withValues { y in
            for start in stride(from: 0, to: dx.count, by: columns) {
              let row = start..<start + columns
              let length = Float(
                elementwise().pointee.sum_of_squares(x.baseAddress! + start, columns).squareRoot())
              var along: Double = 0
              for i in row { along += Double(dy[i]) * Double(y[i]) }
              for i in row { dx[i] = (dy[i] - y[i] * Float(along)) / length }
            }
          }
        }
      }
    }
  }

  /// Sums over rows by a kernel that adds `lines` lines of `width` numbers up.
  ///
  /// Rows are taken in blocks of a fixed size whose sums are then added in their order, so that the number of threads
  /// does not show in the result.
  private func parameterSums(
    of x: Tensor, width: Int, entries: Int, lines: Int,
    _ add:
      @Sendable (UnsafeMutablePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, Int, Int) -> Void
  ) -> Tensor {
    let rows = width == 0 ? 0 : count / width
    precondition(
      shape == x.shape && entries > 0 && rows % entries == 0, "gradient \(shape) of a norm of \(x.shape)")
    let rowsEach = rows / entries
    let block = 64
    let blocks = max(1, (rowsEach + block - 1) / block)
    var partial = Tensor(repeating: 0, shape: [entries, blocks, lines * width])
    withValues { dy in
      x.withValues { x in
        partial.withMutableValues { sums in
          guard rows > 0 else { return }
          let (sums, dy, x) = (Shared(sums.baseAddress!), Shared(dy.baseAddress!), Shared(x.baseAddress!))
          withoutActuallyEscaping(add) { add in
            Parallelism.forEachItem(entries * blocks) { item, _ in
              let first = item / blocks * rowsEach + item % blocks * block
              let count = min(block, rowsEach - item % blocks * block)
              add(
                sums.pointer + item * lines * width, dy.pointer + first * width, x.pointer + first * width,
                count,
                width)
            }
          }
        }
      }
    }
    return partial.columnSums(entries: entries)
  }
}
