/// A generator benchmark against a former one with the same prompts and seeds, on implicit prompts.
package struct BenchmarkComparison: Sendable, Equatable, Codable {
  /// As the job names it.
  package var baseline: String
  package var overall: Gain
  package var categories: [String: Gain]
  package var laws: [String: Gain]
  package var orientations: [String: Gain]
  package var oracle: OracleChange?
  package var oracleLaws: [String: OracleChange]?
  package var oracleOrientations: [String: OracleChange]?

  package init(
    baseline: String, overall: Gain, categories: [String: Gain], laws: [String: Gain],
    orientations: [String: Gain], oracle: OracleChange?, oracleLaws: [String: OracleChange]?,
    oracleOrientations: [String: OracleChange]?
  ) {
    (self.baseline, self.overall, self.categories) = (baseline, overall, categories)
    (self.laws, self.orientations, self.oracle) = (laws, orientations, oracle)
    (self.oracleLaws, self.oracleOrientations) = (oracleLaws, oracleOrientations)
  }

  enum CodingKeys: String, CodingKey {
    case baseline, overall, categories, laws, orientations, oracle
    case oracleLaws = "oracle_laws"
    case oracleOrientations = "oracle_orientations"
  }

  /// Paired differences of the prompts' mean scores, and the relative improvement.
  package struct Gain: Sendable, Equatable, Codable {
    /// Prompts.
    package var n: Int
    package var gain: Double
    package var standardError: Double?
    /// 95 % bootstrap interval of the gain; nil for one prompt.
    package var low: Double?
    package var high: Double?
    /// Two-sided sign-flip test.
    package var pValue: Double?
    /// `(score − baseline)/(baseline's explicit − baseline)`; nil without explicit pictures of the baseline, or with two
    /// equal levels.
    package var relativeImprovement: Double?
    package var relativeLow: Double?
    package var relativeHigh: Double?

    package init(n: Int, gain: Double) { (self.n, self.gain) = (n, gain) }

    enum CodingKeys: String, CodingKey {
      case n, gain
      case standardError = "standard_error"
      case low, high
      case pValue = "p_value"
      case relativeImprovement = "ri"
      case relativeLow = "ri_low"
      case relativeHigh = "ri_high"
    }
  }

  /// Shares of the pictures whose verdict changed.
  package struct OracleChange: Sendable, Equatable, Codable {
    package var newlyRight: Double
    package var noLongerRight: Double
    /// Newly right less no longer right.
    package var difference: Double
    /// Of the prompts' mean differences; nil for one prompt.
    package var standardError: Double?
    /// Pictures.
    package var n: Int

    package init(
      newlyRight: Double, noLongerRight: Double, difference: Double, standardError: Double?, n: Int
    ) {
      (self.newlyRight, self.noLongerRight, self.difference) = (newlyRight, noLongerRight, difference)
      (self.standardError, self.n) = (standardError, n)
    }

    enum CodingKeys: String, CodingKey {
      case newlyRight = "newly_right"
      case noLongerRight = "no_longer_right"
      case difference
      case standardError = "standard_error"
      case n
    }
  }
}
