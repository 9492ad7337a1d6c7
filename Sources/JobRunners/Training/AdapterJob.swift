import Checkpoints
import FLUX
import FineTuning
import Foundation
import Jobs
import Rewards
import Tensors

/// What `sft` and `oft` share: the model with the adapter that is trained, and where it goes.
struct AdapterJob {
  let shelf: ModelShelf
  let resolver: PathResolver
  let output: OutputFolder
  let context: JobContext
  let clock: StageClock
  let order: WorkOrder

  /// A model with low-rank layers to train, and what they began with.
  struct Model {
    let folder: String
    let adapterPath: String?
    /// The initial adapter's shape.
    let initial: LoRAShape?
    let lowRank: LowRankLayers
    let pipeline: FluxPipeline
    let maxSequenceLength: Int
  }

  func model(
    _ name: String, _ request: AdapterTrainingRequest, seed: Int
  ) throws(JobFailure) -> Model {
    let folder = try resolver.resolveModel(name, field: "model")
    try AdapterLibrary(spoolRoot: order.folders.spoolRoot, model: name).check()
    var adapterPath: String?
    if let initial = request.initialAdapter {
      adapterPath = held
      if adapterPath == nil {
        adapterPath = try resolver.resolveAdapter(initial.source, model: name, field: "init_adapter")
      }
    }
    let adapter = try adapterPath.map { path throws(JobFailure) in
      try JobFailure.of("init_adapter") { try LowRankAdapter(path: path) }
    }
    let initial = try adapter.map { adapter throws(JobFailure) in try Self.shape(of: adapter) }
    let shape = try request.shape(initial: initial)
    let lowRank = Self.layers(adapter, shape, seed: seed)
    let pipeline = try clock.measure(.load) { () throws(JobFailure) in
      try JobFailure.of(adapter == nil ? "model" : "init_adapter") {
        try FluxPipeline(folder: folder, lowRank: lowRank)
      }
    }
    let limit = FluxPipeline.maxSequenceLength
    return Model(
      folder: folder, adapterPath: adapterPath, initial: initial, lowRank: lowRank, pipeline: pipeline,
      maxSequenceLength: min(limit, pipeline.tokenizer2.modelMaxLength ?? limit))
  }

  static func layers(_ adapter: LowRankAdapter?, _ shape: LoRAShape, seed: Int) -> LowRankLayers {
    if let adapter { return LowRankLayers(adapter) }
    return LowRankLayers(
      .init(modules: shape.targetModules, rank: shape.rank, alpha: Float(shape.alpha)),
      generator: TrainingRandom.generator(seed: seed, .adapter, 0))
  }

  private static func shape(of adapter: LowRankAdapter) throws(JobFailure) -> LoRAShape {
    let (ranks, alphas) = (Set(adapter.updates.values.map(\.rank)), Set(adapter.updates.values.map(\.alpha)))
    guard let rank = ranks.first, let alpha = alphas.first, ranks.count == 1, alphas.count == 1 else {
      throw JobFailure(
        .badInput, "\(adapter.path): its layers have several ranks or alphas",
        hint: "Train on from an adapter of one shape.",
        field: "init_adapter")
    }
    var modules: Set<String> = []
    for layer in adapter.layers {
      let parts = layer.split(separator: ".")
      // to_out.0 is a layer in a list: its number alone would name others, too.
      let isNumbered = parts.last.map { Int($0) != nil } ?? false
      modules.insert(parts.suffix(isNumbered ? 2 : 1).joined(separator: "."))
    }
    return LoRAShape(
      rank: rank, alpha: Double(alpha), targetModules: modules.sorted()
    )
  }

  private var holder: TrainingCheckpoints { TrainingCheckpoints(output: output.path) }
  private static let heldAdapter = "init-adapter"

  /// The version that an earlier attempt began with. Names such as `current` may point elsewhere since, even because that
  /// attempt was promoted.
  private var held: String? {
    guard let path = try? String(contentsOfFile: holder.companion(Self.heldAdapter), encoding: .utf8),
      FileManager.default.fileExists(atPath: path)
    else { return nil }
    return path
  }

  /// Has later attempts begin with the adapter that this one begins with.
  func hold(_ model: Model) throws(JobFailure) {
    guard let path = model.adapterPath else { return }
    _ = try holder.keep(Self.heldAdapter) {
      let version = URL(filePath: path).resolvingSymlinksInPath().path
      try Data(version.utf8).write(to: URL(filePath: $0), options: .atomic)
    }
  }

  func scorerPath(_ request: ScoringRequest?) throws(JobFailure) -> String? {
    guard let request else { return nil }
    return try resolver.resolveModel(request.model, field: "reward.model")
  }

  func scorer(_ request: ScoringRequest?) throws(JobFailure) -> SciScore? {
    guard let path = try scorerPath(request) else { return nil }
    let loan = try JobFailure.of("reward.model") {
      try shelf.model(SciScore.self, at: path) { try SciScore(folder: $0) }
    }
    clock.used(loan)
    return loan.model
  }

  /// The spool's encoded prompts and pictures.
  func encodings(limit: Int) -> EncodingCache {
    EncodingCache(spoolRoot: order.folders.spoolRoot, limit: limit)
  }

  /// Encodes prompts once, on disk as far as the limit goes.
  func conditioning(
    _ model: Model, maxSequenceLength: Int, cache: EncodingCache
  ) -> (String) throws -> FluxPipeline.Conditioning {
    let identity = EncodingCache.encoders(of: model.folder)
    return { prompt in
      try cache.conditioning(prompt, maxSequenceLength: maxSequenceLength, encoders: identity) {
        model.pipeline.conditioning([prompt], maxSequenceLength: maxSequenceLength)
      }
    }
  }

  /// Puts the finished adapter into the output folder and among the model's adapters, and makes it the current one when
  /// the job's gate lets it.
  ///
  /// - Returns: Whether it was promoted; nil without a gate.
  func finish(
    _ product: String, last: LowRankLayers, model: String, name: String, promotion: PromotionRequest?,
    validation: [ValidationEntry], best: Int?
  ) throws(JobFailure) -> Bool? {
    try clock.measure(.write) { () throws(JobFailure) in
      try JobFailure.writing("write the adapter", then: "the job goes on from its last checkpoint.") {
        let manager = FileManager.default
        let target = "\(output.path)/\(AdapterLibrary.file)"
        try? manager.removeItem(atPath: target)
        try manager.copyItem(atPath: product, toPath: target)
        try manager.createDirectory(atPath: "\(output.path)/last", withIntermediateDirectories: true)
        try last.adapter.write(to: "\(output.path)/last/\(AdapterLibrary.file)")
      }
    }
    let library = AdapterLibrary(spoolRoot: order.folders.spoolRoot, model: model)
    try library.install("\(output.path)/\(AdapterLibrary.file)", as: name, job: order.id)
    guard let promotion else { return nil }
    let first = validation.first
    let before = first?.meanSciScore
    let after = validation.first { $0.step == best }?.meanSciScore
    // No training, no gain: step 0 may be the best, but a limit of 0 does not mean that.
    let isTrained = best != first?.step || promotion.minGain < 0
    guard let before, let after, isTrained, after - before >= promotion.minGain else {
      context.log(
        LogLine(
          .info, "not promoted: \(after ?? .nan) after \(before ?? .nan) is no gain of \(promotion.minGain)"))
      return false
    }
    try library.promote(name)
    context.log(LogLine(.info, "promoted: \(after) after \(before)"))
    return true
  }
}

extension PathResolver {
  /// An adapter's file or folder: a name among the model's adapters or under `models/`, or a path.
  func resolveAdapter(
    _ source: AdapterRequest.Source, model: String, field: String
  ) throws(JobFailure) -> String {
    switch source {
    case .name(let name):
      let own = "models/\((model as NSString).lastPathComponent)/adapters/\(name)"
      if let path = try? resolve(own, as: .folder, field: "\(field).name") { return path }
      return try resolveModel(name, field: "\(field).name")
    case .path(let path):
      return try resolve(path, as: path.hasSuffix(".safetensors") ? .file : .folder, field: "\(field).path")
    }
  }
}
