/// How often a scorer preferred the right picture of a tuple.
package struct EvaluatorBenchmarkResult: Sendable, Equatable, Codable {
  package var model: String
  package var dataset: String
  package var overall: Accuracy
  /// By the rows' `category` column.
  package var categories: [String: Accuracy]
  /// By the rows' `law` column.
  package var laws: [String: Accuracy]
  /// `subject` and `condition`: the published grouping of the 16 tasks; rows of other laws are in neither.
  package var orientations: [String: Accuracy]
  /// By each column of `group_by` and its values.
  package var groups: [String: [String: Accuracy]]
  /// The tuples whose wrong picture won by most, worst first; at most ``mistakeLimit``.
  package var mistakes: [Row]

  package static let mistakeLimit = 32

  package init(
    model: String, dataset: String, overall: Accuracy, categories: [String: Accuracy],
    laws: [String: Accuracy], orientations: [String: Accuracy], groups: [String: [String: Accuracy]],
    mistakes: [Row]
  ) {
    (self.model, self.dataset, self.overall) = (model, dataset, overall)
    (self.categories, self.laws, self.orientations) = (categories, laws, orientations)
    (self.groups, self.mistakes) = (groups, mistakes)
  }

  /// The share of tuples answered rightly, with Wilson's 95 % interval.
  package struct Accuracy: Sendable, Equatable, Codable {
    package var correct: Int
    package var n: Int
    package var accuracy: Double
    package var low: Double
    package var high: Double
    /// Mean of the right picture's score less the wrong one's.
    package var meanMargin: Double

    package init(correct: Int, n: Int, accuracy: Double, low: Double, high: Double, meanMargin: Double) {
      (self.correct, self.n, self.accuracy) = (correct, n, accuracy)
      (self.low, self.high, self.meanMargin) = (low, high, meanMargin)
    }

    enum CodingKeys: String, CodingKey {
      case correct, n, accuracy, low, high
      case meanMargin = "mean_margin"
    }
  }

  /// One tuple: a line of `scores.jsonl`.
  package struct Row: Sendable, Equatable, Codable {
    /// Line of `metadata.jsonl`, counted from 1.
    package var row: Int
    package var category: String
    package var law: String
    /// The implicit prompt.
    package var prompt: String
    /// Files, below the dataset as the job names it.
    package var explicitImage: String
    package var superficialImage: String
    package var explicitScore: Double
    package var superficialScore: Double

    package init(
      row: Int, category: String, law: String, prompt: String, explicitImage: String,
      superficialImage: String, explicitScore: Double, superficialScore: Double
    ) {
      (self.row, self.category, self.law, self.prompt) = (row, category, law, prompt)
      (self.explicitImage, self.superficialImage) = (explicitImage, superficialImage)
      (self.explicitScore, self.superficialScore) = (explicitScore, superficialScore)
    }

    package var margin: Double { explicitScore - superficialScore }
    /// A draw is not right.
    package var isCorrect: Bool { margin > 0 }

    enum CodingKeys: String, CodingKey {
      case row, category, law, prompt
      case explicitImage = "explicit_image"
      case superficialImage = "superficial_image"
      case explicitScore = "explicit_score"
      case superficialScore = "superficial_score"
    }
  }
}
