import Testing

@testable import Tensors

@Suite struct ConvolutionTests {
  /// Numbers between -1 and 1 without a pattern that sums could hide in.
  private func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
    }
  }

  private func map(_ height: Int, _ width: Int, _ channels: Int, seed: UInt64 = 1) -> FeatureMap {
    let values = numbers(height * width * channels, seed: seed)
    return FeatureMap(channelsFirst: Tensor(values, shape: [1, channels, height, width]), index: 0)
  }

  private func activated(_ value: Float, _ channel: Int, _ activation: ChannelActivation) -> Double {
    var x = Double(value)
    if !activation.scale.isEmpty {
      x = x * Double(activation.scale[channel]) + Double(activation.offset[channel])
    }
    return activation.silu ? x / (1 + exponential(-x)) : x
  }

  private func exponential(_ x: Double) -> Double {
    // exp by squaring of a short series: plain and exact enough to check against.
    var sum = 1.0
    var term = 1.0
    for k in 1..<20 {
      term *= x / 256 / Double(k)
      sum += term
    }
    for _ in 0..<8 { sum *= sum }
    return sum
  }

  /// The definition, in double precision.
  private func reference(
    _ input: FeatureMap, _ kernels: [Float], _ bias: [Float], _ geometry: ConvolutionGeometry,
    _ activation: ChannelActivation, doubled: Bool
  ) -> [Double] {
    let factor = doubled ? 2 : 1
    let (height, width) = (
      geometry.output(of: input.height * factor), geometry.output(of: input.width * factor)
    )
    var result: [Double] = []
    for y in 0..<height {
      for x in 0..<width {
        for output in 0..<geometry.outputs {
          var sum = Double(bias[output])
          for dy in 0..<geometry.size {
            for dx in 0..<geometry.size {
              let v = y * geometry.stride + dy - geometry.padding.before
              let u = x * geometry.stride + dx - geometry.padding.before
              guard (0..<input.height * factor).contains(v), (0..<input.width * factor).contains(u) else {
                continue
              }
              let pixel = v / factor * input.width + u / factor
              for channel in 0..<geometry.inputs {
                let kernel = kernels[
                  ((output * geometry.inputs + channel) * geometry.size + dy) * geometry.size + dx]
                sum +=
                  Double(kernel)
                  * activated(input.values[pixel * input.channels + channel], channel, activation)
              }
            }
          }
          result.append(sum)
        }
      }
    }
    return result
  }

  private func largestError(
    _ height: Int, _ width: Int, _ geometry: ConvolutionGeometry, activation: ChannelActivation = .init(),
    doubled: Bool = false, residual: Bool = false, winograd: Bool
  ) -> Double {
    let input = map(height, width, geometry.inputs)
    let kernels = numbers(geometry.outputs * geometry.inputs * geometry.size * geometry.size, seed: 2)
    let bias = numbers(geometry.outputs, seed: 3)
    var expected = reference(input, kernels, bias, geometry, activation, doubled: doubled)
    let factor = doubled ? 2 : 1
    let added =
      residual
      ? map(
        geometry.output(of: height * factor), geometry.output(of: width * factor), geometry.outputs, seed: 4)
      : nil
    if let added { for index in expected.indices { expected[index] += Double(added.values[index]) } }
    let result = input.convolved(
      with: Weight(Tensor(kernels)), bias: Tensor(bias), geometry, activation: activation, doubled: doubled,
      residual: added,
      winograd: winograd)
    #expect(result.count == expected.count)
    let scale = expected.map(abs).max() ?? 1
    return expected.indices.map { abs(expected[$0] - Double(result.values[$0])) }.max()! / scale
  }

  private func activation(_ channels: Int, silu: Bool) -> ChannelActivation {
    var activation = ChannelActivation()
    activation.scale = numbers(channels, seed: 5).map { $0 + 1.5 }
    activation.offset = numbers(channels, seed: 6)
    activation.silu = silu
    return activation
  }

  // Single precision sums of a few hundred products: 1e-6 of the largest result leaves a factor of three.
  @Test(arguments: [(1, 1), (2, 3), (5, 4), (8, 8), (9, 13)], [(1, 1), (3, 5), (16, 16), (17, 33)])
  func agreesWithTheDefinition(size: (Int, Int), channels: (Int, Int)) {
    let geometry = ConvolutionGeometry(inputs: channels.0, outputs: channels.1)
    #expect(largestError(size.0, size.1, geometry, winograd: false) < 1e-6)
    #expect(
      largestError(
        size.0, size.1, geometry, activation: activation(channels.0, silu: true), residual: true,
        winograd: false)
        < 1e-6)
    #expect(largestError(size.0, size.1, geometry, doubled: true, winograd: false) < 1e-6)
  }

  // Winograd's transforms round about five times as coarsely.
  @Test(arguments: [(1, 1), (2, 3), (5, 4), (8, 8), (9, 13)], [(1, 1), (3, 5), (16, 16), (17, 33), (80, 3)])
  func winogradAgreesWithTheDefinition(size: (Int, Int), channels: (Int, Int)) {
    let geometry = ConvolutionGeometry(inputs: channels.0, outputs: channels.1)
    #expect(largestError(size.0, size.1, geometry, winograd: true) < 5e-6)
    #expect(
      largestError(
        size.0, size.1, geometry, activation: activation(channels.0, silu: true), residual: true,
        winograd: true)
        < 5e-6)
    #expect(largestError(size.0, size.1, geometry, doubled: true, winograd: true) < 5e-6)
  }

  @Test(arguments: [(2, 2), (7, 8), (8, 7), (9, 9)])
  func halvesWithZerosBehindTheLastRowAndColumn(size: (Int, Int)) {
    let geometry = ConvolutionGeometry(inputs: 5, outputs: 6, stride: 2, padding: (0, 1))
    #expect(geometry.output(of: size.0) == size.0 / 2)
    #expect(largestError(size.0, size.1, geometry, winograd: false) < 1e-6)
  }

  @Test(arguments: [(1, 1), (6, 7)])
  func pointwiseKernelsMixChannels(size: (Int, Int)) {
    let geometry = ConvolutionGeometry(inputs: 19, outputs: 7, size: 1, padding: (0, 0))
    #expect(
      largestError(size.0, size.1, geometry, activation: activation(19, silu: false), winograd: false) < 1e-6)
  }

  @Test func choosesTheFastWayForLargeMapsAndGetsTheSameResult() {
    // Large enough for several chunks in both ways, wide enough that chunks end inside a row of tiles.
    let geometry = ConvolutionGeometry(inputs: 48, outputs: 40)
    let input = map(70, 90, 48)
    let kernels = Weight(Tensor(numbers(40 * 48 * 9, seed: 2)))
    let bias = Tensor(numbers(40, seed: 3))
    let fast = input.convolved(with: kernels, bias: bias, geometry)
    let plain = input.convolved(with: kernels, bias: bias, geometry, winograd: false)
    let again = input.convolved(with: kernels, bias: bias, geometry, winograd: true)
    var error: Float = 0
    var largest: Float = 0
    var same = true
    for index in 0..<fast.count {
      error = max(error, abs(fast.values[index] - plain.values[index]))
      largest = max(largest, abs(plain.values[index]))
      same = same && fast.values[index] == again.values[index]
    }
    #expect(error < 5e-6 * largest && error > 0)
    #expect(same)
  }

  @Test func siluIsAccurateOverTheWholeRange() {
    let values = stride(from: Float(-100), through: 100, by: 0.37).map { $0 }
    let input = FeatureMap(channelsFirst: Tensor(values, shape: [1, 1, 1, values.count]), index: 0)
    var activation = ChannelActivation()
    activation.silu = true
    let result = input.convolved(
      with: Weight(Tensor([1])), bias: Tensor([0]), .init(inputs: 1, outputs: 1, size: 1, padding: (0, 0)),
      activation: activation)
    for (index, value) in values.enumerated() {
      let expected = Double(value) / (1 + exponential(-Double(value)))
      // Far below zero the result is smaller than any single precision number that matters.
      #expect(abs(Double(result.values[index]) - expected) <= 1e-6 * abs(expected) + 1e-30, "silu(\(value))")
    }
  }

  @Test func convertsToChannelsFirstAndBack() {
    let values = numbers(2 * 5 * 3 * 2, seed: 9)
    let map = FeatureMap(channelsFirst: Tensor(values, shape: [2, 5, 3, 2]), index: 1)
    #expect(map.channels == 5 && map.height == 3 && map.width == 2)
    #expect(map.values[5 + 4] == values[30 + 4 * 6 + 1])
    var back = [Float](repeating: 0, count: 30)
    back.withUnsafeMutableBufferPointer { map.copyChannelsFirst(to: $0) }
    #expect(back == Array(values[30...]))
  }

  @Test func givesTokensAndTakesThemBack() {
    let map = map(9, 11, 7)
    let activation = activation(7, silu: true)
    let tokens = map.tokens(activation: activation)
    #expect(tokens.shape == [1, 99, 7])
    let before = (0..<map.count).map { map.values[$0] }
    map.add(tokens: tokens)
    let sums = tokens.values
    for index in before.indices {
      #expect(abs(Double(sums[index]) - activated(before[index], index % 7, activation)) < 1e-6)
      #expect(map.values[index] == before[index] + sums[index])
    }
  }

  // Sums of a few thousand numbers far from zero: what single precision keeps of the deviation is the limit.
  @Test(arguments: [Float(0), 100])
  func groupNormalizationAgreesWithTheDefinition(mean: Float) {
    let map = map(67, 71, 12)
    for index in 0..<map.count { map.values[index] += mean }
    let weight = Tensor(numbers(12, seed: 7))
    let bias = Tensor(numbers(12, seed: 8))
    let activation = map.groupNormalization(groups: 3, epsilon: 1e-6, weight: weight, bias: bias, silu: true)
    #expect(activation.silu)
    for group in 0..<3 {
      let members = (0..<map.count).filter { $0 % 12 / 4 == group }.map { Double(map.values[$0]) }
      let average = members.reduce(0, +) / Double(members.count)
      let variance = members.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(members.count)
      for channel in group * 4..<group * 4 + 4 {
        let scale = Double(weight.values[channel]) / (variance + 1e-6).squareRoot()
        let offset = Double(bias.values[channel]) - average * scale
        #expect(abs(Double(activation.scale[channel]) - scale) < 1e-5 * abs(scale))
        #expect(abs(Double(activation.offset[channel]) - offset) < 1e-5 * max(1, abs(offset)))
      }
    }
  }
}
