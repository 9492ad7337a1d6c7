import FLUX
import FineTuning
import Fingerprints
import Foundation
import Images
import Jobs
import Rewards
import Tensors

/// Runs an `sft` job: pictures and prompts to an adapter.
struct SFTRunner {
  let adapters: AdapterJob

  struct Plan {
    let job: ResolvedSFT
    let model: AdapterJob.Model
    let dataset: TrainingDataset
    let scorer: SciScore?
    let fingerprint: String
  }

  /// Reads and checks everything: every row, every picture's header, the models.
  ///
  /// - Throws: ``JobFailure`` naming the field at fault.
  func plan(_ request: SFTRequest) throws(JobFailure) -> Plan {
    let dataset = try TrainingFolder.dataset(request.dataset, field: "dataset", adapters.resolver)
    let model = try adapters.model(request.model, request.adapter, seed: request.seed)
    let multiple = model.pipeline.sizeMultiple
    guard request.resolution % multiple == 0 else {
      throw JobFailure(
        .outOfRange, "\(request.resolution) is no multiple of the \(multiple) pixels that the model needs",
        field: "resolution")
    }
    let job = try ResolvedSFT(request, initial: model.initial, maxSequenceLength: model.maxSequenceLength)
    let scorer = try adapters.scorer(request.reward)
    let fingerprint = try TrainingFolder.fingerprint(
      job,
      inputs: [model.folder, model.adapterPath, try adapters.scorerPath(request.reward)].compactMap(\.self),
      data: [dataset], files: dataset.tuples.flatMap { $0.images(request.imageField) })
    return Plan(job: job, model: model, dataset: dataset, scorer: scorer, fingerprint: fingerprint)
  }

  func run(_ plan: Plan) throws(JobFailure) -> (result: TrainingResult, rows: [MetricsFile.Row]) {
    let job = plan.job.request
    try adapters.hold(plan.model)
    var work = Work(plan, adapters)
    let loop = TrainingLoop<Work>(
      output: adapters.output, attempt: adapters.order.attempt, context: adapters.context,
      clock: adapters.clock, total: job.maxTrainSteps,
      checkpointEvery: job.checkpointingSteps, validateEvery: job.adapter.validationSteps,
      productName: "best.safetensors", fingerprint: plan.fingerprint)
    let outcome = try loop.run(&work)
    let promoted = try adapters.finish(
      outcome.product, last: plan.model.lowRank, model: job.model, name: job.output,
      promotion: job.adapter.promotion, validation: outcome.validation, best: outcome.bestStep)
    let result = TrainingResult(
      kind: .sft, model: job.model, output: job.output, product: .adapterFile(AdapterLibrary.file),
      steps: outcome.steps, finalLoss: outcome.finalLoss, bestStep: outcome.bestStep,
      validation: outcome.validation, promoted: promoted, stoppedBecause: outcome.stoppedBecause,
      seconds: outcome.seconds, resumedFrom: outcome.resumedFrom)
    return (result, outcome.rows)
  }

  /// The training of one job.
  struct Work: TrainingWork {
    private var trainer: SupervisedTrainer
    private let plan: Plan
    private let validation: AdapterValidation
    private let conditioning: (String) throws -> FluxPipeline.Conditioning
    private let encoderIdentity: String
    let cache: EncodingCache

    init(_ plan: Plan, _ adapters: AdapterJob) {
      self.plan = plan
      let (job, pipeline) = (plan.job.request, plan.model.pipeline)
      cache = adapters.encodings(limit: job.cacheBytes)
      conditioning = adapters.conditioning(
        plan.model, maxSequenceLength: plan.job.maxSequenceLength, cache: cache)
      encoderIdentity = FolderIdentity(of: "\(plan.model.folder)/vae").description
      var settings = SupervisedTrainer.Settings()
      (settings.batchSize, settings.accumulation) = (job.trainBatchSize, job.optimizer.accumulationSteps)
      (settings.seed, settings.guidance) = (job.seed, Float(job.guidance))
      settings.isCheckpointed = job.adapter.gradientCheckpointing
      trainer = SupervisedTrainer(
        transformer: pipeline.transformer, autoencoder: pipeline.autoencoder,
        learner: Learner(plan.model.lowRank.parameters, job.optimizer.learning(steps: job.maxTrainSteps)),
        settings: settings, rows: plan.dataset.tuples.count)
      validation = AdapterValidation(
        pipeline: pipeline, prompts: job.adapter.validationPrompts, conditioning: conditioning,
        scorer: plan.scorer, height: job.resolution, width: job.resolution, steps: job.inferenceSteps,
        guidance: job.guidanceScale, output: adapters.output, context: adapters.context)
    }

    var learner: Learner {
      get { trainer.learner }
      set { trainer.learner = newValue }
    }

    mutating func advance(_ number: Int) throws -> TrainingReport {
      let (plan, conditioning, cache, identity) = (plan, conditioning, cache, encoderIdentity)
      return try TrainingFolder.naming(plan.dataset.rows) {
        try trainer.step { row, generator in
          let (tuple, job) = (plan.dataset.tuples[row], plan.job.request)
          let prompts = tuple.prompts(job.promptField)
          let images = tuple.images(job.imageField)
          let prompt = prompts[generator.index(below: prompts.count)]
          let image = images[generator.index(below: images.count)]
          let latents = try Self.latents(of: image, plan, cache, identity)
          return FlowExample(
            mean: latents["mean"]!, deviation: latents["deviation"]!, conditioning: try conditioning(prompt))
        }
      }
    }

    private static func latents(
      of path: String, _ plan: Plan, _ cache: EncodingCache, _ identity: String
    ) throws -> EncodingCache.Tensors {
      let resolution = plan.job.request.resolution
      let content = try cache.digest(ofFile: path)
      return try cache.tensors(for: ["latents", content, "\(resolution)", identity]) {
        let pipeline = plan.model.pipeline
        let pixels = TrainingPicture.pixels(
          of: try RGBImage(contentsOf: path), resolution: resolution, multiple: pipeline.sizeMultiple)
        let distribution = pipeline.autoencoder.encode(pixels)
        return ["mean": distribution.mean, "deviation": distribution.standardDeviation]
      }
    }

    func validate(after step: Int) throws -> ValidationEntry? { try validation.run(after: step) }
    func merit(of entry: ValidationEntry) -> Double { entry.meanSciScore ?? Double(entry.step) }
    func writeProduct(to path: String) throws { try plan.model.lowRank.adapter.write(to: path) }
    var breaksOff: Bool { false }
    var isGuarded: Bool { false }
    func reasonToStop(after report: TrainingReport) -> String? { nil }
  }
}
