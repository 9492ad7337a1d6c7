import CLIP
import Foundation
import Images
import Tensors

/// An image to be scored: a file, read when its turn comes, or pixels.
package enum ImageSource: Sendable {
  case file(String)
  case pixels(RGBImage)

  func load() throws -> RGBImage {
    switch self {
    case .file(let path): try RGBImage(contentsOf: path)
    case .pixels(let image): image
    }
  }

  /// What errors call the image.
  func name(at place: Int) -> String {
    if case .file(let path) = self { path } else { "image \(place + 1)" }
  }
}

/// One prompt and the images that compete for it.
package struct ScoringItem: Sendable {
  package var prompt: String
  package var images: [ImageSource]

  package init(prompt: String, images: [ImageSource]) {
    self.prompt = prompt
    self.images = images
  }
}

/// What the scorer says about one image of an item.
package struct ScoredImage: Equatable, Sendable {
  /// `exp(logit_scale) · cosine`, in −100...100 for a trained scale.
  package let score: Float
  /// Softmax of the scores over the item's images.
  package let probability: Float
}

/// Scores came out as no numbers: the weights are damaged, or overflow.
package struct NonFiniteScore: Error, Equatable, CustomStringConvertible {
  package let prompt: String
  package let image: String

  package var description: String {
    "\(image), prompt \"\(prompt.prefix(80))\": the score is not a finite number. "
      + "The weights hold NaN or overflow: copy the model again"
  }
}

extension SciScore {
  /// Scores every image of every item for the item's prompt.
  ///
  /// Images are read, prepared and encoded in batches, across items, so that memory does not grow with their number.
  ///
  /// - Parameter progress: Called after each batch with the number of images done and in all; what it throws ends the
  ///   scoring.
  /// - Returns: For each item, its images' scores in their order.
  /// - Throws: ``ImageError`` naming the file, ``NonFiniteScore``, or what `progress` throws.
  package func scores(
    _ items: [ScoringItem], imagesPerBatch: Int = 8,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> [[ScoredImage]] {
    precondition(imagesPerBatch > 0, "batches of \(imagesPerBatch) images")
    let pairs = items.indices.flatMap { item in items[item].images.map { (item: item, image: $0) } }
    guard !pairs.isEmpty else { return items.map { _ in [] } }
    let prompts = promptFeatures(items.map(\.prompt))
    var scores: [[Float]] = items.map { _ in [] }
    for start in stride(from: 0, to: pairs.count, by: imagesPerBatch) {
      let batch = pairs[start..<min(start + imagesPerBatch, pairs.count)]
      let names = batch.indices.map { pairs[$0].image.name(at: $0) }
      let features = try imageFeatures(batch.map { try $0.image.load() }, names: names)
      for (row, pair) in batch.enumerated() {
        let score = score(features[row], prompts[pair.item])
        guard score.isFinite else { throw NonFiniteScore(prompt: items[pair.item].prompt, image: names[row]) }
        scores[pair.item].append(score)
      }
      try progress(start + batch.count, pairs.count)
    }
    return scores.map(Self.withProbabilities)
  }

  /// The scores of pairs: image k for prompt k.
  package func scores(prompts: [String], images: [RGBImage], imagesPerBatch: Int = 8) throws -> [Float] {
    precondition(prompts.count == images.count, "\(prompts.count) prompts for \(images.count) images")
    let items = zip(prompts, images).map { ScoringItem(prompt: $0, images: [.pixels($1)]) }
    return try scores(items, imagesPerBatch: imagesPerBatch).map { $0[0].score }
  }

  private func score(_ image: Tensor, _ prompt: Tensor) -> Float {
    let cosine = image.withValues { image in
      prompt.withValues { prompt in zip(image, prompt).reduce(Float(0)) { $0 + $1.0 * $1.1 } }
    }
    return exp(model.logitScale) * cosine
  }

  private static func withProbabilities(_ scores: [Float]) -> [ScoredImage] {
    guard let best = scores.max() else { return [] }
    let weights = scores.map { exp(Double($0 - best)) }
    let sum = weights.reduce(0, +)
    return zip(scores, weights).map { ScoredImage(score: $0, probability: Float($1 / sum)) }
  }
}
