import Autodiff
import CLIP
import Foundation
import Tensors

/// One draw from a tuple: three prompts as token ids and two images as the vision tower takes them.
package struct RewardExample: Sendable {
  package var implicit: [Int]
  package var explicit: [Int]
  package var superficial: [Int]
  /// `[1, 3, size, size]`.
  package var explicitImage: Tensor
  package var superficialImage: Tensor

  package init(
    implicit: [Int], explicit: [Int], superficial: [Int], explicitImage: Tensor, superficialImage: Tensor
  ) {
    (self.implicit, self.explicit, self.superficial) = (implicit, explicit, superficial)
    (self.explicitImage, self.superficialImage) = (explicitImage, superficialImage)
  }
}

/// Trains a CLIP into SciScore.
///
/// Science-T2I: ``SciScoreCriterion`` summed over the batch, gradients averaged over accumulated batches.
package struct RewardTrainer {
  package struct Settings: Sendable, Equatable {
    package var batchSize = 16
    package var accumulation = 16
    package var lambda: Float = 0.25
    package var seed = 0
    package var isCheckpointed = false

    package init() {}
  }

  package let clip: TrainableCLIP
  package let settings: Settings
  package var learner: Learner
  private var order: ExampleOrder
  /// What shorter texts are filled with: the end token, behind which nothing counts.
  private let padding: Int

  package init(clip: TrainableCLIP, learner: Learner, settings: Settings, rows: Int, padding: Int) {
    (self.clip, self.learner, self.settings) = (clip, learner, settings)
    order = ExampleOrder(rows: rows, seed: settings.seed)
    self.padding = padding
  }

  /// One optimizer step.
  ///
  /// - Parameter example: Gives a draw from the tuple of a row.
  /// - Throws: ``TrainingError``, and what `example` throws.
  package mutating func step(
    example: (_ row: Int, _ generator: inout TorchGenerator) throws -> RewardExample
  ) throws -> TrainingReport {
    let number = learner.steps
    var (loss, imageChoice, right) = (0.0, 0.0, 0)
    for micro in 0..<settings.accumulation {
      let first = (number * settings.accumulation + micro) * settings.batchSize
      var (rows, examples): ([Int], [RewardExample]) = ([], [])
      for place in first..<first + settings.batchSize {
        let row = order.row(at: place)
        var generator = TrainingRandom.generator(seed: settings.seed, .example, place)
        rows.append(row)
        examples.append(try example(row, &generator))
      }
      let tape = Tape(keeping: Tape.usualAllowance)
      let losses = self.loss(of: examples, on: tape)
      guard losses.total.value.item.isFinite else {
        throw TrainingError.loss(step: number + 1, rows: rows, value: losses.total.value.item)
      }
      tape.backward(from: [(losses.total, Tensor([1 / Float(settings.accumulation)], shape: []))])
      loss += Double(losses.total.value.item)
      imageChoice += losses.imageChoice.reduce(0) { $0 + Double($1) }
      right += losses.imageChoice.count { $0 < logf(2) }
    }
    let count = Double(settings.accumulation * settings.batchSize)
    return TrainingReport(
      step: number + 1, loss: loss / count, try learner.step(),
      further: [("image_choice_loss", imageChoice / count), ("accuracy", Double(right) / count)])
  }

  private func loss(of examples: [RewardExample], on tape: Tape) -> SciScoreCriterion.Loss {
    let count = examples.count
    let texts = padded(examples.map(\.implicit) + examples.map(\.explicit) + examples.map(\.superficial))
    let text = clip.textFeatures(ids: texts, on: tape, isCheckpointed: settings.isCheckpointed)
      .normalisedToUnitLength()
    let images = clip.imageFeatures(
      .concatenated(examples.map(\.explicitImage) + examples.map(\.superficialImage), axis: 0), on: tape,
      isCheckpointed: settings.isCheckpointed
    ).normalisedToUnitLength()
    func part(_ features: Variable, _ index: Int) -> Variable {
      features.slice(index * count..<(index + 1) * count, axis: 0)
    }
    return SciScoreCriterion.loss(
      .init(
        implicit: part(text, 0), explicit: part(text, 1), superficial: part(text, 2),
        explicitImage: part(images, 0), superficialImage: part(images, 1)),
      logitScale: clip.logitScale(on: tape), lambda: settings.lambda)
  }

  private func padded(_ rows: [[Int]]) -> [[Int]] {
    let length = rows.map(\.count).max() ?? 0
    return rows.map { $0 + Array(repeating: padding, count: length - $0.count) }
  }

  /// The scores of pairs of images for prompts, with the weights as they are now.
  ///
  /// - Parameter pixelValues: `[2n, 3, size, size]`: the first image of every prompt, then the second of every prompt.
  /// - Returns: For each prompt the two scores `exp(logit_scale)·cos`.
  package func scores(ids: [[Int]], pixelValues: Tensor) -> [(first: Float, second: Float)] {
    let tape = Tape(isRecording: false)
    let text = clip.textFeatures(ids: padded(ids), on: tape).normalisedToUnitLength().value
    let images = clip.imageFeatures(pixelValues, on: tape).normalisedToUnitLength().value
    let scale = exp(clip.logitScale(on: tape).value.item)
    let width = text.columns
    return ids.indices.map { row in
      func score(_ image: Int) -> Float {
        text.withValues { t in
          images.withValues { i in
            scale * (0..<width).reduce(Float(0)) { $0 + t[row * width + $1] * i[image * width + $1] }
          }
        }
      }
      return (score(row), score(ids.count + row))
    }
  }
}
