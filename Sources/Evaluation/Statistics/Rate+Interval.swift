extension Rate {
  /// Wilson's score interval of the share at 95 % (Wilson 1927): right also for shares near 0 and 1.
  ///
  /// `(p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)` with z = 1.959964. Without observations it is 0...1.
  package var wilsonInterval: ClosedRange<Double> { Self.wilsonInterval(share: rate, n: n) }

  /// The same of a share that is a mean over n observations, each between 0 and 1: halves count as halves.
  package static func wilsonInterval(share p: Double, n: Int) -> ClosedRange<Double> {
    guard n > 0 else { return 0...1 }
    let (n, z) = (Double(n), standardNormal975)
    let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    // Rounding must not push the ends beyond what is possible, or past the share itself.
    return min(max(0, centre - half), p)...max(min(1, centre + half), p)
  }
}

/// The 97.5th percentile of the standard normal distribution.
private let standardNormal975 = 1.959963984540054
