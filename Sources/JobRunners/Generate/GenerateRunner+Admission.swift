import Checkpoints
import FLUX
import Fingerprints
import Foundation
import Jobs
import Pages
import Rewards

extension GenerateRunner {
  private typealias Field = GenerateRequest.Field

  /// Checks everything that can be checked before the first product of matrices, and loads the models.
  ///
  /// - Throws: ``JobFailure`` naming the field at fault.
  func plan(_ request: GenerateRequest) throws(JobFailure) -> Plan {
    let prompts = try prompts(of: request)
    let modelPath = try resolver.resolveModel(request.model, field: Field.model.rawValue)
    let scorePath = try request.score.map { score throws(JobFailure) in
      try resolver.resolveModel(score.model, field: "score.model")
    }
    let latentsPath = try request.latents.map { path throws(JobFailure) in
      try resolver.resolve(path, as: .file, field: Field.latents.rawValue)
    }

    let adapterPath = try request.adapter.map { adapter throws(JobFailure) in
      try resolver.resolveAdapter(adapter.source, model: request.model, field: Field.adapter.rawValue)
    }
    let adapter = try adapterPath.map { path throws(JobFailure) in
      try JobFailure.of(Field.adapter.rawValue) {
        AppliedAdapter(try LowRankAdapter(path: path), strength: Float(request.adapter?.scale ?? 1))
      }
    }
    // A model with an adapter is another model: the file's state tells versions of it apart.
    let variant =
      adapterPath.map { "\($0) \(FolderIdentity(of: $0).description) \(request.adapter?.scale ?? 1)" } ?? ""
    let drawing = try loan(
      DrawingModel.self, at: modelPath, variant: variant,
      field: (adapter == nil ? Field.model : .adapter).rawValue
    ) { try DrawingModel(folder: $0, adapter: adapter) }
    let job = try ResolvedGenerate(
      request, prompts: prompts,
      defaults: .init(
        height: drawing.defaultSize, width: drawing.defaultSize,
        maxSequenceLength: drawing.defaultSequenceLength))
    try check(job, against: drawing.pipeline)
    let latents = try latentsPath.map { path throws(JobFailure) in
      try startLatents(path, job, drawing.pipeline)
    }
    let scoring = try scorePath.map { path throws(JobFailure) in
      try loan(SciScore.self, at: path, field: "score.model") { try SciScore(folder: $0) }
    }
    return Plan(
      job: job, drawing: drawing, scoring: scoring, latents: latents,
      fingerprint: try Self.fingerprint(
        job, inputs: [modelPath, adapterPath, scorePath, latentsPath].compactMap(\.self)))
  }

  private func loan<Model>(
    _ type: Model.Type, at path: String, variant: String = "", field: String, load: (String) throws -> Model
  ) throws(JobFailure) -> Model {
    let loan = try JobFailure.of(field) { try shelf.model(type, at: path, variant: variant, load: load) }
    clock.used(loan)
    context.log(
      LogLine(
        .info,
        loan.wasResident ? "\(path) is resident" : "loaded \(path) in \(loan.loadSeconds.rounded(to: 3)) s"))
    return loan.model
  }

  private func prompts(of request: GenerateRequest) throws(JobFailure) -> [PromptRequest] {
    guard case .file(let name) = request.prompts else {
      if case .inline(let prompts) = request.prompts { return prompts }
      return []
    }
    let file = try PromptFileContent(name, resolver)
    return try PromptFile.prompts(in: file.content, format: file.format, name: name)
  }

  private func check(_ job: ResolvedGenerate, against pipeline: FluxPipeline) throws(JobFailure) {
    let factor = pipeline.sizeMultiple
    for (field, value) in [(Field.height, job.height), (.width, job.width)] where value % factor != 0 {
      throw JobFailure(
        .outOfRange, "\(value) is not a multiple of \(factor), which this model needs", field: field.rawValue)
    }
    if let limit = pipeline.tokenizer2.modelMaxLength, job.maxSequenceLength > limit {
      context.log(
        LogLine(.warning, "max_sequence_length \(job.maxSequenceLength) exceeds the tokenizer's \(limit)"))
    }
    if job.trueCFGScale > 1, !job.prompts.contains(where: { $0.negativePrompt != nil }) {
      context.log(LogLine(.warning, "true_cfg_scale has no effect: no prompt has a negative_prompt"))
    }
  }

  private func startLatents(
    _ path: String, _ job: ResolvedGenerate, _ pipeline: FluxPipeline
  ) throws(JobFailure) -> StartLatents {
    try StartLatents(
      path: path, name: job.latents ?? path,
      shape: [
        job.images.count, pipeline.imageTokens(height: job.height, width: job.width),
        pipeline.transformer.configuration.inChannels,
      ])
  }

  /// The job and the state of every file it reads.
  private static func fingerprint(_ job: ResolvedGenerate, inputs: [String]) throws(JobFailure) -> String {
    var text = try JobJSON.line(job)
    for path in inputs {
      text += Data("\(path)\n\(FolderIdentity(of: path).description)\n".utf8)
    }
    return SHA256.hexDigest(of: text)
  }
}
