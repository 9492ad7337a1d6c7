extension Tensor {
  /// The tensors side by side along an axis; the other axes agree.
  package static func concatenated(_ parts: [Tensor], axis: Int) -> Tensor {
    precondition(!parts.isEmpty && parts[0].shape.indices.contains(axis), "concatenation along axis \(axis)")
    let first = parts[0].shape
    var shape = first
    shape[axis] = 0
    for part in parts {
      var other = part.shape
      precondition(other.count == first.count, "concatenation of \(parts.map(\.shape)) along axis \(axis)")
      shape[axis] += other[axis]
      other[axis] = first[axis]
      precondition(other == first, "concatenation of \(parts.map(\.shape)) along axis \(axis)")
    }
    let outer = first[..<axis].reduce(1, *)
    return Tensor(shape: shape) { target in
      guard target.count > 0 else { return }
      var offset = 0
      for part in parts {
        let chunk = part.count / max(1, outer)
        part.withValues { source in
          guard let from = source.baseAddress else { return }
          Self.copy(
            outer, from: from, stride: chunk, to: target.baseAddress! + offset, stride: target.count / outer,
            count: chunk)
        }
        offset += chunk
      }
    }
  }

  /// The entries `range` along an axis.
  package func slice(_ range: Range<Int>, axis: Int) -> Tensor {
    precondition(
      shape.indices.contains(axis) && range.lowerBound >= 0 && range.upperBound <= shape[axis],
      "entries \(range) along axis \(axis) of \(shape)")
    var lengths = shape
    lengths[axis] = range.count
    let outer = shape[..<axis].reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(1, *)
    return Tensor(shape: lengths) { target in
      withValues { source in
        guard target.count > 0 else { return }
        Self.copy(
          outer, from: source.baseAddress! + range.lowerBound * inner, stride: shape[axis] * inner,
          to: target.baseAddress!, stride: range.count * inner, count: range.count * inner)
      }
    }
  }

  /// Copies `rows` stretches of `count` numbers, which begin a stride apart.
  private static func copy(
    _ rows: Int, from source: UnsafePointer<Float>, stride sourceStride: Int,
    to target: UnsafeMutablePointer<Float>, stride targetStride: Int, count: Int
  ) {
    let (source, target) = (Shared(source), Shared(target))
    Parallelism.forEach(rows, grain: max(1, (1 << 15) / max(1, count))) {
      for row in $0 {
        (target.pointer + row * targetStride).update(from: source.pointer + row * sourceStride, count: count)
      }
    }
  }

  /// Entry `index` of the outermost axis, without that axis.
  package subscript(index: Int) -> Tensor {
    slice(index..<index + 1, axis: 0).reshaped(Array(shape.dropFirst()))
  }

  /// The innermost axis cut into `count` equal parts.
  package func chunks(_ count: Int) -> [Tensor] {
    precondition(columns % count == 0, "\(count) chunks of \(shape)")
    let width = columns / count
    return (0..<count).map { slice($0 * width..<($0 + 1) * width, axis: shape.count - 1) }
  }

  /// The axes in another order: axis i of the result is axis `order[i]` of this tensor.
  package func permuted(_ order: Int...) -> Tensor {
    precondition(order.sorted() == Array(shape.indices), "order \(order) for shape \(shape)")
    let lengths = order.map { shape[$0] }
    var steps = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { steps[axis] = steps[axis + 1] * shape[axis + 1] }
    let strides = order.map { steps[$0] }
    return Tensor(shape: lengths) { target in
      withValues { source in
        guard target.count > 0, let innerStride = strides.last, let inner = lengths.last else {
          if target.count == 1 { target[0] = source[0] }
          return
        }
        var index = [Int](repeating: 0, count: lengths.count - 1)
        for row in 0..<target.count / inner {
          let start = zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 }
          for column in 0..<inner { target[row * inner + column] = source[start + column * innerStride] }
          for axis in index.indices.reversed() {
            index[axis] += 1
            if index[axis] < lengths[axis] { break }
            index[axis] = 0
          }
        }
      }
    }
  }

  /// This tensor `count` times along a new outermost axis.
  package func repeated(_ count: Int) -> Tensor {
    Tensor.concatenated([Tensor](repeating: reshaped([1] + shape), count: count), axis: 0)
  }

  /// Tensors of one shape along a new outermost axis.
  package static func stacked(_ parts: [Tensor]) -> Tensor {
    concatenated(parts.map { $0.reshaped([1] + $0.shape) }, axis: 0)
  }
}
