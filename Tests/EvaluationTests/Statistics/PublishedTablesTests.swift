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

  /// A task's tuples, and the accuracy published of it in per cent with one decimal.
  struct Task: Sendable {
    let domain: String
    let n: Int
    let published: Double

    var right: Int { Int((Double(n) * published / 100).rounded()) }
  }

  private static func tasks(_ domain: String, _ rows: [(Int, Double)]) -> [Task] {
    rows.map { Task(domain: domain, n: $0.0, published: $0.1) }
  }

  // Gravity, freezing, melting, absorption, buoyancy, diffusion, electricity, evaporation, condensation; rust, immiscibility,
  // flame reaction; light, water, season, ripeness.
  private static let simple =
    tasks(
      "physics",
      [
        (60, 98.3), (42, 90.5), (36, 100), (42, 71.4), (36, 66.7), (42, 97.6), (42, 100), (30, 100),
        (36, 100),
      ])
    + tasks("chemistry", [(42, 100), (48, 68.8), (45, 97.8)])
    + tasks("biology", [(45, 100), (45, 100), (54, 100), (26, 100)])
  private static let complex =
    tasks(
      "physics",
      [
        (20, 100), (14, 92.9), (12, 100), (14, 71.4), (12, 41.7), (14, 85.7), (14, 85.7), (10, 100),
        (12, 100),
      ])
    + tasks("chemistry", [(14, 92.9), (16, 81.3), (15, 100)])
    + tasks("biology", [(15, 100), (15, 100), (18, 100), (12, 100)])

  @Test(arguments: [(simple, 625, 671, 93.14), (complex, 207, 227, 91.19)])
  func theOverallAccuracyFollowsFromTheTasksCounts(tasks: [Task], right: Int, tuples: Int, published: Double)
    throws
  {
    // The counts are the only whole numbers that give the published tasks.
    for task in tasks {
      #expect(abs(100 * Rate(successes: task.right, n: task.n).rate - task.published) <= 0.05 + 1e-9)
    }
    #expect(tasks.reduce(0) { $0 + $1.right } == right && tasks.reduce(0) { $0 + $1.n } == tuples)
    let overall = try #require(
      GroupedMeans.overall(tasks.map { (mean: Rate(successes: $0.right, n: $0.n).rate, n: $0.n) }))
    #expect(abs(100 * overall - published) <= Self.rounding)
  }

  /// Of the split C, whose laws and categories agree; twelve rows of S are of another category than their law's.
  @Test(arguments: [("physics", 106, 122, 86.9), ("chemistry", 41, 45, 91.1), ("biology", 60, 60, 100)])
  func aDomainsAccuracyFollowsFromItsTasksCounts(domain: String, right: Int, tuples: Int, published: Double) {
    let tasks = Self.complex.filter { $0.domain == domain }
    let rate = Rate(successes: tasks.reduce(0) { $0 + $1.right }, n: tasks.reduce(0) { $0 + $1.n })
    #expect(rate.successes == right && rate.n == tuples && abs(100 * rate.rate - published) <= 0.05)
  }

  @Test(arguments: [
    (47.80, 53.19, 53.55, 32.50), (33.99, 34.58, 46.45, 23.06), (26.87, 22.64, 50.00, 17.22),
    (26.73, 26.53, 32.98, 22.22),
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

  /// Rows of FLUX.1[dev], FLUX.1[schnell], SD3, SDXL and SD1.5, on S and then on C.
  @Test(arguments: [
    (17.69, 32.85, 23.56, 38.72), (18.45, 32.87, 24.43, 41.47), (18.99, 32.53, 22.31, 24.52),
    (21.80, 31.90, 25.47, 36.34), (19.35, 26.88, 22.37, 40.11), (23.78, 34.70, 27.26, 31.87),
    (25.12, 36.05, 29.66, 41.54), (24.01, 34.65, 27.88, 36.37), (26.21, 34.22, 30.89, 58.43),
    (22.45, 28.19, 23.40, 16.55),
  ])
  func normalisedDifference(sp: Double, ep: Double, ip: Double, published: Double) throws {
    let nd = try #require(Improvement.normalisedDifference(implicit: ip, explicit: ep, superficial: sp))
    #expect(abs(100 * nd - published) <= Self.rounding)
  }
}
