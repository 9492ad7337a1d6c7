import Testing

@testable import Tensors

@Suite("PyTorch's generator")
struct TorchGeneratorTests {
  /// Printed by torch 2.13: `torch.randn(n, generator=torch.Generator("cpu").manual_seed(seed))`.
  static let draws: [(seed: UInt64, values: [Float])] = [
    (7, [-0.1467951, 0.7861413, 0.9468216]),
    (
      7,
      [
        -0.1467951, 0.7861413, 0.9468216, -1.114344, 1.69079, -0.8948279, -0.355625, 1.232386, 0.1381727,
        -1.682199,
        0.3176783, 0.132807, 0.1373241, 0.2405461, 1.395451,
      ]
    ),
    (
      7,
      [
        -0.8201345, 0.3956312, 0.8989085, -1.388404, -0.166996, 0.28515, -0.6410915, -0.8936554, 0.926543,
        -0.5355122,
        -1.15972, -0.4601572, 0.7085391, 1.012755, 0.2303969, 1.090165,
      ]
    ),
    (
      123_456_789_012,
      [
        -0.3533599, -0.2634964, -1.373362, -3.360671, 1.961775, -0.723488, -0.6417907, 0.2721803, 0.2428309,
        -0.9973219,
        0.4943754, -0.08177983, 1.873879, -0.01778681, -0.6323167, 0.3728744, 1.073344, 1.103711, 0.2365474,
        0.1075971,
      ]
    ),
    (
      3,
      [
        -0.07664429, 0.3598815, -0.7820168, 0.07152773, 0.6648394, -0.2867803, 1.620551, -1.596708,
        -0.05168096,
        -0.3059757, 0.2485017, -0.2225608, 0.9131519, 0.2043411, 0.5739847, 0.4163313, 0.2615012, 0.9311244,
        -0.514462,
        0.3487464, 0.03706688, -0.06768559, 0.429033, -0.8681192, -1.19632, 1.027997, 0.07189109, 0.6814111,
        -0.9583004,
        0.06392408, 0.6589139, 0.8194592, 0.5615939, -0.2481468, -1.079961,
      ]
    ),
  ]

  @Test(
    "randn: below sixteen, sixteen, with a remainder, and a seed beyond 32 bits", arguments: draws.indices)
  func normal(index: Int) {
    var generator = TorchGenerator(seed: Self.draws[index].seed)
    let expected = Tensor(Self.draws[index].values)
    #expect(distance(generator.normal(shape: expected.shape), expected) < Tolerance.torchNormal)
  }

  @Test("the second half of a pair waits for the next short draw")
  func spare() {
    var generator = TorchGenerator(seed: 5)
    let first = generator.normal(shape: [3])
    let second = generator.normal(shape: [2])
    #expect(distance(first, Tensor([-0.48678076, -0.6038216, -0.5580962])) < Tolerance.torchNormal)
    #expect(distance(second, Tensor([0.6675243, -0.1974151])) < Tolerance.torchNormal)
  }

  @Test("rand")
  func uniform() {
    var generator = TorchGenerator(seed: 5)
    let got = (0..<4).map { _ in generator.uniform() }
    #expect(got == [0.83025187, 0.12611091, 0.9074697, 0.81992704])
  }

  @Test("moments of many numbers")
  func moments() {
    var generator = TorchGenerator(seed: 11)
    let x = generator.normal(shape: [100_000]).values
    let mean = x.reduce(0.0) { $0 + Double($1) } / 1e5
    let variance = x.reduce(0.0) { $0 + Double($1) * Double($1) } / 1e5
    #expect(abs(mean) < 0.01 && abs(variance - 1) < 0.015)
  }
}
