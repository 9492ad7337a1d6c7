import Foundation
import Jobs

/// The results of a spool's finished jobs, by name.
package struct FinishedJobs: Sendable {
  package let spoolRoot: URL

  package init(spoolRoot: URL) { self.spoolRoot = spoolRoot }

  package func folder(_ name: String) -> URL { spoolRoot.appending(path: "outbox/\(name)") }

  /// - Throws: ``JobFailure`` when the job failed or is not done, with what to do.
  package func result(_ name: String) throws(JobFailure) -> JobResult {
    guard let content = try? Data(contentsOf: folder(name).appending(path: "result.json")) else {
      let failed = spoolRoot.appending(path: "failed/\(name)")
      if FileManager.default.fileExists(atPath: failed.path) {
        throw JobFailure(
          .badInput, "the job \(name) failed: see \(failed.path)/error.json",
          hint: "Mend the cause, remove failed/\(name), and start again.")
      }
      throw JobFailure(
        .missingInput, "outbox/\(name)/result.json is missing in \(spoolRoot.path)",
        hint: "The job \(name) is not done: run 'scispool serve --drain' on that spool.")
    }
    do throws(JobFailure) { return try JobJSON.value(JobResult.self, from: content) } catch {
      throw JobFailure(.badInput, "outbox/\(name)/result.json: \(error.message)")
    }
  }

  package func evaluator(_ name: String) throws(JobFailure) -> EvaluatorBenchmarkResult {
    guard case .benchmark(.evaluator(let result)) = try result(name).outcome else {
      throw Self.other(name, "a benchmark of a scorer")
    }
    return result
  }

  package func generator(_ name: String) throws(JobFailure) -> GeneratorBenchmarkResult {
    guard case .benchmark(.generator(let result)) = try result(name).outcome else {
      throw Self.other(name, "a benchmark of a model that draws")
    }
    return result
  }

  package func training(_ name: String) throws(JobFailure) -> TrainingResult {
    guard case .training(let result) = try result(name).outcome else { throw Self.other(name, "a training") }
    return result
  }

  package func scenes(_ name: String) throws(JobFailure) -> SceneDatasetResult {
    guard case .dataset(.scenes(let result)) = try result(name).outcome else {
      throw Self.other(name, "a data set of scenes")
    }
    return result
  }

  /// The column of a training's metrics, by step.
  package func metric(_ column: String, of name: String) throws(JobFailure) -> [(x: Double, y: Double)] {
    let file = folder(name).appending(path: "metrics.jsonl")
    guard let content = try? Data(contentsOf: file) else {
      throw JobFailure(.missingInput, "\(file.path) is missing")
    }
    return content.split(separator: UInt8(ascii: "\n")).compactMap { line in
      guard let row = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
        let step = row["step"] as? Double, let value = row[column] as? Double
      else { return nil }
      return (step, value)
    }
  }

  private static func other(_ name: String, _ expected: String) -> JobFailure {
    JobFailure(
      .badInput, "outbox/\(name) is not \(expected)",
      hint: "Another job has this name: use a spool of its own.")
  }
}
