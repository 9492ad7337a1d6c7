import Fingerprints
import Foundation
import Jobs

/// Runs a `dataset` job with the source `prompts`: checks a list and keeps it as the `prompts_file` of `oft` jobs.
struct PromptListRunner {
  typealias Plan = ListDatasets.Plan<PromptListResult>

  static let file = "prompts.json"

  let lists: ListDatasets

  /// - Throws: ``JobFailure``: `not_json` and the like with line and column, `empty` when no entry can be used.
  func plan(_ request: PromptListRequest) throws(JobFailure) -> Plan {
    let read = try lists.read(request.file) { data throws(JobFailure) in try PromptList(data) }
    var list = read.list
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
    return try lists.plan(
      request.output, file: Self.file, content: content, result: result,
      recipe: .init(job: .prompts(request), sha256: read.sha256))
  }

  func run(_ plan: Plan) throws(JobFailure) -> PromptListResult { try lists.run(plan) }
}
