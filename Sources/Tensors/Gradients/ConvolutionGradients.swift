import Kernels

extension Tensor {
  /// The convolution of maps `[B, height, width, inputs]` with `kernels` `[outputs, inputs, size, size]`.
  ///
  /// - Parameter bias: `[outputs]`.
  /// - Returns: `[B, height', width', outputs]`.
  package func convolved(with kernels: Weight, bias: Tensor? = nil, _ geometry: ConvolutionGeometry) -> Tensor
  {
    let bias = bias ?? Tensor(repeating: 0, shape: [geometry.outputs])
    let (height, width) = (geometry.output(of: shape[1]), geometry.output(of: shape[2]))
    let length = height * width * geometry.outputs
    return Tensor(shape: [shape[0], height, width, geometry.outputs]) { target in
      for index in 0..<shape[0] {
        let result = map(index).convolved(with: kernels, bias: bias, geometry)
        (target.baseAddress! + index * length).update(from: result.values, count: length)
      }
    }
  }

  /// What the kernels of a convolution get, `[outputs, inputs, size, size]`.
  ///
  /// - Parameters:
  ///   - x: What the convolution was given; this tensor is the gradient of its result.
  package func convolutionKernelGradient(of x: Tensor, _ geometry: ConvolutionGeometry) -> Tensor {
    let (taps, inputs, outputs) = (geometry.size * geometry.size, geometry.inputs, geometry.outputs)
    var sum = Tensor(repeating: 0, shape: [outputs, taps * inputs])
    for index in 0..<shape[0] {
      let map = x.map(index)
      for part in parts(geometry) {
        let windows = map.windows(of: part, resultWidth: shape[2], geometry)
        sum.add(rows(of: index, part).linearWeightGradient(of: windows))
      }
    }
    // From [outputs, y, x, inputs].
    return sum.reshaped(outputs, taps, inputs).permuted(0, 2, 1)
      .reshaped(outputs, inputs, geometry.size, geometry.size)
  }

  /// What the input of a convolution gets, `[B, height, width, inputs]`; this tensor is the gradient of its result.
  package func convolutionInputGradient(
    with kernels: Tensor, height: Int, width: Int, _ geometry: ConvolutionGeometry
  ) -> Tensor {
    let (taps, inputs, outputs) = (geometry.size * geometry.size, geometry.inputs, geometry.outputs)
    let rows = Weight(
      kernels.reshaped(outputs, inputs, taps).permuted(0, 2, 1).reshaped(outputs, taps * inputs))
    return Tensor(shape: [shape[0], height, width, inputs]) { target in
      target.update(repeating: 0)
      for index in 0..<shape[0] {
        let map = target.baseAddress! + index * height * width * inputs
        for part in parts(geometry) {
          let windows = self.rows(of: index, part).linearInputGradient(rows)
          windows.addWindows(of: part, to: map, height, width, resultWidth: shape[2], geometry)
        }
      }
    }
  }

  /// One map of a batch with channels last.
  private func map(_ index: Int) -> FeatureMap {
    let map = FeatureMap(height: shape[1], width: shape[2], channels: shape[3])
    withValues { map.values.update(from: $0.baseAddress! + index * map.count, count: map.count) }
    return map
  }

  /// Pixels of a map that are worked on together, so that their windows take bounded memory.
  private func parts(_ geometry: ConvolutionGeometry) -> [Range<Int>] {
    let pixels = shape[1] * shape[2]
    let chunk = max(1, ConvolutionJob.rowFloats / (geometry.size * geometry.size * geometry.inputs))
    return stride(from: 0, to: pixels, by: chunk).map { $0..<Swift.min($0 + chunk, pixels) }
  }

  /// Pixels of one map as rows of channels.
  private func rows(of index: Int, _ pixels: Range<Int>) -> Tensor {
    let first = index * shape[1] * shape[2]
    return reshaped(-1, columns).slice(first + pixels.lowerBound..<first + pixels.upperBound, axis: 0)
  }

  /// Adds each row, a window `[size, size, inputs]`, to where it lies in a map; what lies in the padding is dropped.
  private func addWindows(
    of pixels: Range<Int>, to map: UnsafeMutablePointer<Float>, _ height: Int, _ width: Int, resultWidth: Int,
    _ geometry: ConvolutionGeometry
  ) {
    let (size, inputs) = (geometry.size, geometry.inputs)
    withValues { windows in
      for (place, pixel) in pixels.enumerated() {
        let top = pixel / resultWidth * geometry.stride - geometry.padding.before
        let left = pixel % resultWidth * geometry.stride - geometry.padding.before
        let (first, last) = (Swift.max(0, left), Swift.min(width, left + size))
        guard first < last else { continue }
        for row in Swift.max(0, top)..<Swift.max(0, top, Swift.min(height, top + size)) {
          let source = ((place * size + row - top) * size + first - left) * inputs
          let line = map + (row * width + first) * inputs
          elementwise().pointee.add(line, line, windows.baseAddress! + source, (last - first) * inputs)
        }
      }
    }
  }
}

extension FeatureMap {
  /// What a convolution sees at some pixels of its result: `[pixels, size·size·channels]`.
  fileprivate func windows(of pixels: Range<Int>, resultWidth: Int, _ geometry: ConvolutionGeometry) -> Tensor
  {
    let length = geometry.size * geometry.size * channels
    return Tensor(shape: [pixels.count, length]) { target in
      let rows = Shared(target.baseAddress!)
      nonisolated(unsafe) let input = conv_input(
        values: values, height: height, width: width, channels: channels, doubled: 0,
        activation: conv_activation(scale: nil, offset: nil, silu: 0))
      Parallelism.forEach(pixels.count, grain: 64) { range in
        for place in range {
          let pixel = pixels.lowerBound + place
          let top = pixel / resultWidth * geometry.stride - geometry.padding.before
          let left = pixel % resultWidth * geometry.stride - geometry.padding.before
          withUnsafePointer(to: input) {
            conv_window($0, top, left, geometry.size, geometry.size, rows.pointer + place * length)
          }
        }
      }
    }
  }
}
