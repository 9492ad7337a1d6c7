import Fingerprints
import Foundation
import Jobs

/// Runs a `dataset` job with the source `prompts`: checks a list and keeps it as the `prompts_file` of `oft` jobs.
struct PromptListRunner {
  let resolver: PathResolver
  let library: DatasetLibrary
  let output: OutputFolder
  let context: JobContext

  static let file = "prompts.json"

  struct Plan {
    let job: PromptListRequest
    let result: PromptListResult
    let content: Data
    let recipe: Recipe
    let existing: PromptListResult?
  }

  /// The job and the list it reads.
  struct Recipe: Encodable {
    let job: DatasetRequest
    let sha256: String
  }

  /// - Throws: ``JobFailure``: `not_json` and the like with line and column, `empty` when no entry can be used.
  func plan(_ request: PromptListRequest) throws(JobFailure) -> Plan {
    let path = try resolver.resolve(request.file, as: .file, field: "file")
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      throw JobFailure(.badInput, "cannot read \(request.file.quotedForMessage())", field: "file")
    }
    var list: PromptList
    do throws(JobFailure) { list = try PromptList(data) } catch {
      throw JobFailure(
        error.code, "\(request.file): \(error.message)", hint: error.hint, field: "file",
        problems: error.problems)
    }
    if request.dropDuplicates { list.dropDuplicates() }
    guard !list.entries.isEmpty else {
      throw JobFailure(
        .empty, "\(request.file) has no entry that can be used among \(list.rows)",
        hint: list.faults.first.map { "Entry \($0.row): \($0.message)." }, field: "file")
    }
    let content = try list.fileContent()
    let result = PromptListResult(
      file: "datasets/\(request.output)/\(Self.file)", rows: list.rows, kept: list.entries.count,
      objects: Set(list.entries.map(\.object)).count, faults: list.faults, duplicates: list.duplicates,
      otherColumns: list.otherColumns, prompts: .init(list.entries.map(\.prompt)),
      sha256: SHA256.hexDigest(of: content))
    let recipe = Recipe(job: .prompts(request), sha256: SHA256.hexDigest(of: data))
    let existing = try library.content(of: request.output, madeBy: recipe, as: PromptListResult.self)
    return Plan(job: request, result: result, content: content, recipe: recipe, existing: existing)
  }

  func run(_ plan: Plan) throws(JobFailure) -> PromptListResult {
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
