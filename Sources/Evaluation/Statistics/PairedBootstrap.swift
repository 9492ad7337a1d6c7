/// Percentile intervals by resampling prompts with replacement (Efron 1979).
///
/// Prompts are drawn, not images: the images of one prompt are not independent, so each prompt enters with the mean of
/// its images. What is compared is drawn together, so that pairs stay pairs.
package struct PairedBootstrap: Sendable {
  package var resamples = 10_000
  package var seed: UInt64 = 0
  /// Share of the resamples inside the interval.
  package var level = 0.95

  package init(resamples: Int = 10_000, seed: UInt64 = 0, level: Double = 0.95) {
    (self.resamples, self.seed, self.level) = (resamples, seed, level)
  }

  /// Of the mean of per-prompt differences.
  package func meanInterval(_ differences: [Double]) -> ClosedRange<Double>? {
    interval(count: differences.count) { chosen in
      chosen.reduce(0) { $0 + differences[$1] } / Double(chosen.count)
    }
  }

  /// Of the relative improvement; the three lists are per-prompt means, one entry a prompt in the same order.
  ///
  /// Resamples that leave nothing to improve are left out.
  package func relativeInterval(
    scores: [Double], baseline: [Double], explicit: [Double]
  ) -> ClosedRange<Double>? {
    precondition(scores.count == baseline.count && scores.count == explicit.count, "lists of unequal length")
    return interval(count: scores.count) { chosen in
      var sums = (0.0, 0.0, 0.0)
      for index in chosen {
        sums.0 += scores[index]
        sums.1 += baseline[index]
        sums.2 += explicit[index]
      }
      return Improvement.relative(score: sums.0, baseline: sums.1, explicit: sums.2)
    }
  }

  private func interval(count: Int, _ statistic: ([Int]) -> Double?) -> ClosedRange<Double>? {
    guard count > 1, resamples > 0 else { return nil }
    var random = SeededRandom(seed: seed)
    var values: [Double] = []
    var chosen = [Int](repeating: 0, count: count)
    for _ in 0..<resamples {
      for place in chosen.indices { chosen[place] = random.index(count) }
      if let value = statistic(chosen) { values.append(value) }
    }
    guard !values.isEmpty else { return nil }
    values.sort()
    return Self.quantile(values, (1 - level) / 2)...Self.quantile(values, (1 + level) / 2)
  }

  /// Between neighbours linearly, as NumPy's default does.
  static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = Int(place.rounded(.down))
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
  }
}
