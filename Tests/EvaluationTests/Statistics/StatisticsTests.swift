import Testing

@testable import Evaluation

@Suite struct StatisticsTests {
  /// Doubles of a few operations.
  private static let exact = 1e-12

  @Test func wilsonIntervalsAreTheTabulated() {
    // statsmodels proportion_confint(method="wilson"): 8 of 10, and none of 10.
    let some = Rate(successes: 8, n: 10).wilsonInterval
    #expect(abs(some.lowerBound - 0.490162) < 1e-6 && abs(some.upperBound - 0.943318) < 1e-6)
    let none = Rate(successes: 0, n: 10).wilsonInterval
    #expect(none.lowerBound == 0 && abs(none.upperBound - 0.277533) < 1e-6)
    #expect(Rate(successes: 10, n: 10).wilsonInterval.upperBound == 1)
    #expect(Rate().wilsonInterval == 0...1)
  }

  @Test func meansHaveStandardErrors() throws {
    let estimate = try #require(MeanEstimate([1, 2, 3, 4]))
    #expect(estimate.mean == 2.5 && estimate.n == 4)
    #expect(abs(try #require(estimate.standardError) - (5.0 / 12).squareRoot()) < Self.exact)
    #expect(MeanEstimate([]) == nil && MeanEstimate([3])?.standardError == nil)
  }

  @Test func groupsCountByTheirItems() {
    let groups = GroupedMeans.of([("a", 1), ("b", 4), ("a", 3)])
    #expect(groups["a"]?.mean == 2 && groups["a"]?.n == 2 && groups["b"]?.mean == 4)
    #expect(GroupedMeans.overall([(mean: 2, n: 2), (mean: 5, n: 1)]) == 3)
    #expect(GroupedMeans.overall([]) == nil)
  }

  @Test func levelsThatAreEqualGiveNoShare() {
    #expect(Improvement.relative(score: 2, baseline: 1, explicit: 1) == nil)
    #expect(Improvement.normalisedDifference(implicit: 1, explicit: 1, superficial: 1) == nil)
  }

  @Test func exactTestCountsEveryAssignment() {
    #expect(SignFlipTest().pValue([1, 1, 1]) == 0.25)
    #expect(SignFlipTest().pValue([1, -1]) == 1)
    #expect(SignFlipTest().pValue([0, 0]) == 1)
    #expect(SignFlipTest().pValue([]) == nil)
    // Sums: ±6, ±4, ±2, ±0 for 1, 2, 3; |sum| ≥ 4 happens with 6 and 4, twice each.
    #expect(SignFlipTest().pValue([-1, 2, 3]) == 0.5)
    #expect(SignFlipTest().pValue([Double](repeating: 0.1, count: 16)) == 2.0 / 65536)
  }

  @Test func sampledTestIsSeededAndNeverZero() throws {
    let same = [Double](repeating: 1, count: 100)
    #expect(SignFlipTest().pValue(same) == 1.0 / 10_001)
    let mixed = (0..<70).map { Double($0 % 7) - 2.9 }
    let p = try #require(SignFlipTest(seed: 3).pValue(mixed))
    #expect(p == SignFlipTest(seed: 3).pValue(mixed) && p != SignFlipTest(seed: 4).pValue(mixed))
    // Mean 0.1, deviation 2: z = 0.42, so p is near 0.68.
    #expect((0.6...0.76).contains(p))
  }

  @Test func bootstrapCoversTheMeanAsTheNormalIntervalDoes() throws {
    let values = (0..<200).map { Double($0 % 20) }
    let interval = try #require(PairedBootstrap(seed: 1).meanInterval(values))
    let estimate = try #require(MeanEstimate(values))
    let half = 1.96 * (try #require(estimate.standardError))
    // 10,000 resamples place a percentile to about 2 % of the standard error.
    #expect(abs(interval.lowerBound - (estimate.mean - half)) < 0.08 * half)
    #expect(abs(interval.upperBound - (estimate.mean + half)) < 0.08 * half)
    #expect(interval == PairedBootstrap(seed: 1).meanInterval(values))
    #expect(interval != PairedBootstrap(seed: 2).meanInterval(values))
    #expect(PairedBootstrap().meanInterval([1]) == nil)
  }

  @Test func pairsStayPairs() throws {
    // Every prompt covers exactly half of its own way, so every resample does.
    let baseline = (0..<30).map { Double($0) }
    let explicit = baseline.map { $0 + 4 + $0 / 7 }
    let scores = zip(baseline, explicit).map { ($0 + $1) / 2 }
    let interval = try #require(
      PairedBootstrap(resamples: 500).relativeInterval(scores: scores, baseline: baseline, explicit: explicit)
    )
    #expect(abs(interval.lowerBound - 0.5) < Self.exact && abs(interval.upperBound - 0.5) < Self.exact)
  }

  @Test func quantilesAreNumPys() {
    #expect(PairedBootstrap.quantile([1, 2, 3, 4], 0.5) == 2.5)
    #expect(PairedBootstrap.quantile([1, 2, 3, 4], 1) == 4)
    #expect(abs(PairedBootstrap.quantile([10, 20], 0.25) - 12.5) < Self.exact)
  }
}
