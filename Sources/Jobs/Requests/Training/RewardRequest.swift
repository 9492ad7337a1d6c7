/// A `reward` job as its file says it: train a CLIP model into SciScore on tuples (arXiv:2504.13129, section 4).
package struct RewardRequest: WorkRequest, Sendable, Equatable {
  /// The CLIP model to start from: a transformers folder, or the name of one under the spool's `models/`.
  package var model = ""
  /// A folder with a `metadata.jsonl` of tuples, read by ``TrainingDataset``.
  package var dataset = ""
  /// Name of the model folder to make.
  package var output = ""
  /// λ, the weight of the text choice (L_IEE) beside the image choice (L_IPA).
  package var lambda = 0.25
  package var maxTrainSteps = 600
  /// Tuples of one batch.
  package var trainBatchSize = 16
  package var optimizer = Self.optimizer
  package var seed = 0
  /// Optimizer steps from one checkpoint to the next.
  package var checkpointingSteps = 100
  package var validation = Validation.split(0.1)
  /// Optimizer steps from one validation to the next.
  package var validationSteps = 100

  package static let optimizer = OptimizerRequest(
    learningRate: 2e-6, weightDecay: 0.3, accumulationSteps: 16, schedule: .constantWithWarmup,
    warmupSteps: 150)

  /// Where the tuples come from that are measured and not trained on.
  package enum Validation: Sendable, Equatable {
    /// A folder like the training one.
    case dataset(String)
    /// This share of the training folder's tuples; 0 for no validation.
    case split(Double)
  }

  package enum Field: String, FieldNames, CodingKey {
    case model, dataset, output, lambda
    case maxTrainSteps = "max_train_steps"
    case trainBatchSize = "train_batch_size"
    case seed
    case checkpointingSteps = "checkpointing_steps"
    case validationDataset = "validation_dataset"
    case validationSplit = "validation_split"
    case validationSteps = "validation_steps"
  }

  static let sharedFields = OptimizerRequest.Field.allCases.map(\.rawValue)

  init(reading fields: FieldReader<Field>) {
    let steps = 1...OptimizerRequest.stepLimit
    fields.require(.model, "a CLIP model folder to start from, or a name under the spool's models/")
    fields.require(.dataset, "a folder of images with a metadata.jsonl of tuples")
    model = fields.string(.model) ?? model
    dataset = fields.string(.dataset) ?? dataset
    output = fields.outputName(.output, unlike: ["model": model])
    lambda = fields.number(.lambda, in: 0...1000) ?? lambda
    maxTrainSteps = fields.integer(.maxTrainSteps, in: steps) ?? maxTrainSteps
    trainBatchSize = fields.integer(.trainBatchSize, in: 1...65_536) ?? trainBatchSize
    optimizer = OptimizerRequest(
      reading: fields.group(OptimizerRequest.Field.self), defaults: optimizer, steps: maxTrainSteps)
    seed = fields.integer(.seed, in: 0...Int.max) ?? seed
    checkpointingSteps = fields.integer(.checkpointingSteps, in: steps) ?? checkpointingSteps
    validation = Self.validation(fields)
    validationSteps = fields.integer(.validationSteps, in: steps) ?? validationSteps
  }

  private static func validation(_ fields: FieldReader<Field>) -> Validation {
    if fields.has(.validationDataset) && fields.has(.validationSplit) {
      fields.report(
        .conflict, .validationSplit,
        "validation_dataset and validation_split are both given; keep one of them")
    }
    let split = fields.number(.validationSplit, in: 0...0.9)
    return fields.string(.validationDataset).map(Validation.dataset) ?? .split(split ?? 0.1)
  }
}

extension RewardRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(model, forKey: .model)
    try fields.encode(dataset, forKey: .dataset)
    try fields.encode(output, forKey: .output)
    try fields.encode(lambda, forKey: .lambda)
    try fields.encode(maxTrainSteps, forKey: .maxTrainSteps)
    try fields.encode(trainBatchSize, forKey: .trainBatchSize)
    try optimizer.encode(to: encoder)
    try fields.encode(seed, forKey: .seed)
    try fields.encode(checkpointingSteps, forKey: .checkpointingSteps)
    switch validation {
    case .dataset(let folder): try fields.encode(folder, forKey: .validationDataset)
    case .split(let share): try fields.encode(share, forKey: .validationSplit)
    }
    try fields.encode(validationSteps, forKey: .validationSteps)
  }
}
