import Tensors

/// AdamW over a list of parameters, with torch's arithmetic.
///
/// torch 2.13 `optim/adamw.py`: parameters without a gradient are passed over, and count no step.
package struct AdamW: Sendable {
  package struct Settings: Sendable, Equatable {
    package var beta1 = 0.9
    package var beta2 = 0.999
    package var epsilon = 1e-8
    package var weightDecay = 1e-2

    package init(
      beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 1e-2
    ) {
      (self.beta1, self.beta2) = (beta1, beta2)
      (self.epsilon, self.weightDecay) = (epsilon, weightDecay)
    }
  }

  /// What a parameter's steps leave behind.
  package struct Moments: Sendable {
    package var first: Tensor
    package var second: Tensor
    /// Steps taken.
    package var count: Int

    package init(first: Tensor, second: Tensor, count: Int) {
      (self.first, self.second, self.count) = (first, second, count)
    }
  }

  package let settings: Settings
  package let parameters: [Parameter]
  /// One for each parameter that has had a gradient; nil for the others.
  package var moments: [Moments?]

  package init(_ parameters: [Parameter], _ settings: Settings) {
    self.parameters = parameters
    self.settings = settings
    moments = Array(repeating: nil, count: parameters.count)
  }

  /// Changes every parameter that has a gradient; gradients stay.
  package mutating func step(learningRate: Double) {
    for (index, parameter) in parameters.enumerated() {
      guard let gradient = parameter.gradient else { continue }
      let zeros = { Tensor(repeating: 0, shape: gradient.shape) }
      var own = moments[index] ?? Moments(first: zeros(), second: zeros(), count: 0)
      // So that nobody else holds them while they change.
      moments[index] = nil
      own.count += 1
      AdamWStep(
        learningRate: learningRate, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
        weightDecay: settings.weightDecay, count: own.count
      ).apply(to: &parameter.value, firstMoment: &own.first, secondMoment: &own.second, gradient: gradient)
      moments[index] = own
    }
  }
}

/// The gradients of many parameters as one vector.
package enum GradientNorm {
  /// The Euclidean length of all gradients together.
  package static func total(of parameters: [Parameter]) -> Double {
    Tensor.sumsOfSquares(parameters.compactMap(\.gradient)).reduce(0, +).squareRoot()
  }

  /// Scales all gradients so that their length does not exceed a limit.
  ///
  /// torch 2.13 `nn/utils/clip_grad.py`: the factor is `limit / (norm + 1e-6)`, at most 1.
  ///
  /// - Returns: The length before.
  @discardableResult
  package static func clip(_ parameters: [Parameter], to limit: Double) -> Double {
    let norm = total(of: parameters)
    clip(parameters, to: limit, norm: norm)
    return norm
  }

  /// The same when the length is known.
  static func clip(_ parameters: [Parameter], to limit: Double, norm: Double) {
    let factor = Float(limit) / (Float(norm) + 1e-6)
    if factor < 1 { for parameter in parameters { parameter.scaleGradient(by: factor) } }
  }
}
