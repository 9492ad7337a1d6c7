/// An `sft` job as its file says it: fine-tune a LoRA on prompts and images by flow matching
/// (arXiv:2504.13129, section 5). Timesteps are drawn uniformly and weighted alike.
package struct SFTRequest: WorkRequest, Sendable, Equatable {
  /// A diffusers folder, or the name of one under the spool's `models/`.
  package var model = ""
  /// A folder with a `metadata.jsonl` of tuples, read by ``TrainingDataset``.
  package var dataset = ""
  /// Name of the adapter to make.
  package var output = ""
  package var adapter = AdapterTrainingRequest(validationSteps: 200)
  package var maxTrainSteps = 2000
  /// Images of one batch.
  package var trainBatchSize = 4
  package var optimizer = Self.optimizer
  /// Pixels of an image's shorter side, a multiple of 16.
  package var resolution = 512
  package var promptField = TrainingTuple.PromptField.implicit
  package var imageField = TrainingTuple.ImageField.explicit
  /// Distilled guidance while training, dimensionless; models without a guidance embedding ignore it.
  package var guidance = 0.0
  /// Bytes of prompt embeddings and latents that may rest on disk; 0 for none.
  package var cacheBytes = defaultCacheBytes
  package static let defaultCacheBytes = 8 << 30
  package var seed = 0
  /// Optimizer steps from one checkpoint to the next.
  package var checkpointingSteps = 50
  /// Of the validation images, as in a ``GenerateRequest``.
  package var inferenceSteps = 30
  package var guidanceScale = 3.5
  /// The SciScore model that scores the validation images.
  package var reward: ScoringRequest?

  package static let optimizer = OptimizerRequest(
    learningRate: 2e-5, weightDecay: 1e-4, accumulationSteps: 8)

  package enum Field: String, FieldNames, CodingKey {
    case model, dataset, output
    case maxTrainSteps = "max_train_steps"
    case trainBatchSize = "train_batch_size"
    case resolution
    case promptField = "prompt_field"
    case imageField = "image_field"
    case guidance
    case cacheBytes = "cache_bytes"
    case seed
    case checkpointingSteps = "checkpointing_steps"
    case inferenceSteps = "num_inference_steps"
    case guidanceScale = "guidance_scale"
    case reward
  }

  static let sharedFields =
    AdapterTrainingRequest.Field.allCases.map(\.rawValue) + OptimizerRequest.Field.allCases.map(\.rawValue)

  init(reading fields: FieldReader<Field>) {
    let steps = 1...OptimizerRequest.stepLimit
    let factor = GenerateRequest.sizeFactor
    fields.require(.model, "a model folder, or a name under the spool's models/")
    fields.require(.dataset, "a folder of images with a metadata.jsonl of tuples")
    model = fields.string(.model) ?? model
    dataset = fields.string(.dataset) ?? dataset
    maxTrainSteps = fields.integer(.maxTrainSteps, in: steps) ?? maxTrainSteps
    trainBatchSize = fields.integer(.trainBatchSize, in: 1...65_536) ?? trainBatchSize
    optimizer = OptimizerRequest(
      reading: fields.group(OptimizerRequest.Field.self), defaults: optimizer, steps: maxTrainSteps)
    resolution =
      fields.integer(.resolution, in: factor...GenerateRequest.sizeLimit, multipleOf: factor) ?? resolution
    promptField = fields.choice(.promptField, of: TrainingTuple.PromptField.self) ?? promptField
    imageField = fields.choice(.imageField, of: TrainingTuple.ImageField.self) ?? imageField
    guidance = fields.number(.guidance, in: 0...1000) ?? guidance
    cacheBytes = fields.integer(.cacheBytes, in: 0...(1 << 50)) ?? cacheBytes
    seed = fields.integer(.seed, in: 0...Int.max) ?? seed
    checkpointingSteps = fields.integer(.checkpointingSteps, in: steps) ?? checkpointingSteps
    inferenceSteps = fields.integer(.inferenceSteps, in: 1...1000) ?? inferenceSteps
    guidanceScale = fields.number(.guidanceScale, in: 0...1000) ?? guidanceScale
    reward = fields.object(.reward, as: ScoringRequest.Field.self).map(ScoringRequest.init(reading:))
    let shared = fields.group(AdapterTrainingRequest.Field.self)
    adapter = AdapterTrainingRequest(
      reading: shared, validationSteps: adapter.validationSteps, seed: seed, scored: fields.has(.reward))
    if fields.has(.reward) && !shared.has(.validationPrompts) {
      fields.report(.conflict, .reward, "has nothing to score without validation_prompts")
    }
    output = fields.outputName(
      .output, unlike: ["model": model, "init_adapter": adapter.initialAdapter?.name])
  }
}

extension SFTRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(model, forKey: .model)
    try fields.encode(dataset, forKey: .dataset)
    try fields.encode(output, forKey: .output)
    try adapter.encode(to: encoder)
    try fields.encode(maxTrainSteps, forKey: .maxTrainSteps)
    try fields.encode(trainBatchSize, forKey: .trainBatchSize)
    try optimizer.encode(to: encoder)
    try fields.encode(resolution, forKey: .resolution)
    try fields.encode(promptField, forKey: .promptField)
    try fields.encode(imageField, forKey: .imageField)
    try fields.encode(guidance, forKey: .guidance)
    try fields.encode(cacheBytes, forKey: .cacheBytes)
    try fields.encode(seed, forKey: .seed)
    try fields.encode(checkpointingSteps, forKey: .checkpointingSteps)
    try fields.encode(inferenceSteps, forKey: .inferenceSteps)
    try fields.encode(guidanceScale, forKey: .guidanceScale)
    try fields.encodeIfPresent(reward, forKey: .reward)
  }
}
