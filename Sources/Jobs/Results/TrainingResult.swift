/// What a `reward`, `sft` or `oft` job made, and how well it went.
package struct TrainingResult: Sendable, Equatable {
  package var kind: Kind
  /// The model that training started from, as the job names it.
  package var model: String
  /// The job's name for what it made.
  package var output: String
  package var product: Product
  /// Optimizer steps done, those of earlier attempts among them.
  package var steps: Int
  /// The loss of the last step.
  package var finalLoss: Double
  /// The step with the best validation, whose weights ``product`` has; nil without validation.
  package var bestStep: Int?
  /// A line a step, relative to the job's output folder.
  package var metricsFile: String
  /// In order of their steps; the first may be of step 0, before training.
  package var validation: [ValidationEntry]
  /// Whether the adapter became its model's current one; nil when the job has no `promote_if`.
  package var promoted: Bool?
  /// Why training ended before its last step; nil when it did not.
  package var stoppedBecause: String?
  /// Seconds of training, those of earlier attempts among them.
  package var seconds: Double
  /// The step of the checkpoint that this attempt went on from.
  package var resumedFrom: Int?

  package init(
    kind: Kind, model: String, output: String, product: Product, steps: Int, finalLoss: Double,
    bestStep: Int? = nil, metricsFile: String = "metrics.jsonl", validation: [ValidationEntry] = [],
    promoted: Bool? = nil, stoppedBecause: String? = nil, seconds: Double, resumedFrom: Int? = nil
  ) {
    self.kind = kind
    self.model = model
    self.output = output
    self.product = product
    self.steps = steps
    self.finalLoss = finalLoss
    self.bestStep = bestStep
    self.metricsFile = metricsFile
    self.validation = validation
    self.promoted = promoted
    self.stoppedBecause = stoppedBecause
    self.seconds = seconds
    self.resumedFrom = resumedFrom
  }

  package enum Kind: String, Sendable, Codable, CaseIterable { case reward, sft, oft }

  /// What the job leaves in its output folder; the path is relative to it.
  package enum Product: Sendable, Equatable {
    /// A transformers CLIPModel folder.
    case modelFolder(String)
    /// A LoRA file as diffusers writes it.
    case adapterFile(String)
  }

  enum CodingKeys: String, CodingKey {
    case kind, model, output
    case modelFolder = "model_folder"
    case adapterFile = "adapter_file"
    case steps
    case finalLoss = "final_loss"
    case bestStep = "best_step"
    case metricsFile = "metrics_file"
    case validation, promoted
    case stoppedBecause = "stopped_because"
    case seconds
    case resumedFrom = "resumed_from"
  }
}

extension TrainingResult: Codable {
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    kind = try values.decode(Kind.self, forKey: .kind)
    model = try values.decode(String.self, forKey: .model)
    output = try values.decode(String.self, forKey: .output)
    product =
      if let folder = try values.decodeIfPresent(String.self, forKey: .modelFolder) {
        .modelFolder(folder)
      } else {
        .adapterFile(try values.decode(String.self, forKey: .adapterFile))
      }
    steps = try values.decode(Int.self, forKey: .steps)
    finalLoss = try values.decode(Double.self, forKey: .finalLoss)
    bestStep = try values.decodeIfPresent(Int.self, forKey: .bestStep)
    metricsFile = try values.decode(String.self, forKey: .metricsFile)
    validation = try values.decode([ValidationEntry].self, forKey: .validation)
    promoted = try values.decodeIfPresent(Bool.self, forKey: .promoted)
    stoppedBecause = try values.decodeIfPresent(String.self, forKey: .stoppedBecause)
    seconds = try values.decode(Double.self, forKey: .seconds)
    resumedFrom = try values.decodeIfPresent(Int.self, forKey: .resumedFrom)
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(kind, forKey: .kind)
    try values.encode(model, forKey: .model)
    try values.encode(output, forKey: .output)
    switch product {
    case .modelFolder(let path): try values.encode(path, forKey: .modelFolder)
    case .adapterFile(let path): try values.encode(path, forKey: .adapterFile)
    }
    try values.encode(steps, forKey: .steps)
    try values.encode(finalLoss, forKey: .finalLoss)
    try values.encodeIfPresent(bestStep, forKey: .bestStep)
    try values.encode(metricsFile, forKey: .metricsFile)
    try values.encode(validation, forKey: .validation)
    try values.encodeIfPresent(promoted, forKey: .promoted)
    try values.encodeIfPresent(stoppedBecause, forKey: .stoppedBecause)
    try values.encode(seconds, forKey: .seconds)
    try values.encodeIfPresent(resumedFrom, forKey: .resumedFrom)
  }
}

/// One validation of a training job.
package struct ValidationEntry: Sendable, Equatable, Codable {
  /// Optimizer steps (`reward`, `sft`) or rounds (`oft`) done before it.
  package var step: Int
  /// Tuples or images measured.
  package var count: Int
  /// Mean score, `exp(logit_scale) · cos`: of the validation images against their prompts, or for `reward` of the explicit
  /// images against the implicit prompts.
  package var meanSciScore: Double?
  /// Standard error of the mean.
  package var sciScoreError: Double?
  /// Share of tuples whose explicit image scores above the superficial one under the implicit prompt.
  package var accuracy: Double?
  /// The same by the tuples' `category` and `law`; empty where prompts have none.
  package var categories: [String: Group]
  package var laws: [String: Group]

  package init(
    step: Int, count: Int, meanSciScore: Double? = nil, sciScoreError: Double? = nil,
    accuracy: Double? = nil, categories: [String: Group] = [:], laws: [String: Group] = [:]
  ) {
    self.step = step
    self.count = count
    self.meanSciScore = meanSciScore
    self.sciScoreError = sciScoreError
    self.accuracy = accuracy
    self.categories = categories
    self.laws = laws
  }

  enum CodingKeys: String, CodingKey {
    case step, count
    case meanSciScore = "sciscore_mean"
    case sciScoreError = "sciscore_se"
    case accuracy
    case categories = "per_category"
    case laws = "per_law"
  }

  /// What was measured on the tuples of one category or law.
  package struct Group: Sendable, Equatable, Codable {
    package var count: Int
    package var meanSciScore: Double?
    package var accuracy: Double?

    package init(count: Int, meanSciScore: Double? = nil, accuracy: Double? = nil) {
      self.count = count
      self.meanSciScore = meanSciScore
      self.accuracy = accuracy
    }

    enum CodingKeys: String, CodingKey {
      case count
      case meanSciScore = "sciscore_mean"
      case accuracy
    }
  }
}
