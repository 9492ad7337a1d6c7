import Checkpoints
import Tensors
import Testing

@testable import FLUX

@Suite struct AutoencoderKLTests {
  private func random(_ shape: [Int], seed: UInt64 = 3) -> Tensor {
    var generator = TorchGenerator(seed: seed)
    return generator.normal(shape: shape)
  }

  private func load(_ change: (inout TinyAutoencoder.Options) -> Void = { _ in }) throws -> AutoencoderKL {
    var options = TinyAutoencoder.Options()
    change(&options)
    let folder = try TinyAutoencoder(options)
    return try withExtendedLifetime(folder) { try AutoencoderKL(folder: folder.path) }
  }

  /// The largest difference as a share of the largest number.
  private func difference(_ a: Tensor, _ b: Tensor) -> Float {
    let largest = b.values.map(abs).max() ?? 0
    return (zip(a.values, b.values).map { abs($0 - $1) }.max() ?? 0) / largest
  }

  @Test(arguments: [(4, 4), (5, 7), (16, 9), (31, 33)])
  func encodesAnySizeRoundingDown(size: (Int, Int)) throws {
    let vae = try load()
    let latents = vae.encode(random([2, 3, size.0, size.1]))
    #expect(latents.mean.shape == [2, 3, size.0 / 2 / 2, size.1 / 2 / 2])
    #expect(latents.logVariance.shape == latents.mean.shape)
    let image = vae.decode(latents.mean)
    #expect(image.shape == [2, 3, size.0 / 4 * 4, size.1 / 4 * 4])
    #expect(image.values.allSatisfy { $0.isFinite })
  }

  @Test func codesEveryImageOfABatchOnItsOwn() throws {
    let vae = try load()
    let images = random([3, 3, 12, 8])
    let latents = random([3, 3, 3, 2])
    for index in 0..<3 {
      let one = vae.encode(images.slice(index..<index + 1, axis: 0))
      #expect(one.mean == vae.encode(images).mean.slice(index..<index + 1, axis: 0))
      #expect(
        vae.decode(latents.slice(index..<index + 1, axis: 0))
          == vae.decode(latents).slice(index..<index + 1, axis: 0))
    }
  }

  @Test func doesNotChangeWhatItIsGiven() throws {
    let vae = try load()
    let images = random([1, 3, 8, 8])
    let copy = Tensor(images.values, shape: images.shape)
    let first = vae.encode(images).mean
    #expect(images == copy)
    #expect(vae.encode(images).mean == first)
  }

  @Test func readsFormerNamesOfAttention() throws {
    let latents = random([1, 3, 4, 5])
    let former = try load { $0.usesFormerNames = true }
    #expect(try former.decode(latents) == load().decode(latents))
  }

  @Test func identityQuantConvsChangeNothing() throws {
    let (plain, quant) = (try load(), try load { $0.hasQuantConvs = true })
    #expect(quant.quantConv != nil && quant.postQuantConv != nil && plain.quantConv == nil)
    let latents = random([1, 3, 4, 5])
    #expect(quant.decode(latents) == plain.decode(latents))
    let image = random([1, 3, 8, 8])
    #expect(quant.encode(image).mean == plain.encode(image).mean)
  }

  @Test func attentionMakesADifferenceAndCanBeLeftOut() throws {
    let latents = random([1, 3, 4, 5])
    let without = try load { $0.hasAttention = false }
    #expect(without.decoder.mid.attention == nil && without.encoder.mid.attention == nil)
    #expect(try difference(without.decode(latents), load().decode(latents)) > 0.01)
  }

  @Test(arguments: [[4], [4, 4], [4, 8, 6, 10]], [1, 3])
  func takesAnyNumberOfLevelsAndLayers(channels: [Int], layers: Int) throws {
    let vae = try load {
      $0.channels = channels
      $0.layers = layers
    }
    let factor = 1 << (channels.count - 1)
    #expect(vae.configuration.spatialFactor == factor)
    #expect(vae.decode(random([1, 3, 2, 3])).shape == [1, 3, 2 * factor, 3 * factor])
    #expect(vae.encode(random([1, 3, 2 * factor, 3 * factor])).mean.shape == [1, 3, 2, 3])
  }

  // bfloat16 weights carry a relative error of 2^-9 each, which some twenty layers amplify.
  @Test func readsWeightsInBfloat16() throws {
    let latents = random([1, 3, 4, 5])
    let half = try load { $0.type = .bfloat16 }
    let error = try difference(half.decode(latents), load().decode(latents))
    #expect(error > 0 && error < 0.05)
  }

  @Test func scalesLatentsForTheTransformerAndBack() throws {
    let vae = try load()
    let latents = random([1, 3, 4, 5])
    #expect(
      difference(vae.scaled(latents), Tensor(latents.values.map { ($0 - 0.25) * 0.5 }, shape: latents.shape))
        < 1e-6)
    #expect(difference(vae.unscaled(vae.scaled(latents)), latents) < 1e-6)
  }

  @Test func samplesWithTheGivenNoise() {
    let distribution = AutoencoderKL.LatentDistribution(
      mean: Tensor([1, 2], shape: [1, 1, 1, 2]), logVariance: Tensor([0, 2], shape: [1, 1, 1, 2]))
    let sample = distribution.sample(noise: Tensor([-1, 2], shape: [1, 1, 1, 2])).values
    #expect(sample[0] == 0)
    #expect(abs(sample[1] - (2 + 2 * 2.718_281_8)) < 1e-5)
  }

  @Test func limitsTheLogVariance() throws {
    let vae = try load()
    let wild = vae.encode(random([1, 3, 8, 8]).affine(1e8)).logVariance.values
    #expect(wild.allSatisfy { $0 >= -30 && $0 <= 20 })
  }

  @Test func stopsForShapesOfOurOwnMaking() async {
    // A process that cannot load the model ends well, which would fail the test.
    await #expect(processExitsWith: .failure) {
      if let vae = try? AutoencoderKLTests().load() {
        _ = vae.decode(Tensor(repeating: 0, shape: [1, 4, 2, 2]))
      }
    }
    await #expect(processExitsWith: .failure) {
      if let vae = try? AutoencoderKLTests().load() {
        _ = vae.decode(Tensor(repeating: 0, shape: [3, 2, 2]))
      }
    }
    await #expect(processExitsWith: .failure) {
      if let vae = try? AutoencoderKLTests().load() {
        _ = vae.encode(Tensor(repeating: 0, shape: [1, 3, 3, 8]))
      }
    }
    await #expect(processExitsWith: .success) {
      if let vae = try? AutoencoderKLTests().load() {
        _ = vae.encode(Tensor(repeating: 0, shape: [1, 3, 4, 8]))
      }
    }
  }

  @Test func namesTensorsThatDoNotFitTheConfiguration() throws {
    let folder = try TinyAutoencoder()
    var config = folder.config
    config["layers_per_block"] = 1
    config["mid_block_add_attention"] = false
    try folder.write(config: config)
    let error = #expect(throws: CheckpointError.self) { try AutoencoderKL(folder: folder.path) }
    #expect(error?.problem.contains("unexpected (decoder.mid_block.attentions.0.group_norm.bias") == true)
    config = folder.config
    config["latent_channels"] = 5
    try folder.write(config: config)
    let other = #expect(throws: CheckpointError.self) { try AutoencoderKL(folder: folder.path) }
    #expect(other?.problem.contains("decoder.conv_in.weight is [8, 3, 3, 3], expected [8, 5, 3, 3]") == true)
    #expect(other?.file == folder.path)
  }
}
