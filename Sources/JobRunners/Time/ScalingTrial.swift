import Foundation
import Jobs

/// Small jobs that differ in one quantity each, run and reckoned: how the cost of a job grows with what it asks for.
package struct ScalingTrial {
  /// What is varied while all else stays.
  package enum Axis: String, CaseIterable, Sendable {
    case size, batch, text, steps, rank, jobs

    package var what: String {
      switch self {
      case .size: "side of a picture, pixels"
      case .batch: "pictures of a prompt, 256×256"
      case .text: "tokens of a prompt, 256×256"
      case .steps: "denoising steps, 256×256"
      case .rank: "rank of an adapter, 10 training steps of 8 pictures of 64×64"
      case .jobs: "jobs in a row, each a picture of 256×256"
      }
    }

    package var values: [Int] {
      switch self {
      case .size: [256, 384, 512, 768, 1024]
      case .batch, .jobs: [1, 2, 4, 8]
      case .text: [32, 64, 128, 256, 512]
      case .steps: [2, 4, 8, 16]
      case .rank: [4, 16, 64, 128]
      }
    }
  }

  /// One value of an axis.
  package struct Point: Codable, Sendable {
    package let axis: String
    package let value: Int
    /// Of the computing that ``WorkPlanner`` knows of: prompts, steps, decoding.
    package let took: Double
    /// Nil where this machine has not been measured.
    package let reckoned: Double?
  }

  private let model: String
  private let scratch: URL
  private let runner: JobRunner
  private let calibration: Calibration?

  /// - Parameters:
  ///   - model: A FLUX pipeline's folder.
  ///   - scratch: An empty folder, in which a data set `scenes` lies for the trainings.
  package init(model: String, scratch: URL, runner: JobRunner, calibration: Calibration?) {
    (self.model, self.scratch, self.runner, self.calibration) = (model, scratch, runner, calibration)
  }

  /// Runs the jobs of one value, `rounds` times after one that is not timed; the median counts.
  package func point(_ axis: Axis, _ value: Int, rounds: Int) throws -> Point {
    let job = try job(axis, value)
    let count = axis == .jobs ? value : 1
    var seconds: [Double] = []
    for round in 0...rounds {
      let took = try (0..<count).reduce(0) { sum, _ in sum + (try run(job)) }
      if round > 0 { seconds.append(took) }
    }
    let parts = WorkPlanner(folders(output: "").resolver).parts(try JobRequest(reading: Data(job.utf8)))
    let reckoned = calibration.flatMap { calibration in
      parts.map { $0.reduce(0) { $0 + calibration.seconds(of: $1.work) } * Double(count) }
    }
    return Point(axis: axis.rawValue, value: value, took: seconds.sorted()[rounds / 2], reckoned: reckoned)
  }

  private func folders(output: String) -> JobFolders {
    JobFolders(
      job: scratch.path, spoolRoot: scratch.path, allowedRoots: [scratch.path, model], output: output)
  }

  /// The seconds of computing.
  private func run(_ job: String) throws -> Double {
    let output = scratch.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: output) }
    let order = WorkOrder(
      id: output.lastPathComponent, name: "trial", attempt: 1, job: job, folders: folders(output: output.path)
    )
    let stages = try runner.run(order, JobContext()).timings.stages
    return ["text", "denoise", "decode", "train"].reduce(0) { $0 + (stages[$1] ?? 0) }
  }

  private func job(_ axis: Axis, _ value: Int) throws -> String {
    var fields: [String: Any] = ["model": model]
    if axis == .rank {
      fields.merge([
        "kind": "sft", "dataset": "scenes", "output": "trained", "rank": value, "max_train_steps": 10,
        "train_batch_size": 8, "gradient_accumulation_steps": 1, "resolution": 64,
      ]) { $1 }
    } else {
      let side = axis == .size ? value : 256
      fields.merge([
        "kind": "generate", "prompts": ["an unripe apple"], "height": side, "width": side,
        "num_inference_steps": axis == .steps ? value : 4,
        "num_images_per_prompt": axis == .batch ? value : 1,
      ]) { $1 }
      if axis == .text { fields["max_sequence_length"] = value }
    }
    return String(decoding: try JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
  }
}
