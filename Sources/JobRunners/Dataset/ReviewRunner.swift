import Fingerprints
import Foundation
import Jobs

/// Runs a `dataset` job with the source `review`: publishes what a person accepted.
struct ReviewRunner {
  let order: WorkOrder
  let library: DatasetLibrary
  let output: OutputFolder
  let context: JobContext

  struct Plan {
    let job: ReviewRequest
    let folder: String
    /// The accepted ones, as they were drawn.
    let rows: [CandidateRow]
    let result: ReviewResult
    let recipe: Recipe
    let existing: ReviewResult?
  }

  /// The job and the candidates it decides about.
  struct Recipe: Encodable {
    let job: DatasetRequest
    let candidates: String
  }

  /// - Throws: ``JobFailure``: `missing_input` without such candidates, `bad_input` when they were changed since or a decision
  ///   is about none of them, `empty` when nothing was accepted.
  func plan(_ request: ReviewRequest) throws(JobFailure) -> Plan {
    let folder = try candidates(of: request)
    if let file = DatasetLibrary.harmedFile(in: folder) {
      throw JobFailure(
        .badInput, "\(file) of outbox/\(request.of)/candidates is not what \(request.of) wrote",
        hint: "Drop the template job again.", field: "of")
    }
    let rows = try rows(in: folder, request)
    let known = Set(rows.map(\.pair))
    for pair in request.decisions.keys.sorted() where !known.contains(pair) {
      let nearest = NearestName.of(pair, in: known.sorted())
      throw JobFailure(
        .badInput,
        "\(request.of) has no pair \(pair.quotedForMessage())"
          + (nearest.map { "; did you mean \"\($0)\"?" } ?? ""),
        hint: "The decisions are of another review.", field: "decisions")
    }
    let accepted = rows.filter { [.accept, .swap].contains(request.decisions[$0.pair]) }
    guard !accepted.isEmpty else {
      throw JobFailure(
        .empty, "none of the \(rows.count) pairs was accepted", hint: "There is nothing to publish.",
        field: "decisions")
    }
    let sums = (try? Data(contentsOf: URL(filePath: "\(folder)/\(DatasetLibrary.sums)"))) ?? Data()
    let recipe = Recipe(job: .review(request), candidates: SHA256.hexDigest(of: sums))
    let decided = request.decisions.values
    let result = ReviewResult(
      path: "datasets/\(request.output)", accepted: accepted.count, swapped: decided.count { $0 == .swap },
      rejected: decided.count { $0 == .reject }, undecided: rows.count - decided.count,
      laws: Dictionary(accepted.map { ($0.law, 1) }, uniquingKeysWith: +), sha256: "")
    let existing = try library.content(of: request.output, madeBy: recipe, as: ReviewResult.self)
    return Plan(
      job: request, folder: folder, rows: accepted, result: result, recipe: recipe, existing: existing)
  }

  private func candidates(of request: ReviewRequest) throws(JobFailure) -> String {
    let path = "\(order.folders.spoolRoot)/outbox/\(request.of)/\(TemplateRunner.candidates)"
    do throws(JobFailure) { return try order.folders.resolver.resolve(path, as: .folder, field: "of") } catch
    {
      guard error.code == .missingInput else { throw error }
      throw JobFailure(
        .missingInput, "outbox/\(request.of)/candidates does not exist",
        hint: "of is the name of a finished dataset job with the source template.", field: "of")
    }
  }

  private func rows(in folder: String, _ request: ReviewRequest) throws(JobFailure) -> [CandidateRow] {
    guard let text = try? String(contentsOfFile: "\(folder)/metadata.jsonl", encoding: .utf8) else {
      throw JobFailure(.badInput, "cannot read outbox/\(request.of)/candidates/metadata.jsonl", field: "of")
    }
    var rows: [CandidateRow] = []
    for (index, line) in text.split(separator: "\n").enumerated() {
      guard let row = try? JSONDecoder().decode(CandidateRow.self, from: Data(line.utf8)),
        row.explicitImage == [row.pair + CandidateRow.explicitSuffix],
        row.superficialImage == [row.pair + CandidateRow.superficialSuffix], !row.pair.contains("/")
      else {
        throw JobFailure(
          .badInput, "outbox/\(request.of)/candidates/metadata.jsonl, row \(index + 1), is no candidate",
          field: "of")
      }
      rows.append(row)
    }
    return rows
  }

  func run(_ plan: Plan) throws(JobFailure) -> ReviewResult {
    if var existing = plan.existing {
      existing.sha256 = try library.sumsDigest(of: plan.job.output)
      existing.existed = true
      return existing
    }
    let building = try DatasetBuilding(in: output, recipe: plan.recipe)
    var (sums, text): ([String: String], Data) = ([:], Data())
    for row in plan.rows {
      try context.checkCancellation()
      let isSwapped = plan.job.decisions[row.pair] == .swap
      let names = [row.explicitImage[0], row.superficialImage[0]]
      for (name, original) in zip(names, isSwapped ? names.reversed() : names) {
        guard let data = try? Data(contentsOf: URL(filePath: "\(plan.folder)/\(original)")) else {
          throw JobFailure(.badInput, "cannot read outbox/\(plan.job.of)/candidates/\(original)", field: "of")
        }
        sums[name] = try building.write(data, to: name)
      }
      text += try JobJSON.line(row.reviewed(swapped: isSwapped))
    }
    sums["metadata.jsonl"] = try building.write(text, to: "metadata.jsonl")
    var result = plan.result
    result.sha256 = try building.complete(sums, card: .init(recipe: plan.recipe, content: plan.result))
    try library.publish(building.path, as: plan.job.output)
    building.removeTraces()
    return result
  }
}
