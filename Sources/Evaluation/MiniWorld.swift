import FLUX
import Images
import Rewards
import Scenes
import Tensors

/// Measures models of the procedural world on held-out scenes, with the pixel oracles as judges.
package struct MiniWorld: Sendable {
  /// What is measured, by the name it has in reports.
  package enum Measure: String, CaseIterable, Sendable {
    /// Pictures drawn from explicit prompts show the right outcome.
    case fluxExplicit = "flux_explicit"
    /// Pictures drawn from superficial prompts show the wrong outcome they ask for.
    case fluxSuperficial = "flux_superficial"
    /// Pictures drawn from implicit prompts show the right outcome: the illusion is how few do.
    case fluxImplicit = "flux_implicit"
    /// The autoencoder's reconstruction of a picture keeps the oracle's verdict.
    case vae
    /// Of a tuple's two pictures the right one scores higher for the explicit prompt.
    case clipExplicit = "clip_explicit"
    /// The same for the implicit prompt.
    case clipImplicit = "clip_implicit"

    package var title: String {
      switch self {
      case .fluxExplicit: "EP drawn right"
      case .fluxSuperficial: "SP drawn as told"
      case .fluxImplicit: "IP drawn right"
      case .vae: "VAE keeps verdict"
      case .clipExplicit: "CLIP chooses, EP"
      case .clipImplicit: "CLIP chooses, IP"
      }
    }
  }

  package let scenes: SceneDataset
  package var steps = 16
  /// Pictures drawn together.
  package var batch = 16

  /// - Parameter seed: Of the held-out scenes; training sets have other seeds.
  package init(tuples: Int, seed: UInt64) { scenes = SceneDataset(count: tuples, seed: seed) }

  /// Draws each tuple's prompt of a tier and lets the oracle judge.
  ///
  /// - Parameters:
  ///   - measure: One of the three that draw.
  ///   - progress: Called with pictures done; may throw to stop.
  /// - Returns: The rates, and the pictures with verdicts in the tuples' order.
  package func draw(
    _ measure: Measure, with pipeline: FluxPipeline, progress: (Int) throws -> Void
  ) throws -> (rates: RateByTask, pictures: [(prompt: String, image: RGBImage, verdict: Verdict)]) {
    var rates = RateByTask()
    var pictures: [(prompt: String, image: RGBImage, verdict: Verdict)] = []
    let wanted: Verdict = measure == .fluxSuperficial ? .superficial : .explicit
    for start in stride(from: 0, to: scenes.count, by: batch) {
      let indices = start..<min(start + batch, scenes.count)
      let tuples = indices.map { scenes.tuple(at: $0) }
      let prompts = zip(indices, tuples).map { index, tuple in
        let wordings = Self.wordings(measure, of: tuple)
        return wordings[index / Task.allCases.count % wordings.count]
      }
      let images = try Self.images(
        prompts, seeds: indices.map { UInt64($0) }, pipeline, steps: steps, size: scenes.size)
      for (k, tuple) in tuples.enumerated() {
        let verdict = Oracle.verdict(on: images[k], task: tuple.task, subject: tuple.subject) ?? .neither
        rates.count(verdict == wanted, for: tuple.task)
        pictures.append((prompts[k], images[k], verdict))
      }
      try progress(indices.upperBound)
    }
    return (rates, pictures)
  }

  private static func wordings(_ measure: Measure, of tuple: SceneTuple) -> [String] {
    switch measure {
    case .fluxSuperficial: tuple.wording.superficial
    case .fluxImplicit, .clipImplicit: tuple.wording.implicit
    case .fluxExplicit, .clipExplicit, .vae: tuple.wording.explicit
    }
  }

  private static func images(
    _ prompts: [String], seeds: [UInt64], _ pipeline: FluxPipeline, steps: Int, size: Int
  ) throws -> [RGBImage] {
    let length = pipeline.tokenizer2.modelMaxLength ?? FluxPipeline.maxSequenceLength
    let conditioning = pipeline.conditioning(
      prompts, maxSequenceLength: min(length, FluxPipeline.maxSequenceLength))
    let noise = seeds.map { seed in
      var generator = TorchGenerator(seed: seed)
      return pipeline.noise(from: &generator, height: size, width: size)
    }
    var sampling = FluxPipeline.Sampling()
    sampling.steps = steps
    let latents = try pipeline.sample(
      .concatenated(noise, axis: 0), conditioning: conditioning, height: size, width: size, sampling)
    let images = try pipeline.images(from: latents, height: size, width: size)
    return prompts.indices.map {
      RGBImage(width: size, height: size, pixels: FluxPipeline.pixels(of: images, index: $0))
    }
  }

  /// Encodes and decodes both pictures of every tuple (the posterior's mean) and compares the oracle's verdicts.
  package func reconstruct(with autoencoder: AutoencoderKL, progress: (Int) throws -> Void) throws
    -> RateByTask
  {
    var rates = RateByTask()
    for index in 0..<scenes.count {
      let tuple = scenes.tuple(at: index)
      for outcome in Outcome.allCases {
        let image = tuple.image(outcome)
        let decoded = autoencoder.decode(autoencoder.encode(Self.tensor(image)).mean).affine(0.5, 0.5)
        let clamped = Tensor(decoded.values.map { min(max($0, 0), 1) }, shape: decoded.shape)
        let again = RGBImage(
          width: image.width, height: image.height, pixels: FluxPipeline.pixels(of: clamped, index: 0))
        let verdicts = [image, again].map { Oracle.verdict(on: $0, task: tuple.task, subject: tuple.subject) }
        rates.count(verdicts[0] == verdicts[1], for: tuple.task)
      }
      try progress(index + 1)
    }
    return rates
  }

  /// `[1, 3, height, width]` in -1...1.
  private static func tensor(_ image: RGBImage) -> Tensor {
    let size = image.width * image.height
    return Tensor(shape: [1, 3, image.height, image.width]) { values in
      for pixel in 0..<size {
        for channel in 0..<3 {
          values[channel * size + pixel] = Float(image.pixels[3 * pixel + channel]) / 127.5 - 1
        }
      }
    }
  }

  /// Scores both pictures of every tuple for a prompt of the measure's tier; the right one has to score strictly higher.
  package func choose(_ measure: Measure, with scorer: SciScore, progress: (Int) throws -> Void) throws
    -> RateByTask
  {
    var rates = RateByTask()
    for start in stride(from: 0, to: scenes.count, by: 64) {
      let indices = start..<min(start + 64, scenes.count)
      let tuples = indices.map { scenes.tuple(at: $0) }
      let items = zip(indices, tuples).map { index, tuple in
        let wordings = Self.wordings(measure, of: tuple)
        return ScoringItem(
          prompt: wordings[index / Task.allCases.count % wordings.count],
          images: [.pixels(tuple.explicitImage), .pixels(tuple.superficialImage)])
      }
      for (tuple, scores) in zip(tuples, try scorer.scores(items, imagesPerBatch: 32)) {
        rates.count(scores[0].score > scores[1].score, for: tuple.task)
      }
      try progress(indices.upperBound)
    }
    return rates
  }
}
