import Kernels

/// How a two-dimensional convolution walks over a map.
package struct ConvolutionGeometry: Sendable, Equatable {
  package var inputs: Int
  package var outputs: Int
  /// Height and width of the kernel.
  package var size = 3
  package var stride = 1
  /// Zeros before the first and behind the last row and column.
  package var padding: (before: Int, after: Int) = (1, 1)

  package init(
    inputs: Int, outputs: Int, size: Int = 3, stride: Int = 1, padding: (before: Int, after: Int) = (1, 1)
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.size = size
    self.stride = stride
    self.padding = padding
  }

  package static func == (a: Self, b: Self) -> Bool {
    (a.inputs, a.outputs, a.size, a.stride) == (b.inputs, b.outputs, b.size, b.stride)
      && a.padding == b.padding
  }

  func output(of length: Int) -> Int { (length + padding.before + padding.after - size) / stride + 1 }
}

/// What is done to the values of a map on their way into a convolution: `silu(scale·x + offset)`.
package struct ChannelActivation: Sendable {
  /// One number a channel, or none to leave the values.
  package var scale: [Float] = []
  package var offset: [Float] = []
  package var silu = false

  package init() {}

  func withKernelForm<Result>(_ body: (conv_activation) -> Result) -> Result {
    precondition(scale.count == offset.count, "\(scale.count) factors and \(offset.count) summands")
    return scale.withUnsafeBufferPointer { scale in
      offset.withUnsafeBufferPointer { offset in
        body(
          conv_activation(
            scale: scale.isEmpty ? nil : scale.baseAddress, offset: offset.isEmpty ? nil : offset.baseAddress,
            silu: silu ? 1 : 0))
      }
    }
  }
}

extension FeatureMap {
  /// The convolution of the map with `kernels` `[outputs, inputs, size, size]`, plus bias and residual.
  ///
  /// 3×3 kernels over enough channels go through Winograd's F(4×4, 3×3), which needs a quarter of the
  /// multiplications and rounds about 4.5 times as coarsely as direct summation; others are gathered into rows for
  /// one product. Scratch memory is bounded in both.
  ///
  /// - Parameters:
  ///   - bias: `[outputs]`.
  ///   - activation: Applied to the map's values first, but not to the padding.
  ///   - doubled: Whether the map is enlarged to twice its height and width first, every value repeated.
  ///   - residual: A map of the result's shape to add. It is given up: its memory becomes the result's.
  ///   - winograd: Forces one of the two ways, for tests.
  package func convolved(
    with kernels: Weight, bias: Tensor, _ geometry: ConvolutionGeometry,
    activation: ChannelActivation = ChannelActivation(), doubled: Bool = false, residual: FeatureMap? = nil,
    winograd: Bool? = nil
  ) -> FeatureMap {
    precondition(channels == geometry.inputs, "\(channels) channels into a convolution of \(geometry.inputs)")
    precondition(
      kernels.count == geometry.outputs * geometry.inputs * geometry.size * geometry.size
        && bias.shape == [geometry.outputs], "kernels \(kernels.shape) and bias \(bias.shape) for \(geometry)"
    )
    let factor = doubled ? 2 : 1
    let shape = (geometry.output(of: height * factor), geometry.output(of: width * factor), geometry.outputs)
    let result = residual ?? FeatureMap(height: shape.0, width: shape.1, channels: shape.2)
    precondition(
      (result.height, result.width, result.channels) == shape,
      "a residual of \(result.height)×\(result.width)×\(result.channels) for \(shape)")
    activation.withKernelForm { form in
      bias.withValues { bias in
        kernels.withFloats { kernels in
          let job = ConvolutionJob(
            input: conv_input(
              values: values, height: height, width: width, channels: channels, doubled: doubled ? 1 : 0,
              activation: form), kernels: kernels, bias: bias.baseAddress!, geometry: geometry,
            residual: residual != nil, result: result)
          if winograd ?? job.suitsWinograd { job.runWinograd() } else { job.runByRows() }
        }
      }
    }
    return result
  }

  /// The map as tokens `[1, pixels, channels]`, activated.
  package func tokens(activation: ChannelActivation = ChannelActivation()) -> Tensor {
    Tensor(shape: [1, pixels, channels]) { target in
      let tokens = Shared(target.baseAddress!)
      activation.withKernelForm { form in
        nonisolated(unsafe) let form = form
        Parallelism.forEach(pixels, grain: 64) { range in
          let start = range.lowerBound * channels
          conv_activate(values + start, range.count, channels, form, tokens.pointer + start)
        }
      }
    }
  }

  /// Adds tokens `[1, pixels, channels]` to the map, in place.
  package func add(tokens: Tensor) {
    precondition(
      tokens.shape == [1, pixels, channels], "tokens \(tokens.shape) for a map of \(pixels)×\(channels)")
    tokens.withValues { tokens in
      let tokens = Shared(tokens.baseAddress!)
      Parallelism.forEach(count, grain: 1 << 14) { range in
        let target = values + range.lowerBound
        elementwise().pointee.add(target, target, tokens.pointer + range.lowerBound, range.count)
      }
    }
  }
}

/// One convolution under way.
struct ConvolutionJob: @unchecked Sendable {
  // Unchecked: threads write disjoint parts of the result; all else is only read.
  var input: conv_input
  let kernels: UnsafePointer<Float>
  let bias: UnsafePointer<Float>
  let geometry: ConvolutionGeometry
  /// Whether the result's values are to be added to.
  let residual: Bool
  let result: FeatureMap

  /// Below this, transforming costs more than it saves.
  var suitsWinograd: Bool {
    geometry.size == 3 && geometry.stride == 1 && geometry.padding == (1, 1) && geometry.inputs >= 48
      && result.pixels >= 64
  }

  /// Transforms the kernels, then tiles of 4×4 results in chunks: gather, 36 products, transform back.
  func runWinograd() {
    let (inputs, outputs) = (geometry.inputs, geometry.outputs)
    let columns = (result.width + 3) / 4
    let tiles = (result.height + 3) / 4 * columns
    let chunk = max(8, min(Self.tileLimit, (tiles + 1) / 2, Self.scratchFloats / (36 * (inputs + outputs))))
    let panel = PanelProduct.floats(columns: outputs, depth: inputs)
    FloatMemory.withScratch(36 * panel) { memory in
      let panels = Shared(memory)
      Parallelism.forEachItem(
        (outputs + PanelProduct.width - 1) / PanelProduct.width, scratch: 36 * PanelProduct.width * inputs
      ) { block, transformed in
        let first = block * PanelProduct.width
        let count = min(PanelProduct.width, outputs - first)
        conv_winograd_kernels(kernels + first * inputs * 9, count, inputs, 0, count, transformed)
        for k in 0..<36 {
          elementwise().pointee.panel_of_rows(
            panels.pointer + k * panel + first * inputs, transformed + k * count * inputs, inputs, count,
            inputs)
        }
      }
      let scratch = 36 * (inputs + chunk * (inputs + outputs))
      Parallelism.forEachItem((tiles + chunk - 1) / chunk, scratch: scratch) { part, scratch in
        runTiles(
          part * chunk..<min(part * chunk + chunk, tiles), columns: columns, panels: panels.pointer,
          window: scratch, gathered: scratch + 36 * inputs, products: scratch + 36 * inputs * (chunk + 1))
      }
    }
  }

  /// - Parameters:
  ///   - columns: Tiles in a row of tiles.
  ///   - panels: Of the transformed kernels, 36 matrices whose columns are the outputs.
  ///   - window: Room for 36 pixels of input; `gathered` and `products`: for 36 rows of them for each tile.
  private func runTiles(
    _ tiles: Range<Int>, columns: Int, panels: UnsafePointer<Float>, window: UnsafeMutablePointer<Float>,
    gathered: UnsafeMutablePointer<Float>, products: UnsafeMutablePointer<Float>
  ) {
    let (inputs, outputs, count) = (geometry.inputs, geometry.outputs, tiles.count)
    for (place, tile) in tiles.enumerated() {
      withUnsafePointer(to: input) {
        conv_window($0, tile / columns * 4 - 1, tile % columns * 4 - 1, 6, 6, window)
      }
      conv_winograd_input(window, inputs, gathered + place * inputs, count * inputs)
    }
    let panel = PanelProduct.floats(columns: outputs, depth: inputs)
    for k in 0..<36 {
      PanelProduct.add(
        gathered + k * count * inputs, stride: inputs, rows: count, depth: inputs, panels: panels + k * panel,
        panelDepth: inputs, columns: outputs, to: products + k * count * outputs, stride: outputs,
        adding: false)
    }
    for (place, tile) in tiles.enumerated() {
      let (y, x) = (tile / columns * 4, tile % columns * 4)
      let target = result.values + (y * result.width + x) * outputs
      conv_winograd_output(
        products + place * outputs, count * outputs, outputs, bias, residual ? UnsafePointer(target) : nil,
        target,
        result.width * outputs, min(4, result.height - y), min(4, result.width - x))
    }
  }

  /// Tiles that one product covers, and the floats of scratch they may take in each thread.
  static let tileLimit = 256
  static let scratchFloats = 5 << 20

  /// Gathers the windows of many pixels into rows for one product.
  func runByRows() {
    let (inputs, outputs, size) = (geometry.inputs, geometry.outputs, geometry.size)
    let length = size * size * inputs
    // Windows overlap, so an activation is applied to the whole map once instead of to every window.
    let activated = size > 1 ? activatedInput() : nil
    var source = input
    if let activated {
      source.values = UnsafePointer(activated.values)
      source.activation = conv_activation(scale: nil, offset: nil, silu: 0)
    }
    let rows = kernelRows()
    let panels = Panels(count: outputs, depth: length) { panels in
      rows.withUnsafeBufferPointer { rows in
        for first in stride(from: 0, to: outputs, by: PanelProduct.width) {
          elementwise().pointee.panel_of_rows(
            panels + first * length, rows.baseAddress! + first * length, length,
            min(PanelProduct.width, outputs - first), length)
        }
      }
    }
    let chunk = max(1, min(result.pixels, Self.rowFloats / length))
    nonisolated(unsafe) let input = source
    Parallelism.forEachItem((result.pixels + chunk - 1) / chunk, scratch: chunk * length) { part, gathered in
      let range = part * chunk..<min(part * chunk + chunk, result.pixels)
      for (place, pixel) in range.enumerated() {
        let (y, x) = (pixel / result.width * geometry.stride, pixel % result.width * geometry.stride)
        withUnsafePointer(to: input) {
          conv_window(
            $0, y - geometry.padding.before, x - geometry.padding.before, size, size,
            gathered + place * length)
        }
        let target = result.values + pixel * outputs
        for output in 0..<outputs { target[output] = bias[output] + (residual ? target[output] : 0) }
      }
      panels.multiply(
        gathered, stride: length, rows: range.count, from: 0, depth: length, columns: 0..<outputs,
        into: result.values + range.lowerBound * outputs, stride: outputs, adding: true)
    }
    withExtendedLifetime(activated) {}
  }

  static let rowFloats = 1 << 20

  private func activatedInput() -> FeatureMap? {
    guard input.activation.scale != nil || input.activation.silu != 0 else { return nil }
    let map = FeatureMap(height: input.height, width: input.width, channels: input.channels)
    Parallelism.forEachItem(input.height) { row, _ in
      let start = row * input.width * input.channels
      conv_activate(input.values + start, input.width, input.channels, input.activation, map.values + start)
    }
    return map
  }

  /// The kernels with channels last, `[outputs, size, size, inputs]`.
  private func kernelRows() -> [Float] {
    let (inputs, taps) = (geometry.inputs, geometry.size * geometry.size)
    if taps == 1 { return Array(UnsafeBufferPointer(start: kernels, count: geometry.outputs * inputs)) }
    return [Float](unsafeUninitializedCapacity: geometry.outputs * inputs * taps) { rows, count in
      for output in 0..<geometry.outputs {
        for input in 0..<inputs {
          for tap in 0..<taps {
            rows[(output * taps + tap) * inputs + input] = kernels[(output * inputs + input) * taps + tap]
          }
        }
      }
      count = rows.count
    }
  }
}
