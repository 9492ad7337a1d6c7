import Testing

@testable import Evaluation

/// The arithmetic against the numbers that Science-T2I publishes (arXiv:2504.13129).
@Suite struct PublishedTablesTests {
  /// Published numbers are rounded to two decimals.
  private static let rounding = 0.005
  /// A mean of rounded means, rounded again.
  private static let twiceRounded = 0.01

  @Test(arguments: [(625, 671, 93.14), (207, 227, 91.19)])
  func accuracyIsAShareOfTuples(right: Int, tuples: Int, published: Double) {
    let rate = Rate(successes: right, n: tuples)
    #expect(abs(100 * rate.rate - published) <= Self.rounding)
    #expect(rate.wilsonInterval.contains(rate.rate))
  }

  @Test(arguments: [
    (47.80, 53.19, 53.55, 32.50), (26.87, 22.64, 50.00, 17.22), (26.73, 26.53, 32.98, 22.22),
    (23.72, 23.19, 38.30, 13.33), (19.60, 16.11, 20.92, 25.56),
  ])
  func overallIsTheMeanOverItems(overall: Double, physics: Double, chemistry: Double, biology: Double) throws
  {
    let mean = try #require(
      GroupedMeans.overall([(mean: physics, n: 240), (mean: chemistry, n: 94), (mean: biology, n: 120)]))
    #expect(abs(mean - overall) <= Self.twiceRounded)
    #expect(abs((physics + chemistry + biology) / 3 - overall) > Self.twiceRounded, "not the mean of means")
  }

  @Test(arguments: [
    (27.43, 23.56, 32.85, 41.66), (28.52, 23.56, 32.85, 53.39), (29.49, 27.26, 34.70, 29.97),
    (30.11, 27.26, 34.70, 38.31),
  ])
  func relativeImprovement(score: Double, baseline: Double, explicit: Double, published: Double) throws {
    let ri = try #require(Improvement.relative(score: score, baseline: baseline, explicit: explicit))
    let bound = try #require(
      Improvement.relativeRoundingBound(
        score: score, baseline: baseline, explicit: explicit, half: Self.rounding))
    // Closer than the inputs' rounding demands: the published values come from the rounded scores.
    #expect(abs(100 * ri - published) <= Self.rounding)
    #expect(abs(100 * ri - published) <= 100 * bound + Self.rounding)
    #expect(100 * bound < 0.15, "the bound must be tight enough to fail")
  }

  @Test(arguments: [
    (17.69, 32.85, 23.56, 0.3872), (23.78, 34.70, 27.26, 0.3187), (18.45, 32.87, 24.43, 0.4147),
    (25.12, 36.05, 29.66, 0.4154), (21.80, 31.90, 25.47, 0.3634), (26.21, 34.22, 30.89, 0.5843),
  ])
  func normalisedDifference(sp: Double, ep: Double, ip: Double, expected: Double) throws {
    let nd = try #require(Improvement.normalisedDifference(implicit: ip, explicit: ep, superficial: sp))
    #expect(abs(nd - expected) <= 0.00005)
  }
}
