/// How pictures of the three tiers of prompts score against the implicit prompt.
package struct GeneratorBenchmarkResult: Sendable, Equatable, Codable {
  package typealias Tier = GeneratorBenchmarkRequest.Tier

  package var model: String
  package var setup: Setup
  package var tiers: [Tier: TierSummary]
  /// `(IP − SP)/(EP − SP)` of the tiers' means; nil without all three.
  package var normalisedDifference: Double?
  package var comparison: BenchmarkComparison?
  /// Pictures that this job drew, the others having come from the cache; nil when they were made elsewhere.
  package var drawn: Int?
  /// Tuples without a picture; nil when the job drew them itself.
  package var missing: [Tier: Int]?

  package init(
    model: String, setup: Setup, tiers: [Tier: TierSummary], normalisedDifference: Double?,
    comparison: BenchmarkComparison?, drawn: Int? = nil, missing: [Tier: Int]? = nil
  ) {
    (self.model, self.setup, self.tiers) = (model, setup, tiers)
    (self.normalisedDifference, self.comparison) = (normalisedDifference, comparison)
    (self.drawn, self.missing) = (drawn, missing)
  }

  enum CodingKeys: String, CodingKey {
    case model, setup, tiers
    case normalisedDifference = "nd"
    case comparison, drawn, missing
  }

  /// What has to be equal for two results to be compared; how the pictures were drawn only where both say it.
  package struct Setup: Sendable, Equatable, Codable {
    package var tuples: Int
    /// SHA-256 of the rows' prompts.
    package var prompts: String
    package var wording: Int
    package var imagesPerPrompt: Int?
    package var seed: Int?
    package var height: Int?
    package var width: Int?
    package var reward: String
    /// Changes when the scorer's files do.
    package var rewardState: String

    package init(
      tuples: Int, prompts: String, wording: Int, imagesPerPrompt: Int? = nil, seed: Int? = nil,
      height: Int? = nil, width: Int? = nil, reward: String, rewardState: String
    ) {
      (self.tuples, self.prompts, self.wording) = (tuples, prompts, wording)
      (self.imagesPerPrompt, self.seed, self.height, self.width) = (imagesPerPrompt, seed, height, width)
      (self.reward, self.rewardState) = (reward, rewardState)
    }

    enum CodingKeys: String, CodingKey {
      case tuples, prompts, wording
      case imagesPerPrompt = "num_images_per_prompt"
      case seed, height, width, reward
      case rewardState = "reward_state"
    }

    /// What differs, as `name: other, here own`.
    package func differences(from other: Setup) -> [String] {
      func compare<Value: Equatable>(_ name: String, _ value: KeyPath<Setup, Value>) -> String? {
        self[keyPath: value] == other[keyPath: value]
          ? nil : "\(name) (\(other[keyPath: value]) there, \(self[keyPath: value]) here)"
      }
      func compareKnown(_ name: String, _ value: KeyPath<Setup, Int?>) -> String? {
        guard let own = self[keyPath: value], let there = other[keyPath: value], own != there else {
          return nil
        }
        return "\(name) (\(there) there, \(own) here)"
      }
      return [
        compare("number of tuples", \.tuples), compare("wording", \.wording), compare("prompts", \.prompts),
        compareKnown("num_images_per_prompt", \.imagesPerPrompt), compareKnown("seed", \.seed),
        compareKnown("height", \.height), compareKnown("width", \.width), compare("reward", \.reward),
        compare("state of the scorer's files", \.rewardState),
      ].compactMap(\.self)
    }
  }

  /// The pictures of one tier.
  package struct TierSummary: Sendable, Equatable, Codable {
    package var overall: Mean
    package var categories: [String: Mean]
    package var laws: [String: Mean]
    package var orientations: [String: Mean]
    package var oracle: OracleRates?
    /// The oracle's rates by law.
    package var oracleLaws: [String: OracleRates]?
    package var oracleOrientations: [String: OracleRates]?

    package init(
      overall: Mean, categories: [String: Mean], laws: [String: Mean], orientations: [String: Mean],
      oracle: OracleRates? = nil, oracleLaws: [String: OracleRates]? = nil,
      oracleOrientations: [String: OracleRates]? = nil
    ) {
      (self.overall, self.categories, self.laws) = (overall, categories, laws)
      (self.orientations, self.oracle, self.oracleLaws) = (orientations, oracle, oracleLaws)
      self.oracleOrientations = oracleOrientations
    }

    enum CodingKeys: String, CodingKey {
      case overall, categories, laws, orientations, oracle
      case oracleLaws = "oracle_laws"
      case oracleOrientations = "oracle_orientations"
    }
  }

  /// Mean over prompts of the mean score of their pictures.
  package struct Mean: Sendable, Equatable, Codable {
    package var mean: Double
    /// Of the prompts' means; nil for one prompt.
    package var standardError: Double?
    /// Prompts.
    package var n: Int

    package init(mean: Double, standardError: Double?, n: Int) {
      (self.mean, self.standardError, self.n) = (mean, standardError, n)
    }

    enum CodingKeys: String, CodingKey {
      case mean
      case standardError = "standard_error"
      case n
    }
  }

  /// Shares of pictures by the oracle's verdict, with the binomial standard error of `right`.
  package struct OracleRates: Sendable, Equatable, Codable {
    package var right: Double
    package var wrong: Double
    package var neither: Double
    package var standardError: Double
    package var n: Int

    package init(right: Double, wrong: Double, neither: Double, standardError: Double, n: Int) {
      (self.right, self.wrong, self.neither) = (right, wrong, neither)
      (self.standardError, self.n) = (standardError, n)
    }

    enum CodingKeys: String, CodingKey {
      case right, wrong, neither
      case standardError = "standard_error"
      case n
    }
  }

  /// One picture: a line of `scores.jsonl`.
  package struct Image: Sendable, Equatable, Codable {
    package var tier: Tier
    /// Line of `metadata.jsonl`, counted from 1.
    package var row: Int
    package var category: String
    package var law: String
    /// Of the picture's noise, where known.
    package var seed: Int?
    /// What was drawn; the score is for the implicit prompt.
    package var prompt: String
    package var file: String
    package var score: Double
    /// The oracle's: `explicit` (right), `superficial` (wrong) or `neither`.
    package var verdict: String?

    package init(
      tier: Tier, row: Int, category: String, law: String, seed: Int?, prompt: String, file: String,
      score: Double, verdict: String?
    ) {
      (self.tier, self.row, self.category, self.law) = (tier, row, category, law)
      (self.seed, self.prompt, self.file) = (seed, prompt, file)
      (self.score, self.verdict) = (score, verdict)
    }
  }
}
