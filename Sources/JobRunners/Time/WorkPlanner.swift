import Jobs

/// Reckons how much jobs have to compute, before anything is loaded.
package struct WorkPlanner {
  private let resolver: PathResolver

  package init(_ resolver: PathResolver) { self.resolver = resolver }

  /// What takes most of a job's time, part by part; nil for kinds that are not reckoned, and where models cannot be read.
  package func parts(_ request: JobRequest) -> [(name: String, work: Work)]? {
    switch request.work {
    case .generate(let job): try? generate(job)
    case .sft(let job): try? sft(job)
    default: nil
    }
  }

  private func generate(_ job: GenerateRequest) throws -> [(name: String, work: Work)] {
    guard case .inline(let prompts) = job.prompts else { return [] }
    let folder = try resolver.resolveModel(job.model, field: "model")
    let (flux, memory) = (try FluxWork(folder: folder), try FluxMemory(folder: folder))
    let (height, width) = (job.height ?? memory.defaultSize, job.width ?? memory.defaultSize)
    let text = job.maxSequenceLength ?? memory.defaultText
    let pictures = Double(prompts.count * job.imagesPerPrompt)
    let passes = job.trueCFGScale > 1 ? 2.0 : 1
    return [
      ("prompts", passes * Double(prompts.count) * flux.encoding(text: text)),
      (
        "steps",
        pictures * passes * Double(job.inferenceSteps) * flux.step(height: height, width: width, text: text)
      ),
      ("decoding", pictures * flux.decoding(height: height, width: width)),
    ]
  }

  /// A step passes forward and backward, and once more forward through blocks that are computed again.
  /// An `init_adapter` is taken to be of the usual rank, unless the job says more; layers of one stream are taken to see the
  /// tokens of both.
  private func sft(_ job: SFTRequest) throws -> [(name: String, work: Work)] {
    let folder = try resolver.resolveModel(job.model, field: "model")
    let (flux, memory) = (try FluxWork(folder: folder), try FluxMemory(folder: folder))
    let text = job.adapter.maxSequenceLength ?? memory.defaultText
    let (side, batch) = (job.resolution, job.trainBatchSize)
    let step = flux.step(height: side, width: side, text: text, batch: batch)
    let again =
      job.adapter.gradientCheckpointing
      ? memory.recomputedShare(height: side, width: side, text: text, batch: batch) : 0
    let adapter = try job.adapter.shape(initial: nil)
    let sides = flux.sides(of: adapter)
    let updates = Work.updates(
      tokens: batch * flux.tokens(height: side, width: side, text: text), rank: adapter.rank, sides: sides,
      passes: 3 + again)
    let batches = job.optimizer.accumulationSteps
    return [
      (
        "steps",
        Double(job.maxTrainSteps)
          * (Double(batches) * ((1 + again) * step.widened + step.gradients + updates)
            + Work([.parameters: Double(adapter.rank * sides)]))
      )
    ]
  }
}
