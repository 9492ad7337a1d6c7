import Tensors

extension Variable {
  /// The same numbers under another shape.
  package func reshaped(_ lengths: Int...) -> Variable { reshaped(lengths) }

  package func reshaped(_ lengths: [Int]) -> Variable {
    let shape = shape
    return .result(value.reshaped(lengths), of: [self]) { [target] sink, gradient in
      sink.add(gradient.reshaped(shape), to: target)
    }
  }

  /// The entries `range` along an axis.
  package func slice(_ range: Range<Int>, axis: Int) -> Variable {
    let shape = shape
    return .result(value.slice(range, axis: axis), of: [self]) { [target] sink, gradient in
      sink.add(gradient.placed(at: range.lowerBound, axis: axis, in: shape), to: target)
    }
  }

  /// The innermost axis cut into `count` equal parts.
  package func chunks(_ count: Int) -> [Variable] {
    guard let tape else { return value.chunks(count).map { Variable($0) } }
    let width = value.columns / count
    let axis = shape.count - 1
    return tape.results(value.chunks(count)) { [target, shape] sink, gradients in
      let parts = gradients.map { $0 ?? Tensor(repeating: 0, shape: shape.dropLast() + [width]) }
      sink.add(.concatenated(parts, axis: axis), to: target)
    }
  }

  /// Parts of the given lengths, which follow one another along an axis and cover it.
  package func split(_ lengths: [Int], axis: Int) -> [Variable] {
    precondition(lengths.reduce(0, +) == shape[axis], "parts of \(lengths) along axis \(axis) of \(shape)")
    var start = 0
    let parts = lengths.map { length in
      defer { start += length }
      return value.slice(start..<start + length, axis: axis)
    }
    guard let tape else { return parts.map { Variable($0) } }
    let shapes = parts.map(\.shape)
    return tape.results(parts) { [target] sink, gradients in
      let parts = zip(gradients, shapes).map { $0 ?? Tensor(repeating: 0, shape: $1) }
      sink.add(.concatenated(parts, axis: axis), to: target)
    }
  }

  /// The variables side by side along an axis.
  package static func concatenated(_ parts: [Variable], axis: Int) -> Variable {
    var start = 0
    let places = parts.map { part in
      defer { start += part.shape[axis] }
      return (target: part.target, range: start..<start + part.shape[axis])
    }
    return result(.concatenated(parts.map(\.value), axis: axis), of: parts) { sink, gradient in
      for place in places { sink.add(gradient.slice(place.range, axis: axis), to: place.target) }
    }
  }

  /// Rows of a table `[count, C]`, one for each index: `[indices.count, C]`.
  package func rows(_ indices: [Int]) -> Variable {
    precondition(shape.count == 2, "rows of \(shape)")
    let shape = shape
    return .result(Weight(value).rows(indices), of: [self]) { [target] sink, gradient in
      var table = Tensor(repeating: 0, shape: shape)
      table.addRows(gradient, at: indices)
      sink.add(table, to: target)
    }
  }
}

extension Tensor {
  /// Zeros of a shape with this tensor's entries from `start` on along an axis.
  fileprivate func placed(at start: Int, axis: Int, in shape: [Int]) -> Tensor {
    var (before, after) = (shape, shape)
    before[axis] = start
    after[axis] = shape[axis] - start - self.shape[axis]
    var parts = [self]
    if start > 0 { parts.insert(Tensor(repeating: 0, shape: before), at: 0) }
    if after[axis] > 0 { parts.append(Tensor(repeating: 0, shape: after)) }
    return parts.count == 1 ? self : .concatenated(parts, axis: axis)
  }
}
