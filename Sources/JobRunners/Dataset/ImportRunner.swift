import Fingerprints
import Foundation
import Jobs

/// Runs a `dataset` job with the source `import`: a published file of prompts becomes a data set of tuples.
struct ImportRunner {
  typealias Plan = ListDatasets.Plan<ImportResult>

  let lists: ListDatasets

  /// - Throws: ``JobFailure``: `not_json` and the like with line and column, `empty` when no entry can be used.
  func plan(_ request: ImportRequest) throws(JobFailure) -> Plan {
    var job = request
    let category =
      request.category ?? ((request.file as NSString).lastPathComponent as NSString).deletingPathExtension
    job.category = category
    let read = try lists.read(request.file) { data throws(JobFailure) in
      try PublishedPrompts(data, format: request.format, category: category)
    }
    let prompts = read.list
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
    let texts: [(String, [String])] = [
      ("implicit_prompt", prompts.tuples.map(\.implicit)),
      ("explicit_prompt", prompts.tuples.map(\.explicit)),
      ("superficial_prompt", prompts.tuples.compactMap(\.superficial)),
    ]
    let result = ImportResult(
      path: "datasets/\(job.output)", format: job.format, entries: prompts.entries,
      tuples: prompts.tuples.count, faults: prompts.faults, categories: counts(\.category),
      laws: counts(\.law),
      prompts: Dictionary(
        uniqueKeysWithValues: texts.filter { !$0.1.isEmpty }.map { ($0.0, .init($0.1)) }),
      sha256: SHA256.hexDigest(of: content))
    return try lists.plan(
      job.output, file: "metadata.jsonl", content: content, result: result,
      recipe: .init(job: .imported(job), sha256: read.sha256))
  }

  func run(_ plan: Plan) throws(JobFailure) -> ImportResult { try lists.run(plan) }
}
