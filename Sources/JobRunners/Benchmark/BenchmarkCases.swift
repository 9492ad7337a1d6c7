import Fingerprints
import Foundation
import Jobs
import Scenes

/// The tuples that pictures are drawn for and measured by, in the order of their data set.
struct BenchmarkCases {
  typealias Tier = GeneratorBenchmarkRequest.Tier

  struct Case {
    /// Line of `metadata.jsonl`, counted from 1.
    let row: Int
    let tuple: TrainingTuple
    let prompts: [Tier: String]
    /// What every tier is scored against.
    var implicit: String { prompts[.implicit] ?? "" }
  }

  let all: [Case]
  private let hasOracle: Bool

  /// Reads and checks every row.
  ///
  /// - Parameters:
  ///   - tiers: Whose prompts are needed beside the implicit ones.
  ///   - wording: Which prompt of each list, counted from 0.
  ///   - limit: The first so many tuples; nil for all.
  ///   - oracle: Whether the pixel oracle has to know every row's law and subject.
  /// - Throws: ``JobFailure`` naming the row at fault.
  init(
    dataset folder: String, tiers: [Tier], wording: Int, limit: Int?, oracle: Bool, _ resolver: PathResolver
  ) throws(JobFailure) {
    let dataset = try TrainingDataset(
      folder: folder, field: "dataset", resolver: resolver, columns: oracle ? ["subject"] : [],
      readsImages: false)
    let count = min(dataset.tuples.count, limit ?? .max)
    var cases: [Case] = []
    for (row, tuple) in zip(dataset.rows, dataset.tuples).prefix(count) {
      var prompts: [Tier: String] = [:]
      for tier in Set(tiers + [.implicit]) {
        let list = tuple.prompts(tier.field)
        guard wording < list.count else {
          throw JobFailure(
            .outOfRange,
            list.isEmpty
              ? "row \(row) of \(folder)/metadata.jsonl has no \(tier.field.rawValue)"
              : "row \(row) of \(folder)/metadata.jsonl has \(list.count) in \(tier.field.rawValue), no wording \(wording)",
            hint: list.isEmpty
              ? "Leave \"\(tier.rawValue)\" out of tiers." : "Wordings are counted from 0.",
            field: list.isEmpty ? "tiers" : "wording")
        }
        prompts[tier] = list[wording]
      }
      if oracle { try Self.checkOracle(tuple, row: row) }
      cases.append(Case(row: row, tuple: tuple, prompts: prompts))
    }
    (all, hasOracle) = (cases, oracle)
  }

  private static func checkOracle(_ tuple: TrainingTuple, row: Int) throws(JobFailure) {
    guard let task = Task(rawValue: tuple.law) else {
      throw JobFailure(
        .badInput, "row \(row): the scenes have no law \(tuple.law.quotedForMessage())",
        hint: "Leave oracle out for data sets that are not of scenes.", field: "oracle")
    }
    let subject = tuple.columns["subject"] ?? ""
    guard SceneGenerator.subjects(of: task).contains(subject) else {
      throw JobFailure(
        .badInput, "row \(row): \(task.rawValue) has no subject \(subject.quotedForMessage())",
        hint: "Leave oracle out for data sets that are not of scenes.", field: "oracle")
    }
  }

  /// Equal for the same rows with the same prompts.
  var digest: String {
    let texts = all.flatMap { item in
      ["\(item.row)"] + [.implicit, .explicit, .superficial].flatMap { item.tuple.prompts($0) + [""] }
    }
    return SHA256.hexDigest(of: Data(texts.joined(separator: "\u{0}").utf8))
  }

  /// What the pixel oracle is asked about a case's pictures; nil when it is not.
  func oracleQuestion(_ place: Int) -> (task: Task, subject: String)? {
    guard hasOracle, let task = Task(rawValue: all[place].tuple.law),
      let subject = all[place].tuple.columns["subject"]
    else { return nil }
    return (task, subject)
  }
}
