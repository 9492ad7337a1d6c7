import Tensors

extension Tensor {
  /// Rows of this tensor by their numbers, `[numbers.count, columns]`; a negative number stands for zeros.
  func gatheredRows(_ numbers: [Int]) -> Tensor {
    let columns = columns
    return Tensor(shape: [numbers.count, columns]) { target in
      withValues { source in
        guard let first = source.baseAddress, let result = target.baseAddress else { return }
        nonisolated(unsafe) let (from, to) = (first, result)
        Parallelism.forEach(numbers.count, grain: max(1, (1 << 14) / columns)) { range in
          for row in range {
            if numbers[row] < 0 {
              (to + row * columns).update(repeating: 0, count: columns)
            } else {
              (to + row * columns).update(from: from + numbers[row] * columns, count: columns)
            }
          }
        }
      }
    }
  }
}
