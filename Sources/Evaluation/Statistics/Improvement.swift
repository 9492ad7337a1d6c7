/// Where scores lie between what a model draws when misled and when told (arXiv:2504.13129).
package enum Improvement {
  /// Normalised difference `ND = (IP − SP)/(EP − SP)`: 0 at the superficial level, 1 at the explicit one.
  ///
  /// - Returns: Nil when the two levels are equal.
  package static func normalisedDifference(implicit: Double, explicit: Double, superficial: Double) -> Double?
  {
    quotient(implicit - superficial, explicit - superficial)
  }

  /// Relative improvement `RI = (score − baseline)/(baseline on explicit prompts − baseline)`.
  ///
  /// - Returns: Nil when the baseline leaves nothing to improve.
  package static func relative(score: Double, baseline: Double, explicit: Double) -> Double? {
    quotient(score - baseline, explicit - baseline)
  }

  /// Half the width of the range that RI can have when its three inputs are rounded to ±`half`, to first order.
  ///
  /// With `d = explicit − baseline`: `|∂RI/∂score| = 1/d`, `|∂RI/∂explicit| = |RI|/d`, `|∂RI/∂baseline| = |RI − 1|/d`.
  package static func relativeRoundingBound(
    score: Double, baseline: Double, explicit: Double, half: Double
  ) -> Double? {
    guard let ri = relative(score: score, baseline: baseline, explicit: explicit) else { return nil }
    return half * (1 + abs(ri) + abs(ri - 1)) / abs(explicit - baseline)
  }

  private static func quotient(_ part: Double, _ whole: Double) -> Double? {
    let share = part / whole
    return share.isFinite ? share : nil
  }
}
