import COpenBLAS

extension Tensor {
  /// The gradient of a linear layer's input: this tensor `[…, out]` times the weight `[out, in]`.
  ///
  /// - Returns: `[…, in]`.
  package func linearInputGradient(_ weight: Weight) -> Tensor {
    precondition(weight.shape.count == 2 && weight.shape[0] == columns, "\(shape) times \(weight.shape)")
    let (rows, outputs, inputs) = (rows, columns, weight.shape[1])
    var result = Tensor(uninitialized: shape.dropLast() + [inputs])
    guard rows > 0, inputs > 0 else { return result }
    withValues { dy in
      result.withMutableValues { dx in
        weight.withFloats { weights in
          let (dy, w, dx) = (Shared(dy.baseAddress!), Shared(weights), Shared(dx.baseAddress!))
          let width = Parallelism.partWidth(of: inputs, operationsEach: 2 * rows * outputs)
          Parallelism.forEachItem((inputs + width - 1) / width) { part, _ in
            let first = part * width
            let count = min(width, inputs - first)
            cblas_sgemm(
              CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(count), blasint(outputs), 1,
              dy.pointer, blasint(outputs), w.pointer + first, blasint(inputs), 0, dx.pointer + first,
              blasint(inputs))
          }
        }
      }
    }
    return result
  }

  /// The gradient of a linear layer's weight: `dyᵀ x`, `[out, in]`, with this tensor as `dy` `[…, out]`.
  package func linearWeightGradient(of x: Tensor) -> Tensor {
    reshaped(rows, columns).product(x.reshaped(x.rows, x.columns), transposed: true)
  }

  /// Adds the rows of `source` to this table's rows with the given indices, in their order.
  package mutating func addRows(_ source: Tensor, at indices: [Int]) {
    let columns = columns
    precondition(
      source.rows == indices.count && source.columns == columns, "\(source.shape) to rows of \(shape)")
    source.withValues { from in
      withMutableValues { target in
        for (place, index) in indices.enumerated() {
          let (to, row) = (index * columns, place * columns)
          for column in 0..<columns { target[to + column] += from[row + column] }
        }
      }
    }
  }
}
