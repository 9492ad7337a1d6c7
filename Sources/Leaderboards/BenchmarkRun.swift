import Fingerprints
import Foundation
import Jobs

/// A finished benchmark job as its folder in the outbox tells it.
package struct BenchmarkRun: Sendable {
  package let name: String
  package let finished: Date
  let result: BenchmarkResult
  let job: BenchmarkRequest
  /// Of the rows that `scores.jsonl` has, without what was measured: equal for runs about the same items.
  let items: String

  /// Why a run cannot be read, or not be ranked.
  package struct Problem: Error, Sendable, Equatable {
    package let job: String
    package let reason: String
  }

  /// Reads `result.json`, `job.json` and `scores.jsonl`.
  ///
  /// - Parameters:
  ///   - name: The job's, which is its folder's.
  ///   - id: The job's in the ledger: a folder of another job with this name is not its.
  package init(name: String, id: String, folder: URL) throws(Problem) {
    func unreadable(_ file: String) -> Problem {
      let isGone = !FileManager.default.fileExists(atPath: folder.path)
      return Problem(job: name, reason: isGone ? "its folder is gone" : "its \(file) cannot be read")
    }
    func content(_ file: String) throws(Problem) -> Data {
      guard let data = try? Data(contentsOf: folder.appending(path: file)) else { throw unreadable(file) }
      return data
    }
    guard let result = try? JobJSON.value(JobResult.self, from: try content("result.json")) else {
      throw unreadable("result.json")
    }
    guard result.id == id else {
      throw Problem(job: name, reason: "its folder is gone; another job's has taken its name")
    }
    guard case .benchmark(let benchmark) = result.outcome else {
      throw Problem(job: name, reason: "its result.json is not a benchmark's")
    }
    // Written by this program, so that its length is no sign of anything.
    guard let request = try? JobRequest(reading: try content("job.json"), sizeLimit: .max),
      case .benchmark(let job) = request.work, job.suite == benchmark.suite
    else { throw unreadable("job.json") }
    self.init(
      name: name, finished: result.finished, result: benchmark, job: job,
      items: try Self.items(benchmark, try content("scores.jsonl"), name))
  }

  package var suite: BenchmarkRequest.Suite { job.suite }

  /// As the job names it; nil for a judge's pictures, which are of no data set.
  package var dataset: String? {
    switch job {
    case .evaluator(let job): job.dataset
    case .generator(let job): job.dataset
    case .images(let job): job.dataset
    case .judge: nil
    case .pairwise(let job): job.dataset
    }
  }

  init(name: String, finished: Date, result: BenchmarkResult, job: BenchmarkRequest, items: String) {
    (self.name, self.finished, self.result, self.job, self.items) = (name, finished, result, job, items)
  }

  private static func items(
    _ result: BenchmarkResult, _ scores: Data, _ name: String
  ) throws(Problem) -> String {
    func rows<Row: Decodable>(_ type: Row.Type, _ text: (Row) -> [String]) throws(Problem) -> String {
      var texts: [String] = []
      for line in scores.split(separator: UInt8(ascii: "\n")) {
        guard let row = try? JobJSON.value(type, from: Data(line)) else {
          throw Problem(job: name, reason: "its scores.jsonl cannot be read")
        }
        texts += text(row) + [""]
      }
      return SHA256.hexDigest(of: Data(texts.joined(separator: "\u{0}").utf8))
    }
    return switch result {
    // Their setup has the digest of their prompts.
    case .generator, .images: ""
    case .evaluator:
      try rows(EvaluatorBenchmarkResult.Row.self) {
        ["\($0.row)", $0.category, $0.law, $0.prompt, $0.explicitImage, $0.superficialImage]
      }
    case .pairwise:
      try rows(PairwiseBenchmarkResult.Row.self) {
        ["\($0.row)", $0.category, $0.law, $0.prompt, $0.explicitImage, $0.superficialImage]
      }
    // The pictures differ from model to model: the result has the digest of prompts and rubrics.
    case .judge: ""
    }
  }
}

extension BenchmarkResult {
  package var suite: BenchmarkRequest.Suite {
    switch self {
    case .evaluator: .evaluator
    case .generator: .generator
    case .images: .images
    case .judge: .judge
    case .pairwise: .pairwise
    }
  }
}
