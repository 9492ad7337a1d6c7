/// How often a language model preferred the right picture of a tuple.
package struct PairwiseBenchmarkResult: Sendable, Equatable, Codable {
  /// The judging model.
  package var model: String
  /// As the job names it.
  package var dataset: String
  package var chainOfThought: Bool
  package var mode: JudgeEndpointRequest.Mode
  /// The version of the questions' wording.
  package var protocolVersion: String
  package var usage: JudgeUsage
  /// Nil when no tuple was scored.
  package var overall: Preference?
  /// By the rows' `category` column.
  package var categories: [String: Preference]
  /// By the rows' `law` column.
  package var laws: [String: Preference]
  /// `subject` and `condition`: the published grouping of the 16 tasks; rows of other laws are in neither.
  package var orientations: [String: Preference]

  package init(
    model: String, dataset: String, chainOfThought: Bool, mode: JudgeEndpointRequest.Mode,
    protocolVersion: String,
    usage: JudgeUsage, overall: Preference?, categories: [String: Preference], laws: [String: Preference],
    orientations: [String: Preference]
  ) {
    (self.model, self.dataset, self.chainOfThought, self.mode) = (model, dataset, chainOfThought, mode)
    (self.protocolVersion, self.usage, self.overall) = (protocolVersion, usage, overall)
    (self.categories, self.laws, self.orientations) = (categories, laws, orientations)
  }

  enum CodingKeys: String, CodingKey {
    case model, dataset
    case chainOfThought = "chain_of_thought"
    case mode
    case protocolVersion = "protocol_version"
    case usage, overall, categories, laws, orientations
  }

  /// Over tuples, of which each counts once: with the share of its scored orders that were answered rightly.
  package struct Preference: Sendable, Equatable, Codable {
    /// Tuples with a scored answer in at least one order.
    package var n: Int
    package var accuracy: Double
    /// Wilson's 95 % interval with `n` observations.
    package var low: Double
    package var high: Double
    /// Tuples with scored answers in both orders.
    package var both: Int
    /// Of those, the share whose orders agree on the picture; nil without any.
    package var consistency: Double?
    /// Share of "image-1" among the scored answers of those less ½: 0 for a model that does not look at the place.
    package var positionBias: Double?
    /// Accuracy with the right picture first, and second; nil without a scored answer.
    package var rightFirst: Double?
    package var rightSecond: Double?

    package init(n: Int, accuracy: Double, low: Double, high: Double, both: Int) {
      (self.n, self.accuracy, self.low, self.high, self.both) = (n, accuracy, low, high, both)
    }

    enum CodingKeys: String, CodingKey {
      case n, accuracy, low, high, both, consistency
      case positionBias = "position_bias"
      case rightFirst = "accuracy_right_first"
      case rightSecond = "accuracy_right_second"
    }
  }

  /// One tuple: a line of `scores.jsonl`.
  package struct Row: Sendable, Equatable, Codable {
    /// Line of `metadata.jsonl`, counted from 1.
    package var row: Int
    package var category: String
    package var law: String
    package var prompt: String
    /// Files, below the dataset as the job names it.
    package var explicitImage: String
    package var superficialImage: String
    /// With the right picture first, then with the right picture second.
    package var orders: [Order]

    package init(
      row: Int, category: String, law: String, prompt: String, explicitImage: String,
      superficialImage: String,
      orders: [Order]
    ) {
      (self.row, self.category, self.law, self.prompt) = (row, category, law, prompt)
      (self.explicitImage, self.superficialImage, self.orders) = (explicitImage, superficialImage, orders)
    }

    enum CodingKeys: String, CodingKey {
      case row, category, law, prompt
      case explicitImage = "explicit_image"
      case superficialImage = "superficial_image"
      case orders
    }
  }

  /// One answer.
  package struct Order: Sendable, Equatable, Codable {
    /// Of the answer in `replies.jsonl`.
    package var question: String
    /// `image-1` or `image-2`; nil without a score.
    package var choice: String?
    package var isRight: Bool?
    /// Why there is no score.
    package var problem: String?

    package init(question: String, choice: String?, isRight: Bool?, problem: String?) {
      (self.question, self.choice, self.isRight, self.problem) = (question, choice, isRight, problem)
    }

    enum CodingKeys: String, CodingKey {
      case question, choice
      case isRight = "right"
      case problem
    }
  }
}
