import Tensors

extension AutoencoderKL {
  /// What the encoder says of images: a normal distribution for every latent.
  package struct LatentDistribution: Sendable {
    /// `[B, latentChannels, height, width]`.
    package let mean: Tensor
    /// Natural logarithm of the variance, kept within -30...20; same shape.
    package let logVariance: Tensor

    /// `exp(logVariance / 2)`.
    package var standardDeviation: Tensor { logVariance.affine(0.5).exponential() }

    /// `mean + standardDeviation·noise` for standard normal noise of the same shape.
    package func sample(noise: Tensor) -> Tensor { mean + standardDeviation * noise }
  }

  /// Encodes images.
  ///
  /// - Parameter images: `[B, 3, height, width]` in -1...1. Height and width may be any numbers from
  ///   ``Configuration/spatialFactor`` up; each level of the encoder rounds down.
  package func encode(_ images: Tensor) -> LatentDistribution {
    let moments = eachImage(of: images, pixels: images.shape.suffix(2).reduce(1, *)) { self.moments(of: $0) }
    let channels = configuration.latentChannels
    var logVariance = moments.slice(channels..<2 * channels, axis: 1)
    logVariance.withMutableValues { values in
      for index in values.indices { values[index] = min(max(values[index], -30), 20) }
    }
    return LatentDistribution(mean: moments.slice(0..<channels, axis: 1), logVariance: logVariance)
  }

  /// Decodes latents as the encoder gives them; see ``unscaled(_:)`` for those of the transformer.
  ///
  /// - Parameter latents: `[B, latentChannels, height, width]`, any height and width.
  /// - Returns: `[B, 3, spatialFactor·height, spatialFactor·width]`, nominally in -1...1, not clamped.
  package func decode(_ latents: Tensor) -> Tensor {
    let factor = configuration.spatialFactor * configuration.spatialFactor
    return eachImage(of: latents, pixels: factor * latents.shape.suffix(2).reduce(1, *)) { image(of: $0) }
  }

  /// The encoder's latents as the transformer takes them: `(z − shiftFactor)·scalingFactor`.
  package func scaled(_ latents: Tensor) -> Tensor {
    latents.affine(
      Float(configuration.scalingFactor), Float(-configuration.shiftFactor * configuration.scalingFactor))
  }

  /// The transformer's latents as the decoder takes them: `z/scalingFactor + shiftFactor`.
  package func unscaled(_ latents: Tensor) -> Tensor {
    latents.affine(Float(1 / configuration.scalingFactor), Float(configuration.shiftFactor))
  }

  /// Pixels of the largest image that is coded by one thread while another codes the next: it takes the memory of both.
  private static let smallImage = 256 * 256

  /// Applies `body` to the maps of a batch `[B, C, height, width]`: small ones side by side, large ones one after the other.
  ///
  /// - Parameter pixels: Of each image.
  private func eachImage(
    of batch: Tensor, pixels: Int, _ body: @Sendable (FeatureMap) -> FeatureMap
  ) -> Tensor {
    precondition(batch.shape.count == 4 && batch.shape[0] > 0, "a batch of images of shape \(batch.shape)")
    let one = { @Sendable (index: Int) in body(FeatureMap(channelsFirst: batch, index: index)) }
    let results =
      pixels <= Self.smallImage
      ? Parallelism.map(batch.shape[0], one) : (0..<batch.shape[0]).map(one)
    let first = results[0]
    return Tensor(shape: [results.count, first.channels, first.height, first.width]) { target in
      for (index, map) in results.enumerated() {
        map.copyChannelsFirst(
          to: UnsafeMutableBufferPointer(rebasing: target[index * map.count..<(index + 1) * map.count]))
      }
    }
  }
}
