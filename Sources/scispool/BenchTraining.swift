import ArgumentParser
import Autodiff
import CLIP
import Checkpoints
import FLUX
import FineTuning
import Foundation
import Jobs
import Tensors

extension Bench {
  /// Times training steps of any checkpoint on random inputs, for comparison with another program on the same ones.
  struct Training: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Times LoRA steps of a FLUX transformer, or full steps of a CLIP, on random inputs.",
      discussion: """
        EXAMPLE
          scispool bench training Spool/models/flux-mini/transformer --height 4 --width 4 --text-tokens 12 --batch 32
          scispool bench training Spool/models/clip-mini --batch 16

        Tests/Benchmarks/training.py runs it in turns with diffusers and peft, and prints the ratios.
        """)

    @Argument(help: "A transformer folder in diffusers' layout, or a CLIPModel folder.") var model: String
    @Option(help: "Examples in a step.") var batch = 1
    @Option(help: "Packed tokens of a picture, vertically.") var height = 16
    @Option(help: "Packed tokens of a picture, horizontally.") var width = 16
    @Option(help: "Tokens of a prompt.") var textTokens = 128
    @Option(help: "Of the low-rank updates.") var rank = 16
    @Option(help: "Timed steps, after one that is not.") var steps = 5
    @Option(help: "Threads (default: all processors).") var threads: Int?
    @Flag(help: "Keep all activations instead of computing blocks again.") var keepActivations = false

    private struct Report: Encodable {
      var seconds: [Double]
      var median: Double
      var peakBytes: Int
      var loss: Float

      enum CodingKeys: String, CodingKey {
        case seconds, median
        case peakBytes = "peak_rss_bytes"
        case loss
      }
    }

    func validate() throws {
      guard batch > 0, height > 0, width > 0, textTokens > 0, rank > 0, steps > 0, threads ?? 1 > 0 else {
        throw ValidationError("sizes, steps and threads are at least 1")
      }
    }

    func run() throws {
      if let threads { Parallelism.threads = threads }
      let isTransformer = FileManager.default.fileExists(
        atPath: "\(model)/diffusion_pytorch_model.safetensors")
      var step = try isTransformer ? lowRankStep() : fullStep()
      _ = try step()
      let clock = ContinuousClock()
      var (seconds, loss): ([Double], Float) = ([], 0)
      for _ in 0..<steps {
        let start = clock.now
        loss = try step()
        let (whole, rest) = (clock.now - start).components
        seconds.append(Double(whole) + Double(rest) * 1e-18)
      }
      step = { 0 }
      let report = Report(
        seconds: seconds, median: seconds.sorted()[steps / 2], peakBytes: Memory.peakResident, loss: loss)
      print(String(decoding: try JobJSON.line(report), as: UTF8.self), terminator: "")
    }

    private func lowRankStep() throws -> () throws -> Float {
      var generator = TorchGenerator(seed: 1)
      let lowRank = LowRankLayers(.init(rank: rank, alpha: Float(rank)), generator: generator)
      let transformer = try FluxTransformer2DModel(folder: model, lowRank: lowRank)
      let configuration = transformer.configuration
      var learner = Learner(lowRank.parameters, .init(learningRate: 1e-4))
      let latents = generator.normal(shape: [batch, height * width, configuration.inChannels])
      let noise = generator.normal(shape: latents.shape)
      let states = generator.normal(shape: [batch, textTokens, configuration.jointAttentionWidth])
      let pooled = generator.normal(shape: [batch, configuration.pooledProjectionWidth])
      let sigma = Tensor(repeating: 0.5, shape: [batch])
      let rotary = transformer.rotaryTable(textTokens: textTokens, height: height, width: width)
      return {
        let tape = Tape(keeping: Tape.usualAllowance)
        let velocity = transformer.velocity(
          latents: FlowMatchingLoss.mixed(latents, noise: noise, sigma: sigma), context: states,
          pooled: pooled,
          sigma: sigma, guidance: configuration.hasGuidance ? sigma : nil, rotary: rotary, on: tape,
          isCheckpointed: !keepActivations)
        let loss = FlowMatchingLoss.loss(velocity: velocity, latents: latents, noise: noise)
        tape.backward(from: loss)
        _ = try learner.step()
        return loss.value.item
      }
    }

    private func fullStep() throws -> () throws -> Float {
      let clip = try TrainableCLIP(folder: model)
      var learner = Learner(clip.parameters, .init(learningRate: 1e-6))
      var generator = TorchGenerator(seed: 1)
      let size = clip.configuration.vision.imageSize
      let pixels = generator.normal(shape: [2 * batch, 3, size, size])
      let text = clip.configuration.text
      let length = min(textTokens, text.maxPositions)
      let ids = (0..<3 * batch).map { _ in
        (0..<length - 1).map { _ in generator.index(below: text.vocabularySize - 1) } + [text.endTokenID]
      }
      return {
        let tape = Tape(keeping: Tape.usualAllowance)
        let texts = clip.textFeatures(ids: ids, on: tape, isCheckpointed: !keepActivations)
          .normalisedToUnitLength()
        let images = clip.imageFeatures(pixels, on: tape, isCheckpointed: !keepActivations)
          .normalisedToUnitLength()
        func part(_ features: Variable, _ index: Int) -> Variable {
          features.slice(index * batch..<(index + 1) * batch, axis: 0)
        }
        let loss = SciScoreCriterion.loss(
          .init(
            implicit: part(texts, 0), explicit: part(texts, 1), superficial: part(texts, 2),
            explicitImage: part(images, 0), superficialImage: part(images, 1)),
          logitScale: clip.logitScale(on: tape), lambda: 0.25)
        tape.backward(from: loss.total)
        _ = try learner.step()
        return loss.total.value.item
      }
    }
  }
}
