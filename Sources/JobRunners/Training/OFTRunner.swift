import Checkpoints
import FLUX
import FineTuning
import Foundation
import GroundingDINO
import Images
import Jobs
import Rewards
import Tensors

/// Runs an `oft` job: prompts and a reward to an adapter.
struct OFTRunner {
  let adapters: AdapterJob

  struct Plan {
    let job: ResolvedOFT
    let model: AdapterJob.Model
    /// The model with a frozen copy of what the policy begins with.
    let reference: FluxTransformer2DModel
    let scorer: SciScore
    let detector: ObjectDetector?
    let fingerprint: String
  }

  /// Reads and checks everything: every prompt, the models.
  ///
  /// - Throws: ``JobFailure`` naming the field at fault.
  func plan(_ request: OFTRequest) throws(JobFailure) -> Plan {
    let prompts = try self.prompts(request)
    let model = try adapters.model(request.model, request.adapter, seed: request.seed)
    let multiple = model.pipeline.sizeMultiple
    guard request.height % multiple == 0, request.width % multiple == 0 else {
      throw JobFailure(
        .outOfRange,
        "\(request.height)×\(request.width) is not in steps of the \(multiple) pixels that the model needs",
        field: "height")
    }
    let job = try ResolvedOFT(
      request, prompts: prompts, initial: model.initial, maxSequenceLength: model.maxSequenceLength)
    let reference = try JobFailure.of("init_adapter") {
      let adapter = try model.adapterPath.map { try LowRankAdapter(path: $0) }
      // Of the same mapped weights: each of its pages is in this process once.
      return try FluxTransformer2DModel(
        model.pipeline.transformerCheckpoint, model.pipeline.transformer.configuration,
        lowRank: AdapterJob.layers(adapter, job.shape, seed: request.seed))
    }
    guard let scorer = try adapters.scorer(request.reward) else {
      throw JobFailure(.missingField, "is missing: the model that compares images", field: "reward")
    }
    var (detector, detectorPath): (ObjectDetector?, String?)
    if request.mask, case .model(let name, _, _) = request.detector {
      let path = try adapters.resolver.resolveModel(name, field: "detector.model")
      let loan = try JobFailure.of("detector.model") {
        try adapters.shelf.model(ObjectDetector.self, at: path) { try ObjectDetector(folder: $0) }
      }
      adapters.clock.used(loan)
      (detector, detectorPath) = (loan.model, path)
      for prompt in prompts {
        try JobFailure.of("prompts") { try loan.model.check(phrase: prompt.object ?? "") }
      }
    }
    let rewardPath = try adapters.resolver.resolveModel(request.reward.model, field: "reward.model")
    let fingerprint = try TrainingFolder.fingerprint(
      job, inputs: [model.folder, model.adapterPath, rewardPath, detectorPath].compactMap(\.self))
    return Plan(
      job: job, model: model, reference: reference, scorer: scorer, detector: detector,
      fingerprint: fingerprint)
  }

  private func prompts(_ request: OFTRequest) throws(JobFailure) -> [EntityPrompt] {
    switch request.prompts {
    case .inline(let prompts): return prompts
    case .file(let file):
      let content = try PromptFileContent(file, adapters.resolver)
      return try PromptFile.entityPrompts(in: content.content, format: content.format, name: file)
    case .dataset(let folder):
      return try TrainingDataset(folder: folder, field: "dataset", resolver: adapters.resolver).entityPrompts
    }
  }

  func run(_ plan: Plan) throws(JobFailure) -> (result: TrainingResult, rows: [MetricsFile.Row]) {
    let job = plan.job.request
    try adapters.hold(plan.model)
    var work = Work(plan, adapters)
    let loop = TrainingLoop<Work>(
      output: adapters.output, attempt: adapters.order.attempt, context: adapters.context,
      clock: adapters.clock, total: job.rounds,
      checkpointEvery: job.checkpointingSteps, validateEvery: job.adapter.validationSteps,
      productName: "best.safetensors", fingerprint: plan.fingerprint)
    let outcome = try loop.run(&work)
    let promoted = try adapters.finish(
      outcome.product, last: plan.model.lowRank, model: job.model, name: job.output,
      promotion: job.adapter.promotion, validation: outcome.validation, best: outcome.bestStep)
    let result = TrainingResult(
      kind: .oft, model: job.model, output: job.output, product: .adapterFile(AdapterLibrary.file),
      steps: outcome.steps, finalLoss: outcome.finalLoss, bestStep: outcome.bestStep,
      validation: outcome.validation, promoted: promoted, stoppedBecause: outcome.stoppedBecause,
      seconds: outcome.seconds, resumedFrom: outcome.resumedFrom)
    return (result, outcome.rows)
  }

  /// The training of one job.
  struct Work: TrainingWork {
    private var trainer: OnlineTrainer
    private let plan: Plan
    private let validation: AdapterValidation
    private let conditioning: (String) throws -> FluxPipeline.Conditioning
    private let context: JobContext

    init(_ plan: Plan, _ adapters: AdapterJob) {
      self.plan = plan
      context = adapters.context
      let (job, pipeline) = (plan.job.request, plan.model.pipeline)
      conditioning = adapters.conditioning(
        plan.model, maxSequenceLength: plan.job.maxSequenceLength,
        cache: adapters.encodings(limit: SFTRequest.defaultCacheBytes))
      let settings = Self.settings(job)
      let steps =
        job.rounds
        * ((job.promptsPerRound + settings.batchSize * settings.accumulation - 1)
          / (settings.batchSize * settings.accumulation))
      trainer = OnlineTrainer(
        pipeline: pipeline, reference: plan.reference,
        learner: Learner(plan.model.lowRank.parameters, job.optimizer.learning(steps: steps)),
        settings: settings, rows: plan.job.prompts.count)
      validation = AdapterValidation(
        pipeline: pipeline, prompts: job.adapter.validationPrompts, conditioning: conditioning,
        scorer: plan.scorer, height: job.height, width: job.width, steps: job.inferenceSteps,
        guidance: job.guidanceScale, output: adapters.output, context: adapters.context)
    }

    private static func settings(_ job: OFTRequest) -> OnlineTrainer.Settings {
      var settings = OnlineTrainer.Settings()
      (settings.height, settings.width, settings.steps) = (job.height, job.width, job.inferenceSteps)
      (settings.guidance, settings.churn) = (Float(job.guidanceScale), Float(job.churn))
      settings.drift = job.drift == .theory ? .theory : .reference
      settings.stochasticSteps = job.stochasticSteps
      settings.loss = PreferenceLoss(
        beta: job.beta, clipEpsilon: job.clipEpsilon, normalisation: job.pairLoss == .pairs ? .pairs : .matrix
      )
      settings.isMasked = job.mask && job.detector != .wholeImage
      settings.wrapsAround = job.quirks.boxWrapAround
      settings.imagesPerPrompt = job.imagesPerPrompt
      settings.sharesStartNoise = job.sharedStartNoise
      settings.promptsPerRound = job.promptsPerRound
      settings.seed = job.seed
      settings.isCheckpointed = job.adapter.gradientCheckpointing
      // Pairs of small pictures are computed together: their products are too small to fill a processor alone.
      let pairs = max(1, min(8, (256 * 256) / (job.height * job.width)))
      settings.batchSize = gcd(pairs, job.optimizer.accumulationSteps)
      settings.accumulation = job.optimizer.accumulationSteps / settings.batchSize
      return settings
    }

    private static func gcd(_ a: Int, _ b: Int) -> Int { b == 0 ? a : gcd(b, a % b) }

    var learner: Learner {
      get { trainer.learner }
      set { trainer.learner = newValue }
    }

    mutating func advance(_ number: Int) throws -> TrainingReport {
      let (plan, conditioning, context) = (plan, conditioning, context)
      return try trainer.round(
        number, conditioning: { try conditioning(plan.job.prompts[$0].prompt) },
        judge: OFTJudge(plan: plan), onStep: { try context.checkCancellation() })
    }

    func validate(after step: Int) throws -> ValidationEntry? { try validation.run(after: step) }
    func merit(of entry: ValidationEntry) -> Double { entry.meanSciScore ?? Double(entry.step) }
    func writeProduct(to path: String) throws { try plan.model.lowRank.adapter.write(to: path) }

    var breaksOff: Bool { true }
    var isGuarded: Bool { plan.job.request.guardLimits != nil }

    func reasonToStop(after report: TrainingReport) -> String? {
      guard let limits = plan.job.request.guardLimits else { return nil }
      let values = Dictionary(uniqueKeysWithValues: report.further.map { ($0.name, $0.value) })
      if let limit = limits.maxVelocityDrift, let drift = values["velocity_drift"], drift > limit {
        return
          "the velocity drifted \(drift) from the reference, above max_velocity_drift \(limit), in round \(report.step)"
      }
      if let limit = limits.maxKL, let divergence = values["kl"], divergence > limit {
        return "the policy's divergence is \(divergence), above max_kl \(limit), in round \(report.step)"
      }
      return nil
    }
  }
}
