import Tensors

extension FluxPipeline {
  /// How an image is sampled.
  package struct Sampling: Sendable {
    package var steps = 28
    /// Distilled guidance scale; without effect on models that do not embed it.
    package var guidance: Float = 3.5
    /// How far to go beyond what the negative prompt predicts; 1 leaves the negative prompt out.
    package var trueGuidance: Float = 1
    package var sampler = FlowSampler.ode
    /// How many of the first steps a stochastic sampler takes; the others are plain. Nil for all of them.
    package var stochasticSteps: Int?

    package init() {}
  }

  /// The start of sampling: packed noise `[1, L, 4C]` from PyTorch's CPU generator.
  ///
  /// One image a seed, so that an image does not depend on what it is drawn together with. The generator goes on to
  /// give the noise of stochastic steps.
  package func noise(from generator: inout TorchGenerator, height: Int, width: Int) -> Tensor {
    let size = latentSize(height: height, width: width)
    return PackedLatents.pack(
      generator.normal(shape: [1, autoencoder.configuration.latentChannels, size.height, size.width]))
  }

  /// The noise levels for images of a size.
  package func schedule(steps: Int, height: Int, width: Int) -> FlowMatchEulerDiscreteScheduler.Schedule {
    scheduler.schedule(steps: steps, imageTokens: imageTokens(height: height, width: width))
  }

  /// Walks packed noise to clean packed latents.
  ///
  /// - Parameters:
  ///   - latents: `[B, L, 4C]` for images of `height × width` pixels.
  ///   - conditioning: B entries.
  ///   - negative: B entries to steer away from; used when ``Sampling/trueGuidance`` is above 1.
  ///   - noise: Standard normal `[B, L, 4C]` for a step, asked for by stochastic samplers only.
  ///   - onStep: Called after each step with its index and the latents; may throw to stop.
  /// - Throws: ``SamplingError`` when the numbers leave the finite floats, and what `onStep` throws.
  package func sample(
    _ latents: Tensor, conditioning: Conditioning, negative: Conditioning? = nil, height: Int, width: Int,
    _ sampling: Sampling,
    noise: (Int) -> Tensor = { _ in preconditionFailure("a stochastic sampler without noise") },
    onStep: (Int, Tensor) throws -> Void = { _, _ in }
  ) throws -> Tensor {
    let size = latentSize(height: height, width: width)
    precondition(
      latents.shape == [
        conditioning.count, size.height / 2 * (size.width / 2), transformer.configuration.inChannels,
      ],
      "latents \(latents.shape) for \(conditioning.count) images of \(height)×\(width)")
    let negative = sampling.trueGuidance > 1 ? negative : nil
    precondition(
      negative.map { $0.count == conditioning.count } ?? true, "one negative prompt for each prompt")
    let rotary = transformer.rotaryTable(
      textTokens: conditioning.states.shape[1], height: size.height / 2, width: size.width / 2)
    let guidance = Tensor(repeating: sampling.guidance, shape: [conditioning.count])

    func velocity(_ latents: Tensor, _ conditioning: Conditioning, _ sigma: Float) -> Tensor {
      transformer(
        latents: latents, context: conditioning.states, pooled: conditioning.pooled,
        sigma: Tensor(repeating: sigma, shape: [conditioning.count]),
        guidance: transformer.configuration.hasGuidance ? guidance : nil, rotary: rotary)
    }

    let schedule = schedule(steps: sampling.steps, height: height, width: width)
    var x = latents
    for step in 0..<sampling.steps {
      let (sigma, next) = (schedule.sigmas[step], schedule.sigmas[step + 1])
      // The reference hands timestep / 1000 on, which is sigma up to rounding.
      let level = schedule.timesteps[step] / Float(1000)
      var v = velocity(x, conditioning, level)
      if let negative {
        let away = velocity(x, negative, level)
        v = away + sampling.trueGuidance * (v - away)
      }
      let sampler = step < sampling.stochasticSteps ?? sampling.steps ? sampling.sampler : .ode
      x = sampler.step(x, velocity: v, sigma: sigma, next: next, steps: sampling.steps) {
        noise(step)
      }
      guard x.isFinite else { throw SamplingError.step(step, sigma: sigma) }
      try onStep(step, x)
    }
    return x
  }

  /// The images of clean packed latents `[B, L, 4C]`: `[B, 3, height, width]` in 0...1.
  ///
  /// - Throws: ``SamplingError`` when the autoencoder leaves the finite floats.
  package func images(from latents: Tensor, height: Int, width: Int) throws -> Tensor {
    let size = latentSize(height: height, width: width)
    let unpacked = PackedLatents.unpack(latents, height: size.height, width: size.width)
    var images = autoencoder.decode(autoencoder.unscaled(unpacked)).affine(0.5, 0.5)
    guard images.isFinite else { throw SamplingError.decoding }
    images.withMutableValues { values in
      for index in values.indices { values[index] = min(max(values[index], 0), 1) }
    }
    return images
  }

  /// One of the images as interleaved 8-bit RGB, rounded half to even as the reference does.
  package static func pixels(of images: Tensor, index: Int) -> [UInt8] {
    precondition(images.shape.count == 4 && images.shape[1] == 3, "images of shape \(images.shape)")
    let size = images.shape[2] * images.shape[3]
    return images.withValues { values in
      let planes = values[index * 3 * size..<(index + 1) * 3 * size]
      return [UInt8](unsafeUninitializedCapacity: 3 * size) { pixels, count in
        for channel in 0..<3 {
          for pixel in 0..<size {
            let value = planes[planes.startIndex + channel * size + pixel]
            pixels[3 * pixel + channel] = UInt8((value * 255).rounded(.toNearestOrEven))
          }
        }
        count = 3 * size
      }
    }
  }
}

extension Tensor {
  fileprivate var isFinite: Bool { withValues { $0.allSatisfy(\.isFinite) } }
}

/// Drawing an image left the finite numbers.
package enum SamplingError: Error, Equatable, CustomStringConvertible {
  case step(Int, sigma: Float)
  case decoding

  package var description: String {
    let place =
      switch self {
      case .step(let step, let sigma): "the latents after step \(step + 1) (sigma \(sigma))"
      case .decoding: "the decoded image"
      }
    return
      "\(place): the numbers are no longer finite; the weights may be damaged, or guidance_scale or true_cfg_scale "
      + "too large"
  }
}
