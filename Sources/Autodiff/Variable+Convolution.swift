import Tensors

extension Variable {
  /// The convolution of maps `[B, height, width, inputs]` with kernels `[outputs, inputs, size, size]` and bias
  /// `[outputs]`, all of which may be trained.
  ///
  /// - Returns: `[B, height', width', outputs]`.
  package func convolved(
    with kernels: Variable, bias: Variable? = nil, _ geometry: ConvolutionGeometry
  ) -> Variable {
    let y = value.convolved(with: Weight(kernels.value), bias: bias?.value, geometry)
    let (height, width) = (shape[1], shape[2])
    let forX = isConstant ? nil : kernels.value
    let forKernels = kernels.isConstant ? nil : value
    return .result(y, of: [self, kernels] + (bias.map { [$0] } ?? [])) {
      [target, kernels = kernels.target, bias = bias?.target] sink, gradient in
      if let forX {
        sink.add(
          gradient.convolutionInputGradient(with: forX, height: height, width: width, geometry), to: target)
      }
      if let forKernels {
        sink.add(gradient.convolutionKernelGradient(of: forKernels, geometry), to: kernels)
      }
      sink.add(gradient.columnSums().reshaped(-1), to: bias)
    }
  }
}
