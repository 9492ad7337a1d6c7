import FineTuning
import Fingerprints
import Foundation
import Images
import Jobs

/// What the training kinds share in reading their inputs.
enum TrainingFolder {
  /// A data set, every row and every picture's header checked.
  static func dataset(
    _ folder: String, field: String, _ resolver: PathResolver
  ) throws(JobFailure) -> TrainingDataset {
    try TrainingDataset(folder: folder, field: field, resolver: resolver, imageProblem: problem)
  }

  /// Has an error about examples name the lines of the data set that they stand in.
  static func naming<Result>(_ lines: [Int], _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch TrainingError.loss(let step, let rows, let value) {
      throw TrainingError.loss(step: step, rows: rows.map { lines[$0] - 1 }, value: value)
    }
  }

  /// What is wrong with a picture's header; nil for a good one.
  static func problem(withImage path: String) -> String? {
    do throws(ImageError) {
      _ = try RGBImage.size(of: path)
      return nil
    } catch { return error.problem }
  }

  /// Equal for attempts that would compute the same.
  ///
  /// - Parameters:
  ///   - inputs: Folders whose files count.
  ///   - data: Data sets whose rows count.
  ///   - files: Single files that count.
  static func fingerprint(
    _ job: some Encodable, inputs: [String], data: [TrainingDataset] = [], files: [String] = []
  ) throws(JobFailure) -> String {
    var parts = [String(decoding: try JobJSON.line(job), as: UTF8.self)]
    parts += inputs.map { "\($0)\n\(FolderIdentity(of: $0).description)" }
    parts += data.flatMap(\.tuples).map { String(describing: $0) }
    parts += Set(files).sorted().map { "\($0)\n\(FolderIdentity(of: $0).description)" }
    return SHA256.hexDigest(of: Data(parts.joined(separator: "\u{0}").utf8))
  }
}

extension OptimizerRequest {
  /// The learner's settings for a run of so many optimizer steps.
  func learning(steps: Int) -> Learner.Settings {
    let schedule: LearningRateSchedule =
      switch self.schedule {
      case .constant: .constant
      case .constantWithWarmup: .constantWithWarmup(warmup: warmupSteps)
      case .linear: .linear(warmup: warmupSteps, total: steps)
      case .deepSpeedWarmupDecay: .deepspeedWarmupDecay(warmup: warmupSteps, total: steps)
      }
    return Learner.Settings(
      learningRate: learningRate, schedule: schedule,
      adamW: .init(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay),
      maxGradientNorm: maxGradientNorm)
  }
}
