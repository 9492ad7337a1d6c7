import FLUX
import Foundation
import Images
import Jobs
import Rewards
import Tensors

/// Draws the same prompts from the same seeds at every validation of an adapter, and scores them.
struct AdapterValidation {
  let pipeline: FluxPipeline
  let prompts: [PromptRequest]
  let conditioning: (String) throws -> FluxPipeline.Conditioning
  let scorer: SciScore?
  let height: Int
  let width: Int
  let steps: Int
  let guidance: Double
  let output: OutputFolder
  let context: JobContext

  /// Pictures drawn together.
  private static let batch = 8
  /// Of the strip in the report: more would not be looked at.
  static let shown = 8

  /// The pictures of one prompt over the run.
  static func file(step: Int, prompt: Int) -> String { "images/step-\(step)-\(prompt).png" }

  /// The pictures of a validation, for TensorBoard.
  static func files(
    step: Int, in output: OutputFolder
  ) -> [(name: String, png: Data, width: Int, height: Int)] {
    (0..<shown).compactMap { prompt in
      let url = output.url(file(step: step, prompt: prompt))
      guard let data = try? Data(contentsOf: url), let size = try? RGBImage.size(of: url.path) else {
        return nil
      }
      return ("validation/\(prompt)", data, size.width, size.height)
    }
  }

  /// - Returns: Nil without prompts.
  func run(after step: Int) throws -> ValidationEntry? {
    guard !prompts.isEmpty else { return nil }
    var images: [RGBImage] = []
    for first in stride(from: 0, to: prompts.count, by: Self.batch) {
      try context.checkCancellation()
      images += try draw(Array(prompts[first..<min(first + Self.batch, prompts.count)]))
    }
    for (index, image) in images.prefix(Self.shown).enumerated() {
      let texts = [
        PNGText(
          keyword: "parameters",
          text: "\(prompts[index].prompt)\nSteps: \(steps), after training step \(step)")
      ]
      try output.write(image.pngData(texts: texts), to: Self.file(step: step, prompt: index))
    }
    guard let scorer else { return ValidationEntry(step: step, count: images.count) }
    let scores = try scorer.scores(prompts: prompts.map(\.prompt), images: images).map(Double.init)
    let mean = scores.reduce(0, +) / Double(scores.count)
    let squares = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let error =
      scores.count > 1 ? (squares / Double(scores.count - 1) / Double(scores.count)).squareRoot() : nil
    return ValidationEntry(step: step, count: images.count, meanSciScore: mean, sciScoreError: error)
  }

  private func draw(_ prompts: [PromptRequest]) throws -> [RGBImage] {
    var sampling = FluxPipeline.Sampling()
    (sampling.steps, sampling.guidance) = (steps, Float(guidance))
    let batch = PictureBatch(
      conditioning: try prompts.map { try conditioning($0.prompt) },
      seeds: prompts.map { UInt64($0.seed ?? 0) },
      height: height, width: width, sampling: sampling)
    return try batch.images(with: pipeline) { try context.checkCancellation() }
  }
}
