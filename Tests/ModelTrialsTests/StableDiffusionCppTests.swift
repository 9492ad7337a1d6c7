import Foundation
import Testing

@testable import ModelTrials

struct StableDiffusionCppTests {
  /// As of commit 97d2990.
  private static let log = """
    [INFO ] stable-diffusion.cpp:5296 - get_learned_condition completed, taking 0.04s
    [INFO ] stable-diffusion.cpp:5711 - sampling completed, taking 36.42s
    [INFO ] stable-diffusion.cpp:5387 - latent 1 decoded, taking 15.75s
    [INFO ] stable-diffusion.cpp:5391 - decode_first_stage completed, taking 15.76s
    [INFO ] stable-diffusion.cpp:6226 - encode_first_stage completed, taking 250 ms

    """

  @Test func `a stage's time is read out of the log`() {
    #expect(StableDiffusionCpp.seconds(of: "sampling", in: Self.log) == 36.42)
    #expect(StableDiffusionCpp.seconds(of: "decode_first_stage", in: Self.log) == 15.76)
    #expect(StableDiffusionCpp.seconds(of: "encode_first_stage", in: Self.log) == 0.25)
    #expect(StableDiffusionCpp.seconds(of: "hires", in: Self.log) == nil)
    #expect(StableDiffusionCpp.seconds(of: "sampling", in: "") == nil)
  }
}

struct ModelRowTests {
  @Test func `fewer tokens of text are less arithmetic`() {
    let (all, half) = (ModelRow.fluxInt8.operations(), ModelRow.fluxInt8.operations(textTokens: 256))
    // Two blocks: 24 · width² a token and 4 · width a pair of tokens, each.
    let width = 3072.0
    #expect(all == 2 * (24 * width * width * 1536 + 4 * width * 1536 * 1536))
    #expect(half == 2 * (24 * width * width * 1280 + 4 * width * 1280 * 1280))
    #expect(ModelRow.decode.operations(textTokens: 256) == ModelRow.decode.operations())
  }
}
