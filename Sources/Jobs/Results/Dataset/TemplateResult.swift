/// Candidates for a data set, waiting for review.
package struct TemplateResult: Sendable, Equatable, Codable {
  package var model: String
  package var rewardModel: String?
  /// The folder of the candidates and the page to review them with, relative to the job's output folder.
  package var candidates = "candidates"
  package var reviewPage = "review.html"
  /// The file that the page saves, to be dropped into the inbox.
  package var decisionsFile: String
  /// Pictures drawn, and pairs that came to review.
  package var drawn: Int
  package var pairs: [Pair]
  /// Pairs left out for a margin below `min_margin`.
  package var belowMargin: Int
  /// Pairs by law.
  package var laws: [String: Int]

  package init(
    model: String, rewardModel: String?, decisionsFile: String, drawn: Int, pairs: [Pair], belowMargin: Int,
    laws: [String: Int]
  ) {
    self.model = model
    self.rewardModel = rewardModel
    self.decisionsFile = decisionsFile
    self.drawn = drawn
    self.pairs = pairs
    self.belowMargin = belowMargin
    self.laws = laws
  }

  enum CodingKeys: String, CodingKey {
    case model
    case rewardModel = "reward_model"
    case candidates
    case reviewPage = "review_page"
    case decisionsFile = "decisions_file"
    case drawn, pairs
    case belowMargin = "below_margin"
    case laws
  }

  package struct Pair: Sendable, Equatable, Codable {
    /// The pair's name in decisions.
    package var name: String
    package var law: String
    package var subject: String
    package var implicitPrompt: String
    /// Scores under the implicit prompt; nil without a reward.
    package var explicitScore: Double?
    package var superficialScore: Double?

    package init(
      name: String, law: String, subject: String, implicitPrompt: String, explicitScore: Double? = nil,
      superficialScore: Double? = nil
    ) {
      self.name = name
      self.law = law
      self.subject = subject
      self.implicitPrompt = implicitPrompt
      self.explicitScore = explicitScore
      self.superficialScore = superficialScore
    }

    package var margin: Double? { explicitScore.flatMap { right in superficialScore.map { right - $0 } } }

    enum CodingKeys: String, CodingKey {
      case name, law, subject
      case implicitPrompt = "implicit_prompt"
      case explicitScore = "explicit_score"
      case superficialScore = "superficial_score"
    }
  }
}

/// A data set that a review published.
package struct ReviewResult: Sendable, Equatable, Codable {
  /// Relative to the spool root: `datasets/<output>`.
  package var path: String
  package var accepted: Int
  /// Of the accepted ones, those with exchanged pictures.
  package var swapped: Int
  package var rejected: Int
  package var undecided: Int
  /// Tuples by law.
  package var laws: [String: Int]
  /// SHA-256 of the data set's `SHA256SUMS`.
  package var sha256: String
  package var existed: Bool

  package init(
    path: String, accepted: Int, swapped: Int, rejected: Int, undecided: Int, laws: [String: Int],
    sha256: String,
    existed: Bool = false
  ) {
    self.path = path
    self.accepted = accepted
    self.swapped = swapped
    self.rejected = rejected
    self.undecided = undecided
    self.laws = laws
    self.sha256 = sha256
    self.existed = existed
  }
}
