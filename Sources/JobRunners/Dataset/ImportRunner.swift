import Fingerprints
import Foundation
import Jobs

/// Runs a `dataset` job with the source `import`: a published file of prompts becomes a data set of tuples.
struct ImportRunner {
  let resolver: PathResolver
  let library: DatasetLibrary
  let output: OutputFolder
  let context: JobContext

  private static let file = "metadata.jsonl"

  struct Plan {
    let job: ImportRequest
    let result: ImportResult
    let content: Data
    let recipe: Recipe
    let existing: ImportResult?
  }

  /// The job and the file it reads.
  struct Recipe: Encodable {
    let job: DatasetRequest
    let sha256: String
  }

  /// - Throws: ``JobFailure``: `not_json` and the like with line and column, `empty` when no entry can be used.
  func plan(_ request: ImportRequest) throws(JobFailure) -> Plan {
    let path = try resolver.resolve(request.file, as: .file, field: "file")
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      throw JobFailure(.badInput, "cannot read \(request.file.quotedForMessage())", field: "file")
    }
    var job = request
    job.category =
      request.category ?? ((request.file as NSString).lastPathComponent as NSString).deletingPathExtension
    let prompts: PublishedPrompts
    do throws(JobFailure) {
      prompts = try PublishedPrompts(data, format: job.format, category: job.category ?? "")
    } catch {
      throw JobFailure(
        error.code, "\(request.file): \(error.message)", hint: error.hint, field: "file",
        problems: error.problems)
    }
    guard !prompts.tuples.isEmpty else {
      throw JobFailure(
        .empty,
        "\(request.file) has no entry of the format \(job.format.rawValue) among \(prompts.entries)",
        hint: prompts.faults.first.map { "Entry \($0.row): \($0.message)." }, field: "file")
    }
    func counts(_ name: (PublishedPrompts.Tuple) -> String) -> [String: Int] {
      Dictionary(prompts.tuples.map { (name($0), 1) }, uniquingKeysWith: +)
    }
    let content = try prompts.fileContent()
    let result = ImportResult(
      path: "datasets/\(job.output)", format: job.format, entries: prompts.entries,
      tuples: prompts.tuples.count, faults: prompts.faults, categories: counts(\.category),
      laws: counts(\.law), sha256: SHA256.hexDigest(of: content))
    let recipe = Recipe(job: .imported(job), sha256: SHA256.hexDigest(of: data))
    let existing = try library.content(of: job.output, madeBy: recipe, as: ImportResult.self)
    return Plan(job: job, result: result, content: content, recipe: recipe, existing: existing)
  }

  func run(_ plan: Plan) throws(JobFailure) -> ImportResult {
    if var existing = plan.existing {
      existing.existed = true
      return existing
    }
    let building = try DatasetBuilding(in: output, recipe: plan.recipe)
    let sum = try building.write(plan.content, to: Self.file)
    let card = DatasetLibrary.Card(recipe: plan.recipe, content: plan.result)
    _ = try building.complete([Self.file: sum], card: card)
    try library.publish(building.path, as: plan.job.output)
    building.removeTraces()
    return plan.result
  }
}
