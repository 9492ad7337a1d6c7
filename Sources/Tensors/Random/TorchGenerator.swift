import Glibc

/// PyTorch's CPU random numbers: the same seed gives the same stream as `torch.Generator("cpu").manual_seed(seed)`.
///
/// mt19937 with the seed's low 32 bits; see torch 2.13 `aten/src/ATen/core/MT19937RNGEngine.h` and
/// `aten/src/ATen/native/cpu/DistributionTemplates.h`. torch's vector code has its own logarithm and sine: normal
/// numbers agree to about 1.2e-6.
package struct TorchGenerator: Sendable {
  private var state = [UInt32](repeating: 0, count: 624)
  private var position = 624
  /// The second number of the last pair that the scalar path drew.
  private var spare: Double?

  package init(seed: UInt64) {
    state[0] = UInt32(truncatingIfNeeded: seed)
    for i in 1..<624 { state[i] = 1_812_433_253 &* (state[i - 1] ^ (state[i - 1] >> 30)) &+ UInt32(i) }
  }

  /// The next 32 random bits.
  package mutating func next32() -> UInt32 {
    if position == 624 { refill() }
    var y = state[position]
    position += 1
    y ^= y >> 11
    y ^= (y << 7) & 0x9d2c_5680
    y ^= (y << 15) & 0xefc6_0000
    return y ^ (y >> 18)
  }

  private mutating func refill() {
    for i in 0..<624 {
      let mixed = (state[i] & 0x8000_0000) | (state[(i + 1) % 624] & 0x7fff_ffff)
      state[i] = state[(i + 397) % 624] ^ (mixed >> 1) ^ (mixed & 1 == 0 ? 0 : 0x9908_b0df)
    }
    position = 0
  }

  /// Uniform in [0, 1) with 24 bits, as `torch.rand` draws float32.
  package mutating func uniform() -> Float { Float(next32() & 0xff_ffff) * 0x1p-24 }

  /// Uniform in [0, 1) with 53 bits; the first word is the high one.
  private mutating func uniformDouble() -> Double {
    let high = UInt64(next32())
    let bits = high << 32 | UInt64(next32())
    return Double(bits & (1 << 53 - 1)) * 0x1p-53
  }

  /// Standard normal numbers, as `torch.randn(shape, generator=…)` draws float32 in one fill in memory order.
  package mutating func normal(shape: [Int]) -> Tensor {
    Tensor(shape: shape) { values in
      values.count < 16 ? fillOneByOne(values) : fillInBlocks(values)
    }
  }

  private mutating func fillOneByOne(_ values: UnsafeMutableBufferPointer<Float>) {
    for i in values.indices {
      if let kept = spare {
        values[i] = Float(kept)
        spare = nil
        continue
      }
      let angle = 2 * Double.pi * uniformDouble()
      let radius = (-2 * log1p(-uniformDouble())).squareRoot()
      spare = radius * sin(angle)
      values[i] = Float(radius * cos(angle))
    }
  }

  /// Box–Muller in blocks of 16: the first eight uniforms give radii, the last eight angles.
  private mutating func fillInBlocks(_ values: UnsafeMutableBufferPointer<Float>) {
    for i in values.indices { values[i] = uniform() }
    for start in stride(from: 0, through: values.count - 16, by: 16) { Self.transform(values, from: start) }
    if values.count % 16 != 0 {
      // torch draws the last sixteen places afresh, over the end of the last whole block.
      let start = values.count - 16
      for i in start..<values.count { values[i] = uniform() }
      Self.transform(values, from: start)
    }
  }

  private static func transform(_ values: UnsafeMutableBufferPointer<Float>, from start: Int) {
    for j in start..<start + 8 {
      let radius = (-2 * log(1 - values[j])).squareRoot()
      let angle = 2 * Float.pi * values[j + 8]
      values[j] = radius * cos(angle)
      values[j + 8] = radius * sin(angle)
    }
  }
}
