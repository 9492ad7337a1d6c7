import FLUX
import FineTuning
import Fingerprints
import Foundation
import Images
import Jobs

/// Runs a `dataset` job with the source `drawings`: a model draws the right and the wrong pictures of tuples that are there.
struct DrawingsRunner {
  let library: DatasetLibrary
  let shelf: ModelShelf
  let resolver: PathResolver
  let output: OutputFolder
  let context: JobContext
  let clock: StageClock

  struct Plan {
    let job: DrawingsRequest
    let source: TrainingDataset
    let height: Int
    let width: Int
    let recipe: Recipe
    let existing: DrawingsResult?

    /// Tuples drawn for each contrast.
    var tuples: Int { job.tuples ?? source.tuples.count }
    /// Tuples drawn together.
    var stretch: Int { max(1, PictureBatch.size(height: height, width: width) / 2) }
  }

  /// What is drawn, from which state of which files: equal recipes make equal data sets.
  struct Recipe: Encodable {
    let job: DatasetRequest
    /// SHA-256 of the source's `metadata.jsonl`.
    let source: String
    /// SHA-256 over names, sizes and times of the files of each model that draws.
    let models: [String]
  }

  /// - Throws: ``JobFailure`` naming the field at fault, also when the name is taken by another data set.
  func plan(_ request: DrawingsRequest) throws(JobFailure) -> Plan {
    let source = try TrainingDataset(folder: request.dataset, field: "dataset", resolver: resolver) { path in
      guard request.includesOriginals else { return nil }
      do {
        _ = try RGBImage.size(of: path)
        return nil
      } catch { return "\(error)" }
    }
    let metadata = try resolver.resolve("\(request.dataset)/metadata.jsonl", as: .file, field: "dataset")
    let right = try models.model(request.model, field: "model", adapterField: "adapter")
    let wrong = try request.contrasts.indices.map { index throws(JobFailure) in
      try loan(request, contrast: index)
    }
    let (height, width) = (
      request.height ?? right.drawing.defaultSize, request.width ?? right.drawing.defaultSize
    )
    let factor = right.drawing.pipeline.sizeMultiple
    for (field, value) in [("height", height), ("width", width)] where value % factor != 0 {
      throw JobFailure(
        .outOfRange, "\(value) is not a multiple of \(factor), which this model needs", field: field)
    }
    let sum = try JobFailure.of("dataset") { try SHA256.hexDigest(ofFile: URL(filePath: metadata)) }
    let recipe = Recipe(
      job: .drawings(request), source: sum,
      models: ([right] + wrong).map { SHA256.hexDigest(of: Data($0.identity.utf8)) })
    let existing = try clock.measure(.check) { () throws(JobFailure) in
      try library.content(of: request.output, madeBy: recipe, as: DrawingsResult.self)
    }
    return Plan(
      job: request, source: source, height: height, width: width, recipe: recipe, existing: existing)
  }

  private var models: DrawingModels {
    DrawingModels(shelf: shelf, resolver: resolver, context: context, clock: clock)
  }

  private func loan(_ job: DrawingsRequest, contrast: Int) throws(JobFailure) -> DrawingModels.Loan {
    try models.model(
      job.model, adapter: job.contrasts[contrast].adapter, field: "model",
      adapterField: "contrasts[\(contrast)].adapter")
  }

  func run(_ plan: Plan) throws(JobFailure) -> DrawingsResult {
    let building = try DatasetBuilding(in: output, recipe: plan.recipe)
    if var existing = plan.existing {
      context.log(LogLine(.info, "\(existing.path) is there already, with the same content"))
      existing.sha256 = try library.sumsDigest(of: plan.job.output)
      existing.existed = true
      building.removeTraces()
      return existing
    }
    let drawn = try drawAll(plan, into: building)
    let originals = plan.job.includesOriginals ? try copyOriginals(plan, into: building) : nil
    let stretches = [originals].compactMap(\.self) + drawn.stretches
    var result = DrawingsResult(
      path: "datasets/\(plan.job.output)", originalTuples: originals?.rows.count ?? 0,
      drawnTuples: plan.job.contrasts.map { _ in plan.tuples }, sha256: "")
    try clock.measure(.write) { () throws(JobFailure) in
      var sums: [String: String] = [:]
      for part in stretches { sums.merge(part.files) { $1 } }
      let text = stretches.flatMap(\.rows).map { $0 + "\n" }.joined()
      sums["metadata.jsonl"] = try building.write(Data(text.utf8), to: "metadata.jsonl")
      result.sha256 = try building.complete(sums, card: .init(recipe: plan.recipe, content: result))
      try library.publish(building.path, as: plan.job.output)
    }
    building.removeTraces()
    result.resumedTuples = drawn.resumed
    return result
  }

  private func drawAll(
    _ plan: Plan, into building: DatasetBuilding
  ) throws(JobFailure) -> (stretches: [DatasetBuilding.Stretch], resumed: Int) {
    var (stretches, resumed): ([DatasetBuilding.Stretch], Int) = ([], 0)
    var meter = ProgressMeter(total: plan.tuples * plan.job.contrasts.count, done: 0, clock: clock)
    for contrast in plan.job.contrasts.indices {
      for first in stride(from: 0, to: plan.tuples, by: plan.stretch) {
        let range = first..<min(first + plan.stretch, plan.tuples)
        let name = "drawn-\(contrast)-\(first)"
        if let done = building.finished(name) {
          stretches.append(done)
          resumed += range.count
        } else {
          try context.checkCancellation()
          let stretch = try draw(range, contrast: contrast, plan, into: building)
          try building.record(stretch, as: name)
          stretches.append(stretch)
        }
        context.progress(meter.advance(.draw, by: range.count))
      }
    }
    if resumed > 0 { context.log(LogLine(.info, "\(resumed) tuples were there from an earlier attempt")) }
    return (stretches, resumed)
  }

  /// Draws some tuples of a contrast; both pictures of a tuple start from the same noise.
  private func draw(
    _ range: Range<Int>, contrast: Int, _ plan: Plan, into building: DatasetBuilding
  ) throws(JobFailure) -> DatasetBuilding.Stretch {
    let job = plan.job
    // Contrasts draw different tuples, as far as there are so many.
    let places = range.map { contrast * plan.tuples + $0 }
    let tuples = places.map { plan.source.tuples[$0 % plan.source.tuples.count] }
    let right = try models.model(job.model, field: "model", adapterField: "adapter")
    let wrong = try loan(job, contrast: contrast)
    func alternative(_ prompts: [String], _ place: Int) -> String {
      var generator = TrainingRandom.generator(seed: job.seed, .example, place)
      return prompts[generator.index(below: prompts.count)]
    }
    let explicit = zip(tuples, places).map { alternative($0.explicitPrompts, $1) }
    let tempting = zip(tuples, places).map { tuple, place in
      alternative(
        job.contrasts[contrast].tier == .implicit ? tuple.implicitPrompts : tuple.superficialPrompts, place)
    }
    let seeds = places.map { UInt64(job.seed + $0) }
    let pictures = [
      try images(explicit, seeds, right.drawing, plan), try images(tempting, seeds, wrong.drawing, plan),
    ]
    var stretch = DatasetBuilding.Stretch(rows: [], files: [:])
    for (index, place) in places.enumerated() {
      let names = ["explicit", "superficial"].map { "drawn-\(Self.padded(place))-\($0).png" }
      for (name, pictures) in zip(names, pictures) {
        stretch.files[name] = try building.write(pictures[index].pngData(), to: name)
      }
      stretch.rows.append(
        try Self.line(TupleRow(tuples[index], explicit: [names[0]], superficial: [names[1]])))
    }
    return stretch
  }

  private func images(
    _ prompts: [String], _ seeds: [UInt64], _ model: DrawingModel, _ plan: Plan
  ) throws(JobFailure) -> [RGBImage] {
    var sampling = FluxPipeline.Sampling()
    (sampling.steps, sampling.guidance) = (plan.job.inferenceSteps, Float(plan.job.guidanceScale))
    sampling.sampler = plan.job.sampler.flow
    let conditioning = clock.measure(.text) {
      prompts.map { model.conditioning($0, maxSequenceLength: model.defaultSequenceLength) }
    }
    let batch = PictureBatch(
      conditioning: conditioning, seeds: seeds, height: plan.height, width: plan.width, sampling: sampling)
    return try clock.measure(.denoise) { () throws(JobFailure) in
      try JobFailure.of("model") {
        try batch.images(with: model.pipeline) { try context.checkCancellation() }
      }
    }
  }

  /// Copies the source's own tuples; done within seconds, and so anew in every attempt.
  private func copyOriginals(
    _ plan: Plan, into building: DatasetBuilding
  ) throws(JobFailure) -> DatasetBuilding.Stretch {
    var stretch = DatasetBuilding.Stretch(rows: [], files: [:])
    for (index, tuple) in plan.source.tuples.enumerated() {
      try context.checkCancellation()
      var copied: [[String]] = []
      for (kind, paths) in [("explicit", tuple.explicitImages), ("superficial", tuple.superficialImages)] {
        var names: [String] = []
        for (number, path) in paths.enumerated() {
          let name =
            "original-\(Self.padded(index))-\(kind)-\(number).\((path as NSString).pathExtension.lowercased())"
          let data = try JobFailure.of("dataset") { try Data(contentsOf: URL(filePath: path)) }
          stretch.files[name] = try building.write(data, to: name)
          names.append(name)
        }
        copied.append(names)
      }
      stretch.rows.append(
        try Self.line(TupleRow(tuple, explicit: copied[0], superficial: copied[1], keepsBoxes: true)))
    }
    return stretch
  }

  private static func line(_ row: TupleRow) throws(JobFailure) -> String {
    String(decoding: try JobJSON.line(row).dropLast(), as: UTF8.self)
  }

  private static func padded(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 6 - "\(number)".count)) + "\(number)"
  }
}

/// A row of a `metadata.jsonl` with the columns that training reads.
private struct TupleRow: Encodable {
  let tuple: TrainingTuple
  let explicit: [String]
  let superficial: [String]
  /// Boxes are right in the original pictures alone.
  let keepsBoxes: Bool

  init(_ tuple: TrainingTuple, explicit: [String], superficial: [String], keepsBoxes: Bool = false) {
    (self.tuple, self.explicit, self.superficial) = (tuple, explicit, superficial)
    self.keepsBoxes = keepsBoxes
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: TrainingTuple.Field.self)
    try fields.encode(tuple.implicitPrompts, forKey: .implicitPrompt)
    try fields.encode(tuple.explicitPrompts, forKey: .explicitPrompt)
    try fields.encode(tuple.superficialPrompts, forKey: .superficialPrompt)
    try fields.encode(explicit, forKey: .explicitImage)
    try fields.encode(superficial, forKey: .superficialImage)
    try fields.encode(tuple.category, forKey: .category)
    try fields.encode(tuple.law, forKey: .law)
    try fields.encodeIfPresent(tuple.object, forKey: .object)
    guard keepsBoxes else { return }
    func numbers(_ box: UnitBox?) -> [Double]? { box.map { [$0.cx, $0.cy, $0.width, $0.height] } }
    try fields.encodeIfPresent(numbers(tuple.explicitBox), forKey: .explicitBox)
    try fields.encodeIfPresent(numbers(tuple.superficialBox), forKey: .superficialBox)
  }
}
