import COpenBLAS

extension Tensor {
  /// `x Wᵀ + b` over the innermost axis, as a linear layer computes it.
  ///
  /// - Parameters:
  ///   - weight: `[out, in]`, `in` being this tensor's innermost length.
  ///   - bias: `[out]`.
  /// - Returns: This tensor's shape with `out` in place of `in`.
  package func linear(_ weight: Weight, bias: Tensor? = nil) -> Tensor {
    precondition(
      weight.shape.count == 2 && weight.shape[1] == columns,
      "linear of \(shape) with a weight of shape \(weight.shape)")
    let (out, inner, rows) = (weight.shape[0], columns, rows)
    precondition(
      bias.map { $0.shape == [out] } ?? true, "a bias of shape \(bias?.shape ?? []) for \(out) outputs")
    var result = Tensor(uninitialized: shape.dropLast() + [out])
    weight.withFloats { weight in
      withValues { input in
        result.withMutableValues { output in
          guard let y = output.baseAddress, let x = input.baseAddress else { return }
          if let bias {
            bias.withValues { bias in
              for row in 0..<rows { (y + row * out).update(from: bias.baseAddress!, count: out) }
            }
          }
          Parallelism.product(operations: 2 * rows * out * inner) {
            cblas_sgemm(
              CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(out), Int32(inner), 1, x,
              Int32(inner), weight,
              Int32(inner), bias == nil ? 0 : 1, y, Int32(out))
          }
        }
      }
    }
    return result
  }

  /// The matrix product `[M, K] · [K, N]`, with either operand optionally given transposed.
  package func product(_ other: Tensor, transposed: Bool = false, otherTransposed: Bool = false) -> Tensor {
    precondition(shape.count == 2 && other.shape.count == 2, "product of \(shape) and \(other.shape)")
    let (m, k) = transposed ? (shape[1], shape[0]) : (shape[0], shape[1])
    let (k2, n) = otherTransposed ? (other.shape[1], other.shape[0]) : (other.shape[0], other.shape[1])
    precondition(k == k2, "product of \(shape) and \(other.shape)")
    var result = Tensor(uninitialized: [m, n])
    withValues { a in
      other.withValues { b in
        result.withMutableValues { c in
          guard m > 0, n > 0 else { return }
          Parallelism.product(operations: 2 * m * n * k) {
            cblas_sgemm(
              CblasRowMajor, transposed ? CblasTrans : CblasNoTrans,
              otherTransposed ? CblasTrans : CblasNoTrans, Int32(m),
              Int32(n), Int32(k), 1, a.baseAddress, Int32(shape[1]), b.baseAddress, Int32(other.shape[1]), 0,
              c.baseAddress,
              Int32(n))
          }
        }
      }
    }
    return result
  }
}
