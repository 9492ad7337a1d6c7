import Foundation
import Jobs

/// A row of a template job's `candidates/metadata.jsonl`, and of the data set that its review publishes.
struct CandidateRow: Codable, Equatable {
  /// The pair's name in decisions, and the beginning of its files' names.
  var pair: String
  var implicitPrompt: [String]
  var explicitPrompt: [String]
  var superficialPrompt: [String]
  var explicitImage: [String]
  var superficialImage: [String]
  var category: String
  var law: String
  var object: String
  var subject: String
  var science: String
  var source: String
  /// Of the noise both pictures were drawn from.
  var seed: Int
  /// Under the first implicit prompt; nil without a reward.
  var explicitScore: Double?
  var superficialScore: Double?
  /// The review exchanged the pictures; nil before it.
  var swapped: Bool?

  enum CodingKeys: String, CodingKey {
    case pair
    case implicitPrompt = "implicit_prompt"
    case explicitPrompt = "explicit_prompt"
    case superficialPrompt = "superficial_prompt"
    case explicitImage = "explicit_image"
    case superficialImage = "superficial_image"
    case category, law, object, subject, science, source, seed
    case explicitScore = "explicit_score"
    case superficialScore = "superficial_score"
    case swapped
  }

  static let explicitSuffix = "-explicit.png"
  static let superficialSuffix = "-superficial.png"

  var margin: Double? { explicitScore.flatMap { right in superficialScore.map { right - $0 } } }

  /// The row after a review that accepted it.
  func reviewed(swapped: Bool) -> CandidateRow {
    var row = self
    row.swapped = swapped
    if swapped { (row.explicitScore, row.superficialScore) = (superficialScore, explicitScore) }
    return row
  }
}
