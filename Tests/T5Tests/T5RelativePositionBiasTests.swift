import Checkpoints
import Testing

@testable import T5

@Suite struct T5RelativePositionBiasTests {
  private func configuration() throws -> T5Configuration {
    try T5Configuration(
      ModelConfiguration(text: #"{"feed_forward_proj": "gated-gelu"}"#, path: "config.json"))
  }

  /// With 32 buckets up to distance 128, a side has 8 exact buckets and 8 that double their reach every two.
  @Test(arguments: [
    (0, 0), (-1, 1), (-7, 7), (-8, 8), (-11, 8), (-12, 9), (-15, 9), (-16, 10), (-31, 11), (-32, 12),
    (-64, 14),
    (-127, 15), (-128, 15), (-5000, 15), (1, 17), (7, 23), (8, 24), (16, 26), (128, 31), (5000, 31),
  ])
  func bucket(distance: Int, expected: Int) throws {
    #expect(try T5RelativePositionBias.bucket(distance: distance, configuration()) == expected)
  }
}
