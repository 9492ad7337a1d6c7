import Autodiff
import Foundation
import Tensors

/// What SciScore is trained on: image choice under the implicit prompt, text choice on each image.
///
/// Science-T2I (arXiv 2504.13129), equations of L_IPA and L_IEE: `L = L_IPA + λ·L_IEE`, summed over the batch. Only the
/// tuple's own pairs enter. The paper writes the first term as a divergence from the one-hot target, which is the
/// cross-entropy.
package enum SciScoreCriterion {
  /// Unit-length features of a batch of tuples, `[B, D]` each.
  package struct Features {
    package var implicit: Variable
    package var explicit: Variable
    package var superficial: Variable
    package var explicitImage: Variable
    package var superficialImage: Variable

    package init(
      implicit: Variable, explicit: Variable, superficial: Variable, explicitImage: Variable,
      superficialImage: Variable
    ) {
      (self.implicit, self.explicit, self.superficial) = (implicit, explicit, superficial)
      (self.explicitImage, self.superficialImage) = (explicitImage, superficialImage)
    }

    fileprivate var all: [Variable] { [implicit, explicit, superficial, explicitImage, superficialImage] }
  }

  /// The losses of every tuple, and their weighted sum.
  package struct Loss {
    package let total: Variable
    /// Cross-entropy of choosing the right image for the implicit prompt.
    package let imageChoice: [Float]
    /// Of choosing the explicit prompt for the right image.
    package let explicitImage: [Float]
    /// Of choosing the superficial prompt for the wrong image.
    package let superficialImage: [Float]
  }

  /// A choice between two pairs of features: which should score higher than which.
  private struct Choice {
    let right: (Int, Int)
    let wrong: (Int, Int)
    let isText: Bool
  }

  private static let choices = [
    Choice(right: (0, 3), wrong: (0, 4), isText: false),
    Choice(right: (1, 3), wrong: (2, 3), isText: true),
    Choice(right: (2, 4), wrong: (1, 4), isText: true),
  ]

  /// - Parameters:
  ///   - logitScale: The logarithm of the factor before cosines, a single number.
  ///   - lambda: Weight of the text choices.
  package static func loss(_ features: Features, logitScale: Variable, lambda: Float) -> Loss {
    let inputs = features.all
    let values = inputs.map(\.value)
    let (batch, width) = (values[0].shape[0], values[0].shape[1])
    precondition(
      values.allSatisfy { $0.shape == [batch, width] }, "features of shapes \(values.map(\.shape))")
    let scale = exp(logitScale.value.item)

    func score(_ pair: (Int, Int), _ row: Int) -> Double {
      values[pair.0].withValues { a in
        values[pair.1].withValues { b in
          var sum = 0.0
          for column in row * width..<(row + 1) * width { sum += Double(a[column]) * Double(b[column]) }
          return Double(scale) * sum
        }
      }
    }
    var losses = [[Float]](repeating: [], count: choices.count)
    /// What each choice's wrong score gets; the right one gets the negative.
    var slopes = [[Double]](repeating: [], count: choices.count)
    var (total, scaleGradient) = (0.0, 0.0)
    for (index, choice) in choices.enumerated() {
      let weight = choice.isText ? Double(lambda) : 1
      for row in 0..<batch {
        let difference = score(choice.wrong, row) - score(choice.right, row)
        // ln(1 + eᵈ) without overflow.
        let loss = max(difference, 0) + log1p(exp(-abs(difference)))
        let slope = weight / (1 + exp(-difference))
        losses[index].append(Float(loss))
        slopes[index].append(slope)
        total += weight * loss
        scaleGradient += slope * difference
      }
    }
    let sum = Variable.result(Tensor([Float(total)], shape: []), of: inputs + [logitScale]) {
      [targets = inputs.map(\.target), logitScale = logitScale.target] sink, gradient in
      let upstream = Double(gradient.item)
      for (index, target) in targets.enumerated() where target != nil {
        sink.add(
          featureGradient(index, values, slopes, factor: upstream * Double(scale)), to: target)
      }
      sink.add(Tensor([Float(upstream * scaleGradient)], shape: []), to: logitScale)
    }
    return Loss(total: sum, imageChoice: losses[0], explicitImage: losses[1], superficialImage: losses[2])
  }

  private static func featureGradient(
    _ index: Int, _ values: [Tensor], _ slopes: [[Double]], factor: Double
  ) -> Tensor {
    let width = values[index].columns
    var result = Tensor(repeating: 0, shape: values[index].shape)
    for (choice, slopes) in zip(choices, slopes) {
      for (pair, sign) in [(choice.right, -1.0), (choice.wrong, 1.0)] where pair.0 == index || pair.1 == index
      {
        let other = values[pair.0 == index ? pair.1 : pair.0]
        other.withValues { other in
          result.withMutableValues { target in
            for (row, slope) in slopes.enumerated() {
              let weight = Float(sign * slope * factor)
              for column in row * width..<(row + 1) * width { target[column] += weight * other[column] }
            }
          }
        }
      }
    }
    return result
  }
}
