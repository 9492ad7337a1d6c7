import Checkpoints
import Jobs

/// Reckons what jobs of every kind will take.
package struct MemoryPlanner {
  private let resolver: PathResolver

  package init(_ resolver: PathResolver) { self.resolver = resolver }

  /// The plan of a job; nil for one that loads no model, or none that can be reckoned: what is wrong with a model its
  /// loading says better.
  package func plan(_ request: JobRequest) -> MemoryPlan? {
    do {
      switch request.work {
      case .generate(let job): return try generate(job)
      case .score(let job): return try scorer(job.model, images: 8)
      case .reward(let job): return try reward(job)
      case .sft(let job): return try sft(job)
      case .oft(let job): return try oft(job)
      case .benchmark(let job): return try benchmark(job)
      case .dataset(.drawings(let job)): return try drawings(job)
      case .dataset: return nil
      }
    } catch {
      return nil
    }
  }

  private func generate(_ job: GenerateRequest) throws -> MemoryPlan {
    var plan = try drawing(
      job.model, height: job.height, width: job.width, text: job.maxSequenceLength, batch: 1)
    if let score = job.score { plan.add(try scorer(score.model, images: 1)) }
    return plan
  }

  private func drawing(
    _ model: String, height: Int?, width: Int?, text: Int?, batch: Int?
  ) throws -> MemoryPlan {
    let flux = try FluxMemory(folder: resolver.resolveModel(model, field: "model"))
    let (height, width) = (height ?? flux.defaultSize, width ?? flux.defaultSize)
    let batch = batch ?? PictureBatch.size(height: height, width: width)
    var plan = Self.plan(flux.folder, flux.weights, scratch: flux.scratch)
    plan.before = flux.before(text: text ?? flux.defaultText)
    plan.activations = flux.drawing(
      height: height, width: width, text: text ?? flux.defaultText, batch: batch)
    return plan
  }

  private func scorer(_ model: String, images: Int) throws -> MemoryPlan {
    let clip = try CLIPMemory(folder: resolver.resolveModel(model, field: "model"))
    var plan = Self.plan(clip.folder, clip.weights, scratch: clip.scratch)
    plan.activations = clip.scoring(images: images)
    return plan
  }

  private func reward(_ job: RewardRequest) throws -> MemoryPlan {
    let clip = try CLIPMemory(folder: resolver.resolveModel(job.model, field: "model"))
    var plan = Self.plan(clip.folder, CLIPMemory.trainingCopies * clip.weights, scratch: clip.scratch)
    plan.activations = clip.training(batch: job.trainBatchSize)
    return plan
  }

  private func sft(_ job: SFTRequest) throws -> MemoryPlan {
    let flux = try FluxMemory(folder: resolver.resolveModel(job.model, field: "model"))
    var plan = Self.plan(flux.folder, flux.weights, scratch: flux.scratch)
    plan.before = flux.before(text: job.adapter.maxSequenceLength ?? flux.defaultText)
    plan.activations = flux.training(
      height: job.resolution, width: job.resolution, text: job.adapter.maxSequenceLength ?? flux.defaultText,
      batch: job.trainBatchSize,
      isCheckpointed: job.adapter.gradientCheckpointing)
    if let reward = job.reward { plan.add(try scorer(reward.model, images: 8)) }
    return plan
  }

  private func oft(_ job: OFTRequest) throws -> MemoryPlan {
    let flux = try FluxMemory(folder: resolver.resolveModel(job.model, field: "model"))
    // The reference has the policy's weights, and panels of its own.
    var plan = Self.plan(flux.folder, flux.weights, scratch: flux.scratch + flux.transformerPanels)
    plan.before = flux.before(text: job.adapter.maxSequenceLength ?? flux.defaultText)
    plan.activations = flux.training(
      height: job.height, width: job.width, text: job.adapter.maxSequenceLength ?? flux.defaultText, batch: 2,
      isCheckpointed: job.adapter.gradientCheckpointing)
    plan.add(try scorer(job.reward.model, images: 8))
    if job.mask, case .model(let name, _, _) = job.detector { plan.add(try weights(name)) }
    return plan
  }

  private func benchmark(_ job: BenchmarkRequest) throws -> MemoryPlan? {
    switch job {
    case .generator(let job):
      var plan = try drawing(
        job.model, height: job.height, width: job.width, text: job.maxSequenceLength, batch: nil)
      plan.add(try scorer(job.reward.model, images: 16))
      return plan
    case .evaluator(let job): return try scorer(job.model, images: 32)
    case .images(let job): return try scorer(job.reward.model, images: 8)
    case .judge, .pairwise: return nil
    }
  }

  private func drawings(_ job: DrawingsRequest) throws -> MemoryPlan {
    var plan = try drawing(job.model, height: job.height, width: job.width, text: nil, batch: nil)
    // A model with an adapter is another model.
    if job.contrasts.contains(where: { $0.adapter != nil }), let base = plan.weights.first {
      plan.weights.append(.init(folder: "\(base.folder) with an adapter", bytes: base.bytes))
    }
    return plan
  }

  private func weights(_ model: String) throws -> MemoryPlan {
    let folder = try resolver.resolveModel(model, field: "detector.model")
    let resting = try RestingWeights(folder)
    return Self.plan(folder, resting.bytes, scratch: resting.scratch)
  }

  private static func plan(_ folder: String, _ weights: Int, scratch: Int) -> MemoryPlan {
    var plan = MemoryPlan()
    plan.weights = [.init(folder: folder, bytes: weights)]
    plan.scratch = scratch + (64 << 20)
    return plan
  }
}
