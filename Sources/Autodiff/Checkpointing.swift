import Tensors

extension Tape {
  /// Computes something now without keeping anything but its inputs, and again when gradients flow back.
  ///
  /// Activation checkpointing: memory then grows with one such part of a model, at the price of computing it twice.
  /// Parts are kept all the same for as long as what they keep fits in the tape's allowance, the first ones: the
  /// allowance is then exceeded by one part at most. The numbers are the same either way. A part without parameters
  /// whose inputs are constants is not recorded, nor computed again.
  ///
  /// - Parameters:
  ///   - inputs: All that the body takes besides parameters.
  ///   - body: A pure function of the inputs and of parameters, which it gets through the tape it is given.
  package func checkpointed(
    _ inputs: [Variable], _ body: @escaping (Tape, [Variable]) -> [Variable]
  ) -> [Variable] {
    if isRecording, allowance > 0 {
      let before = FloatMemory.inUse
      let results = body(self, inputs)
      allowance -= FloatMemory.inUse - before
      return results
    }
    let plain = Tape(isRecording: false)
    let values = body(plain, inputs.map { Variable($0.value) }).map(\.value)
    hasMetParameter = hasMetParameter || plain.hasMetParameter
    guard isRecording, plain.hasMetParameter || inputs.contains(where: { !$0.isConstant }) else {
      return values.map { Variable($0) }
    }
    return results(values) { sink, gradients in
      let inner = Tape()
      let copies = inputs.map { input in
        input.isConstant
          ? Variable(input.value) : inner.input(input.value) { sink.add($0, to: input.target) }
      }
      let again = body(inner, copies)
      inner.backward(
        from: zip(again, gradients).compactMap { result, gradient in gradient.map { (result, $0) } })
    }
  }
}
