import Fingerprints
import Foundation
import Jobs

/// What is told of a data set that is made from a list, by which equal jobs know it again.
protocol ListDatasetResult: Codable {
  /// Whether an earlier job made it.
  var existed: Bool { get set }
}

extension ImportResult: ListDatasetResult {}
extension PromptListResult: ListDatasetResult {}

/// Data sets of a single file, made from a list that the job names.
struct ListDatasets {
  let resolver: PathResolver
  let library: DatasetLibrary
  let output: OutputFolder

  /// The job and the list it reads.
  struct Recipe: Encodable {
    let job: DatasetRequest
    let sha256: String
  }

  struct Plan<Result: ListDatasetResult> {
    /// Of the data set, and of its file.
    let name: String
    let file: String
    let content: Data
    let result: Result
    let recipe: Recipe
    let existing: Result?
  }

  /// A list as it was read, and the digest of its bytes.
  struct Read<List> {
    let list: List
    let sha256: String
  }

  /// - Throws: ``JobFailure`` about the field `file`, whose message begins with the file's name.
  func read<List>(
    _ file: String, _ parse: (Data) throws(JobFailure) -> List
  ) throws(JobFailure) -> Read<List> {
    let path = try resolver.resolve(file, as: .file, field: "file")
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      throw JobFailure(.badInput, "cannot read \(file.quotedForMessage())", field: "file")
    }
    do throws(JobFailure) {
      return Read(list: try parse(data), sha256: SHA256.hexDigest(of: data))
    } catch {
      throw JobFailure(
        error.code, "\(file): \(error.message)", hint: error.hint, field: "file", problems: error.problems)
    }
  }

  /// - Throws: ``JobFailure`` `conflict` when the name is taken by something else.
  func plan<Result>(
    _ name: String, file: String, content: Data, result: Result, recipe: Recipe
  ) throws(JobFailure) -> Plan<Result> {
    Plan(
      name: name, file: file, content: content, result: result, recipe: recipe,
      existing: try library.content(of: name, madeBy: recipe, as: Result.self))
  }

  /// Publishes the data set, unless it is there.
  func run<Result>(_ plan: Plan<Result>) throws(JobFailure) -> Result {
    if var existing = plan.existing {
      existing.existed = true
      return existing
    }
    let building = try DatasetBuilding(in: output, recipe: plan.recipe)
    let sum = try building.write(plan.content, to: plan.file)
    _ = try building.complete(
      [plan.file: sum], card: DatasetLibrary.Card(recipe: plan.recipe, content: plan.result))
    try library.publish(building.path, as: plan.name)
    building.removeTraces()
    return plan.result
  }
}
