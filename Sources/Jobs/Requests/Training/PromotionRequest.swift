/// The gate that a finished adapter has to pass to become its model's current one.
package struct PromotionRequest: Sendable, Equatable, Encodable {
  package var metric: Metric
  package var split = Split.validation
  /// How much the best step's metric must exceed the one measured before the first step; in the metric's unit.
  package var minGain = 0.0

  package init(metric: Metric, split: Split = .validation, minGain: Double = 0) {
    self.metric = metric
    self.split = split
    self.minGain = minGain
  }

  package enum Metric: String, Sendable, Codable, CaseIterable {
    /// Mean score of the validation images against their prompts.
    case meanSciScore = "sciscore_mean"
  }

  package enum Split: String, Sendable, Codable, CaseIterable { case validation }

  package enum Field: String, FieldNames, CodingKey {
    case metric, split
    case minGain = "min_gain"
  }

  typealias CodingKeys = Field

  init(reading fields: FieldReader<Field>) {
    fields.require(.metric, "\"sciscore_mean\"")
    metric = fields.choice(.metric, of: Metric.self) ?? .meanSciScore
    split = fields.choice(.split, of: Split.self) ?? split
    minGain = fields.number(.minGain, in: -100...100) ?? minGain
  }
}
