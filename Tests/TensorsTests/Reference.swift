import Tensors

/// Numbers that look random, the same in every run, in -1...1.
func sample(_ shape: [Int], seed: UInt64 = 1) -> Tensor {
  var generator = TorchGenerator(seed: seed)
  return Tensor(shape: shape) { values in
    for i in values.indices { values[i] = 2 * generator.uniform() - 1 }
  }
}

/// The largest distance between two tensors' numbers; infinite when the shapes differ.
func distance(_ a: Tensor, _ b: Tensor) -> Float {
  guard a.shape == b.shape else { return .infinity }
  return zip(a.values, b.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
}
