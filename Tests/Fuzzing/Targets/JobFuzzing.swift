import Foundation
import Jobs

/// A job file, of one job or of several.
enum JobFuzzing: FuzzTarget {
  static func run(_ bytes: [UInt8]) {
    do throws(JobFailure) {
      switch try DroppedJob(reading: Data(bytes)) {
      case .single(let request): require(!request.kind.rawValue.isEmpty, "a job has a kind")
      case .matrix(let matrix): check(matrix)
      }
    } catch {
      require(!error.message.isEmpty && error.code != .internalError, "a refusal says why: \(error)")
      // As `error.json` and one line of a log tell it.
      require((try? JobJSON.file(error)) != nil, "a refusal can be written down")
    }
  }

  private static func check(_ matrix: JobMatrix) {
    require((1...JobMatrix.limit).contains(matrix.children.count), "a matrix makes some jobs, not too many")
    for child in matrix.children.prefix(16) {
      // The worker reads the text that the daemon has written.
      guard case .single(let again)? = try? DroppedJob(reading: Data(child.text.utf8)) else {
        return require(false, "a job of a matrix is a job: \(child.text)")
      }
      require(again == child.request, "a job of a matrix is read as it was meant: \(child.text)")
    }
  }

  static func mutate(_ bytes: [UInt8], with random: inout Random) -> [UInt8] {
    JSONMutation.apply(to: bytes, words: words, with: &random)
  }

  private static let words =
    JobRequest.Kind.allCases.map(\.rawValue) + [
      "kind", "model", "prompts", "prompts_file", "prompt", "negative_prompt", "seed", "object", "items",
      "images",
      "num_images_per_prompt", "height", "width", "num_inference_steps", "guidance_scale", "true_cfg_scale",
      "max_sequence_length", "latents", "adapter", "name", "path", "scale", "sampler", "ode", "sde",
      "s_churn",
      "drift", "theory", "reference", "score", "priority", "not_before", "deadline", "timeout", "on_timeout",
      "max_attempts", "after", "unique_key", "on_conflict", "labels", "dataset", "output", "learning_rate",
      "max_train_steps", "train_batch_size", "gradient_accumulation_steps", "resolution", "rank",
      "lora_alpha",
      "target_modules", "checkpointing_steps", "validation_prompts", "promote_if", "init_adapter", "reward",
      "detector", "rounds", "prompts_per_round", "beta", "clip_epsilon", "suite", "evaluator", "generator",
      "judge",
      "pairwise", "images", "baseline", "endpoint", "source", "scenes", "folder", "drawings", "template",
      "review",
      "import", "requeue", "skip", "replace", "matrix", "sampler.s_churn", "labels.a", "score.model",
    ]
}
