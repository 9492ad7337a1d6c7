import Evaluation
import Jobs

/// The arithmetic of a generator benchmark; a prompt is one observation, with the mean of its pictures.
struct GeneratorSummary {
  typealias Result = GeneratorBenchmarkResult
  typealias Tier = GeneratorBenchmarkRequest.Tier

  let images: [Result.Image]

  /// The pictures of one prompt.
  private struct Prompt {
    let row: Int
    let category: String
    let law: String
    let score: Double
    let verdicts: [String]

    init(_ row: Int, _ images: [Result.Image]) {
      self.row = row
      (category, law) = (images.first?.category ?? "", images.first?.law ?? "")
      score = images.reduce(0) { $0 + $1.score } / Double(max(1, images.count))
      verdicts = images.compactMap(\.verdict)
    }
  }

  /// The prompts of a tier in the order of their rows.
  private static func prompts(_ tier: Tier, _ images: [Result.Image]) -> [Prompt] {
    Dictionary(grouping: images.filter { $0.tier == tier }, by: \.row).sorted { $0.key < $1.key }.map {
      Prompt($0.key, $0.value)
    }
  }

  var tiers: [Tier: Result.TierSummary] {
    let named = Tier.allCases.compactMap { tier -> (Tier, Result.TierSummary)? in
      let prompts = Self.prompts(tier, images)
      guard let overall = Self.mean(prompts) else { return nil }
      let laws = Dictionary(grouping: prompts, by: \.law)
      let orientations = Self.grouped(prompts) { Orientation(law: $0.law)?.rawValue }
      let judged = !(prompts[0].verdicts.isEmpty)
      return (
        tier,
        Result.TierSummary(
          overall: overall,
          categories: Dictionary(grouping: prompts, by: \.category).compactMapValues(Self.mean),
          laws: laws.compactMapValues(Self.mean),
          orientations: orientations.compactMapValues(Self.mean),
          oracle: judged ? Self.rates(prompts) : nil, oracleLaws: judged ? laws.mapValues(Self.rates) : nil,
          oracleOrientations: judged ? orientations.mapValues(Self.rates) : nil)
      )
    }
    return Dictionary(uniqueKeysWithValues: named)
  }

  var normalisedDifference: Double? {
    let means = tiers.mapValues(\.overall.mean)
    guard let implicit = means[.implicit], let explicit = means[.explicit],
      let superficial = means[.superficial]
    else { return nil }
    return Improvement.normalisedDifference(implicit: implicit, explicit: explicit, superficial: superficial)
  }

  /// Pairs the prompts that both runs have.
  ///
  /// - Throws: ``JobFailure`` when there is none.
  func comparison(with baseline: BenchmarkBaseline) throws(JobFailure) -> BenchmarkComparison {
    func byRow(_ tier: Tier) -> [Int: Prompt] {
      Dictionary(uniqueKeysWithValues: Self.prompts(tier, baseline.images).map { ($0.row, $0) })
    }
    let (before, told) = (byRow(.implicit), byRow(.explicit))
    let pairs = Self.prompts(.implicit, images).compactMap { own in
      before[own.row].map { Pair(own: own, before: $0, told: told[own.row]) }
    }
    guard !pairs.isEmpty else {
      throw JobFailure(
        .badInput, "\(baseline.name) and this run have no implicit prompt in common", field: "baseline")
    }
    let laws = Dictionary(grouping: pairs, by: \.own.law)
    let orientations = Self.grouped(pairs) { Orientation(law: $0.own.law)?.rawValue }
    let judged = pairs.allSatisfy { !$0.own.verdicts.isEmpty && !$0.before.verdicts.isEmpty }
    return BenchmarkComparison(
      baseline: baseline.name, overall: Self.gain(pairs),
      categories: Dictionary(grouping: pairs, by: \.own.category).mapValues(Self.gain),
      laws: laws.mapValues(Self.gain), orientations: orientations.mapValues(Self.gain),
      oracle: judged ? Self.change(pairs) : nil, oracleLaws: judged ? laws.mapValues(Self.change) : nil,
      oracleOrientations: judged ? orientations.mapValues(Self.change) : nil)
  }

  private struct Pair {
    let own: Prompt
    let before: Prompt
    /// The baseline on the explicit prompt.
    let told: Prompt?
  }

  private static func gain(_ pairs: [Pair]) -> BenchmarkComparison.Gain {
    let (own, before) = (pairs.map(\.own.score), pairs.map(\.before.score))
    let told = pairs.compactMap(\.told?.score)
    let differences = zip(own, before).map { $0 - $1 }
    let estimate = MeanEstimate(differences)
    var gain = BenchmarkComparison.Gain(n: pairs.count, gain: estimate?.mean ?? 0)
    gain.standardError = estimate?.standardError
    let interval = PairedBootstrap().meanInterval(differences)
    (gain.low, gain.high) = (interval?.lowerBound, interval?.upperBound)
    gain.pValue = SignFlipTest().pValue(differences)
    guard told.count == pairs.count else { return gain }
    func sum(_ values: [Double]) -> Double { values.reduce(0, +) }
    gain.relativeImprovement = Improvement.relative(
      score: sum(own), baseline: sum(before), explicit: sum(told))
    if gain.relativeImprovement != nil {
      let interval = PairedBootstrap().relativeInterval(scores: own, baseline: before, explicit: told)
      (gain.relativeLow, gain.relativeHigh) = (interval?.lowerBound, interval?.upperBound)
    }
    return gain
  }

  /// Pictures are paired in their order, which is that of their seeds where one model drew from the other's.
  private static func change(_ pairs: [Pair]) -> BenchmarkComparison.OracleChange {
    var (right, wrong, n) = (0, 0, 0)
    var differences: [Double] = []
    func share(_ verdicts: [String]) -> Double {
      Double(verdicts.count { $0 == Self.right }) / Double(max(1, verdicts.count))
    }
    for pair in pairs {
      for (own, before) in zip(pair.own.verdicts, pair.before.verdicts) {
        n += 1
        if own == Self.right && before != Self.right { right += 1 }
        if own != Self.right && before == Self.right { wrong += 1 }
      }
      differences.append(share(pair.own.verdicts) - share(pair.before.verdicts))
    }
    let (all, estimate) = (Double(max(1, n)), MeanEstimate(differences))
    return BenchmarkComparison.OracleChange(
      newlyRight: Double(right) / all, noLongerRight: Double(wrong) / all, difference: estimate?.mean ?? 0,
      standardError: estimate?.standardError, n: n)
  }

  /// The oracle's word for a picture with the outcome that science demands.
  private static let right = "explicit"

  private static func rates(_ prompts: [Prompt]) -> Result.OracleRates {
    let verdicts = prompts.flatMap(\.verdicts)
    let rate = Rate(successes: verdicts.count { $0 == right }, n: verdicts.count)
    let wrong = Double(verdicts.count { $0 == "superficial" }) / Double(max(1, verdicts.count))
    return Result.OracleRates(
      right: rate.rate, wrong: wrong, neither: max(0, 1 - rate.rate - wrong),
      standardError: rate.standardError, n: rate.n)
  }

  private static func mean(_ prompts: [Prompt]) -> Result.Mean? {
    MeanEstimate(prompts.map(\.score)).map {
      Result.Mean(mean: $0.mean, standardError: $0.standardError, n: $0.n)
    }
  }

  private static func grouped<Item>(_ items: [Item], _ name: (Item) -> String?) -> [String: [Item]] {
    var groups: [String: [Item]] = [:]
    for item in items {
      if let name = name(item) { groups[name, default: []].append(item) }
    }
    return groups
  }
}
