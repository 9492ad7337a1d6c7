import FLUX

/// Training left the finite numbers.
package enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// - rows: The examples of the batch, by their numbers in the data set, from 0.
  case loss(step: Int, rows: [Int], value: Float)
  case gradient(step: Int, norm: Double)
  /// The pictures of these examples could not be drawn.
  case drawing(rows: [Int], SamplingError)
  /// The picture of an example was given a reward that is no number.
  case reward(row: Int, value: Float)
  /// What happened in a round, from 1, of online fine-tuning.
  indirect case round(Int, TrainingError)

  package var description: String {
    switch self {
    case .loss(let step, let rows, let value):
      "the loss of step \(step) is \(value); its examples are \(Self.names(rows)): lower learning_rate, or look at these "
        + "examples"
    case .drawing(let rows, let error):
      "a picture of \(Self.names(rows)) could not be drawn: \(error)"
    case .reward(let row, let value):
      "the reward of a picture of \(Self.names([row])) is \(value): look at the reward's weights, and at the picture's prompt"
    case .round(let round, let error): "round \(round): \(error)"
    case .gradient(let step, let norm):
      "the gradient's length in step \(step) is \(norm): lower learning_rate, or look at the weights that training began with"
    }
  }

  private static func names(_ rows: [Int]) -> String {
    "\(rows.count == 1 ? "row" : "rows") \(rows.map { String($0 + 1) }.joined(separator: ", ")) of the data"
  }
}

/// What one optimizer step of any training reports.
package struct TrainingReport: Sendable, Equatable {
  /// From 1.
  package var step: Int
  package var loss: Double
  package var gradientNorm: Double
  package var learningRate: Double
  /// Further numbers by name, in the order to show them.
  package var further: [(name: String, value: Double)] = []

  package init(
    step: Int, loss: Double, _ learned: Learner.Step, further: [(name: String, value: Double)] = []
  ) {
    (self.step, self.loss) = (step, loss)
    (gradientNorm, learningRate) = (learned.gradientNorm, learned.learningRate)
    self.further = further
  }

  package static func == (a: TrainingReport, b: TrainingReport) -> Bool {
    a.step == b.step && a.loss == b.loss && a.gradientNorm == b.gradientNorm
      && a.learningRate == b.learningRate
      && a.further.elementsEqual(b.further) { $0.name == $1.name && $0.value == $1.value }
  }
}
