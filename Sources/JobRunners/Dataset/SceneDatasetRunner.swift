import Fingerprints
import Foundation
import Images
import Jobs
import Scenes
import Synchronization
import Threads

/// Runs a `dataset` job with the source `scenes`: draws procedural tuples, checks their splits, publishes them.
struct SceneDatasetRunner {
  let library: DatasetLibrary
  let output: OutputFolder
  let context: JobContext
  let clock: StageClock

  /// Tuples between two looks at the cancellation, and drawn again after a crash at most.
  static let stretch = 64

  struct Plan {
    let job: SceneDatasetRequest
    let splits: SceneSplits
    /// What is published under the name, when a job like this one made it.
    let existing: SceneDatasetResult?
  }

  /// - Throws: ``JobFailure`` when the name is taken by another data set.
  func plan(_ request: SceneDatasetRequest) throws(JobFailure) -> Plan {
    let splits = SceneSplits(
      trainTuples: request.tuples, testTuples: request.testTuples, heldOutSubjects: request.heldOutSubjects,
      heldOutWordings: request.heldOutWordings, seed: UInt64(request.seed), size: request.size,
      difficulty: Difficulty(rawValue: request.difficulty.rawValue))
    let existing = try clock.measure(.check) { () throws(JobFailure) in
      try library.content(
        of: request.output, madeBy: DatasetRequest.scenes(request), as: SceneDatasetResult.self)
    }
    return Plan(job: request, splits: splits, existing: existing)
  }

  func run(_ plan: Plan) throws(JobFailure) -> SceneDatasetResult {
    let building = try DatasetBuilding(in: output, recipe: DatasetRequest.scenes(plan.job))
    if var existing = plan.existing {
      context.log(LogLine(.info, "\(existing.path) is there already, with the same content"))
      existing.sha256 = try library.sumsDigest(of: plan.job.output)
      existing.existed = true
      building.removeTraces()
      return existing
    }
    let drawn = try clock.measure(.draw) { () throws(JobFailure) in try draw(plan, into: building) }
    var result = try clock.measure(.check) { () throws(JobFailure) in
      try summary(of: plan, drawn.stretches)
    }
    try clock.measure(.write) { () throws(JobFailure) in
      result.sha256 = try finish(building, plan, result, drawn.stretches)
      try library.publish(building.path, as: plan.job.output)
    }
    building.removeTraces()
    result.resumedTuples = drawn.resumed
    return result
  }

  // MARK: Drawing

  private typealias Stretches = [SceneSplits.Split: [DatasetBuilding.Stretch]]

  private func draw(
    _ plan: Plan, into building: DatasetBuilding
  ) throws(JobFailure) -> (stretches: Stretches, resumed: Int) {
    let splits = plan.splits
    var (stretches, resumed): (Stretches, Int) = ([:], 0)
    var open: [(split: SceneSplits.Split, range: Range<Int>, name: String)] = []
    let total = splits.splits.reduce(0) { $0 + splits.count(of: $1) }
    for split in splits.splits {
      try building.makeFolder(split.rawValue)
      for first in stride(from: 0, to: splits.count(of: split), by: Self.stretch) {
        let range = first..<min(first + Self.stretch, splits.count(of: split))
        open.append((split, range, "\(split.rawValue)-\(Self.padded(first))"))
      }
    }
    let kept = open.map { building.finished($0.name) }
    resumed = zip(open, kept).reduce(0) { $0 + ($1.1 == nil ? 0 : $1.0.range.count) }
    if resumed > 0 {
      context.log(LogLine(.info, "\(resumed) of \(total) tuples are there from an earlier attempt"))
    }
    var meter = ProgressMeter(total: total, done: resumed, clock: clock)
    for (part, done) in zip(open, kept) {
      if let done {
        stretches[part.split, default: []].append(done)
        continue
      }
      try context.checkCancellation()
      let stretch = try draw(part.range, of: part.split, splits, into: building)
      try building.record(stretch, as: part.name)
      stretches[part.split, default: []].append(stretch)
      context.progress(meter.advance(.draw, by: part.range.count))
    }
    return (stretches, resumed)
  }

  /// Draws tuples on all cores.
  private func draw(
    _ range: Range<Int>, of split: SceneSplits.Split, _ splits: SceneSplits, into building: DatasetBuilding
  ) throws(JobFailure) -> DatasetBuilding.Stretch {
    let done = Mutex((rows: [Int: String](), files: [String: String](), failure: JobFailure?.none))
    concurrently(range.count) { offset in
      let index = range.lowerBound + offset
      do throws(JobFailure) {
        let tuple = splits.tuple(of: split, at: index)
        var files: [String: String] = [:]
        let names = Outcome.allCases.map { "\(Self.padded(index))-\($0.rawValue).png" }
        for (outcome, name) in zip(Outcome.allCases, names) {
          let file = "\(split.rawValue)/\(name)"
          files[file] = try building.write(tuple.image(outcome).pngData(), to: file)
        }
        let line = try JobJSON.line(tuple.row(explicitFile: names[0], superficialFile: names[1]))
        let row = String(decoding: line.dropLast(), as: UTF8.self)
        done.withLock { [files] in
          $0.rows[index] = row
          $0.files.merge(files) { $1 }
        }
      } catch {
        done.withLock { $0.failure = $0.failure ?? error }
      }
    }
    let drawn = done.withLock { $0 }
    if let failure = drawn.failure { throw failure }
    return DatasetBuilding.Stretch(rows: range.compactMap { drawn.rows[$0] }, files: drawn.files)
  }

  private static func padded(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 6 - "\(number)".count)) + "\(number)"
  }

  // MARK: Checking and publishing

  private func summary(of plan: Plan, _ stretches: Stretches) throws(JobFailure) -> SceneDatasetResult {
    var rows: [SceneSplits.Split: [SplitRow]] = [:]
    for (split, parts) in stretches {
      for part in parts {
        for line in part.rows {
          let row = try JobJSON.value(SceneTuple.Row.self, from: Data(line.utf8))
          let files = (row.explicitImage + row.superficialImage).map { "\(split.rawValue)/\($0)" }
          rows[split, default: []].append(SplitRow(row: row, pictures: files.compactMap { part.files[$0] }))
        }
      }
    }
    let leaks = try LeakCheck(rows, holdsOutWordings: plan.job.heldOutWordings > 0)
    let path = "datasets/\(plan.job.output)"
    return SceneDatasetResult(
      path: path,
      splits: plan.splits.splits.map { SplitSummary($0, path: path, rows: rows[$0] ?? []) },
      heldOutSubjects: Dictionary(
        uniqueKeysWithValues: Task.allCases.map {
          ($0.rawValue, plan.splits.heldOutSubjects(of: $0).sorted())
        }),
      leaks: leaks, sha256: "")
  }

  /// Writes what completes the folder.
  ///
  /// - Returns: The digest of the sums.
  private func finish(
    _ building: DatasetBuilding, _ plan: Plan, _ result: SceneDatasetResult, _ stretches: Stretches
  ) throws(JobFailure) -> String {
    var sums: [String: String] = [:]
    for (split, parts) in stretches {
      let text = parts.flatMap(\.rows).map { $0 + "\n" }.joined()
      let file = "\(split.rawValue)/metadata.jsonl"
      sums[file] = try building.write(Data(text.utf8), to: file)
      for part in parts { sums.merge(part.files) { $1 } }
    }
    let card = DatasetLibrary.Card(recipe: DatasetRequest.scenes(plan.job), content: result)
    return try building.complete(sums, card: card)
  }
}
