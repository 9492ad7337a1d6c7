/// How a training job steps: AdamW as torch has it, its learning rate over time, accumulation and clipping.
///
/// The names are those of diffusers' training scripts (0.42.1, `examples/dreambooth/train_dreambooth_lora_flux.py`).
package struct OptimizerRequest: Sendable, Equatable {
  package var learningRate: Double
  package var beta1 = 0.9
  package var beta2 = 0.999
  package var epsilon = 1e-8
  package var weightDecay: Double
  /// The global L2 norm that gradients are scaled down to.
  package var maxGradientNorm = 1.0
  /// Batches (pairs of images in `oft`) whose gradients make one step.
  package var accumulationSteps: Int
  package var schedule = Schedule.constant
  /// Optimizer steps until the full learning rate.
  package var warmupSteps = 0

  /// The learning rate over the optimizer steps.
  package enum Schedule: String, Sendable, Codable, CaseIterable {
    case constant
    /// Rises linearly from 0 and stays.
    case constantWithWarmup = "constant_with_warmup"
    /// Rises linearly from 0 and falls linearly back to 0 at the last step.
    case linear
    /// DeepSpeed's WarmupDecayLR: rises with the logarithm of the step, then falls linearly to 0.
    case deepSpeedWarmupDecay = "deepspeed_warmup_decay"
  }

  package enum Field: String, FieldNames, CodingKey {
    case learningRate = "learning_rate"
    case beta1 = "adam_beta1"
    case beta2 = "adam_beta2"
    case epsilon = "adam_epsilon"
    case weightDecay = "adam_weight_decay"
    case maxGradientNorm = "max_grad_norm"
    case accumulationSteps = "gradient_accumulation_steps"
    case schedule = "lr_scheduler"
    case warmupSteps = "lr_warmup_steps"
  }

  package init(
    learningRate: Double, weightDecay: Double, accumulationSteps: Int, schedule: Schedule = .constant,
    warmupSteps: Int = 0
  ) {
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.accumulationSteps = accumulationSteps
    self.schedule = schedule
    self.warmupSteps = warmupSteps
  }

  static let stepLimit = 10_000_000

  /// - Parameters:
  ///   - defaults: The kind's own.
  ///   - steps: The optimizer steps of the whole job, when the job says them.
  init(reading fields: FieldReader<Field>, defaults: OptimizerRequest, steps: Int?) {
    self = defaults
    learningRate = fields.number(.learningRate, in: 1e-12...1) ?? learningRate
    beta1 = fields.number(.beta1, in: 0...0.999999) ?? beta1
    beta2 = fields.number(.beta2, in: 0...0.999999) ?? beta2
    epsilon = fields.number(.epsilon, in: 1e-20...1) ?? epsilon
    weightDecay = fields.number(.weightDecay, in: 0...100) ?? weightDecay
    maxGradientNorm = fields.number(.maxGradientNorm, in: 1e-6...1e9) ?? maxGradientNorm
    accumulationSteps = fields.integer(.accumulationSteps, in: 1...100_000) ?? accumulationSteps
    schedule = fields.choice(.schedule, of: Schedule.self) ?? schedule
    let warmup = fields.integer(.warmupSteps, in: 0...Self.stepLimit)
    if let warmup, warmup > 0, schedule == .constant {
      fields.report(
        .conflict, .warmupSteps, "the schedule \"constant\" has no warm-up",
        hint: "Write \"lr_scheduler\": \"constant_with_warmup\".")
    }
    if let warmup, let steps, warmup > steps {
      fields.report(
        .conflict, .warmupSteps, "\(warmup) steps of warm-up are more than the job's \(steps) steps")
    }
    warmupSteps = schedule == .constant ? 0 : warmup ?? min(defaults.warmupSteps, steps ?? .max)
  }
}

extension OptimizerRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(learningRate, forKey: .learningRate)
    try fields.encode(beta1, forKey: .beta1)
    try fields.encode(beta2, forKey: .beta2)
    try fields.encode(epsilon, forKey: .epsilon)
    try fields.encode(weightDecay, forKey: .weightDecay)
    try fields.encode(maxGradientNorm, forKey: .maxGradientNorm)
    try fields.encode(accumulationSteps, forKey: .accumulationSteps)
    try fields.encode(schedule, forKey: .schedule)
    try fields.encode(warmupSteps, forKey: .warmupSteps)
  }
}
