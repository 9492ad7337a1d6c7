import Foundation
import Images
import Jobs
import Testing

@testable import JobRunners

/// Tests that compute run one after the other: the engine's parallelism has one owner at a time.
@Suite(.serialized) struct ComputingTests {}

/// A spool for one test, with the miniature models that come with the project.
final class TemporarySpool {
  static let models = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Spool/models").standardized.path

  let root: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "runner-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    root = url.resolvingSymlinksInPath().path
    try FileManager.default.createSymbolicLink(atPath: "\(root)/models", withDestinationPath: Self.models)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  func path(_ file: String) -> String { "\(root)/\(file)" }

  func write(_ data: Data, to file: String) throws {
    let url = URL(filePath: path(file))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: url)
  }

  func read(_ file: String) throws -> Data { try Data(contentsOf: URL(filePath: path(file))) }

  func order(_ job: String, output: String = "output", attempt: Int = 1) -> WorkOrder {
    WorkOrder(
      id: "id-\(output)", name: "night & day", attempt: attempt, job: job,
      folders: JobFolders(job: root, spoolRoot: root, allowedRoots: [Self.models], output: path(output)))
  }

  /// Runs a job on a shelf of its own, or on the given one.
  func run(
    _ job: String, output: String = "output", shelf: ModelShelf = ModelShelf(budget: 1 << 30),
    _ context: JobContext = JobContext()
  ) throws(JobFailure) -> JobResult {
    try JobRunner(shelf: shelf, version: "test").run(order(job, output: output), context)
  }

  func failure(_ job: String) throws -> JobFailure {
    try #require(throws: JobFailure.self) { try run(job) }
  }

  /// A job for two prompts that takes a moment; further fields may be given.
  static func generate(_ fields: String...) -> String {
    let all =
      [
        "\"kind\": \"generate\"", "\"model\": \"flux-mini\"", "\"height\": 32", "\"width\": 48",
        "\"num_inference_steps\": 2",
      ] + fields
    return "{\(all.joined(separator: ", "))}"
  }
}

extension JobResult {
  func images() throws -> [GeneratedImage] {
    guard case .generate(let result) = outcome else {
      Issue.record("not the result of a generate job")
      return []
    }
    return result.images
  }

  func items() throws -> [ScoreResult.Item] {
    guard case .score(let result) = outcome else {
      Issue.record("not the result of a score job")
      return []
    }
    return result.items
  }
}
