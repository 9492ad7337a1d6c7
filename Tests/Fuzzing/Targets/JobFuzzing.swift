import Foundation
import Jobs

/// A job file.
enum JobFuzzing: FuzzTarget {
  static func run(_ bytes: [UInt8]) {
    do throws(JobFailure) {
      let request = try JobRequest(reading: Data(bytes))
      require(!request.kind.rawValue.isEmpty, "a job has a kind")
    } catch {
      require(!error.message.isEmpty && error.code != .internalError, "a refusal says why: \(error)")
      // As `error.json` and one line of a log tell it.
      require((try? JobJSON.file(error)) != nil, "a refusal can be written down")
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
      "import", "requeue", "skip", "replace",
    ]
}
