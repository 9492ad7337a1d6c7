import Foundation
import Images
import Jobs
import Rewards

/// Runs a `score` job: how well each image fits its prompt.
struct ScoreRunner {
  let shelf: ModelShelf
  let resolver: PathResolver
  let context: JobContext
  let clock: StageClock

  struct Plan {
    let job: ResolvedScore
    let model: SciScore
    /// Real paths by the paths that the job writes.
    let paths: [String: String]
  }

  /// Finds every image and reads its header, so that a bad one is named before an hour of work.
  ///
  /// - Throws: ``JobFailure`` naming the field at fault.
  func plan(_ request: ScoreRequest) throws(JobFailure) -> Plan {
    let modelPath = try resolver.resolveModel(request.model, field: "model")
    let items: [ScoreItem]
    switch request.source {
    case .items(let listed): items = listed
    case .folder(let folder): items = try ScoreFolder(folder, resolver: resolver).items
    }
    var paths: [String: String] = [:]
    for (index, item) in items.enumerated() {
      for (number, image) in item.images.enumerated() where paths[image] == nil {
        let field = "items[\(index)].images[\(number)]"
        let path = try resolver.resolve(image, as: .file, field: field)
        _ = try JobFailure.of(field) { try RGBImage.size(of: path) }
        paths[image] = path
      }
    }
    let loan = try JobFailure.of("model") {
      try shelf.model(SciScore.self, at: modelPath) { try SciScore(folder: $0) }
    }
    clock.used(loan)
    return Plan(job: ResolvedScore(model: request.model, items: items), model: loan.model, paths: paths)
  }

  func run(_ plan: Plan) throws(JobFailure) -> ScoreResult {
    let items = plan.job.items.map { item in
      ScoringItem(prompt: item.prompt, images: item.images.map { .file(plan.paths[$0] ?? $0) })
    }
    var meter = ProgressMeter(total: items.reduce(0) { $0 + $1.images.count }, done: 0, clock: clock)
    var before = 0
    let scores = try clock.measure(.score) { () throws(JobFailure) in
      try JobFailure.of("items") {
        try plan.model.scores(items) { done, _ in
          context.progress(meter.advance(.score, by: done - before))
          before = done
          try context.checkCancellation()
        }
      }
    }
    let scored = zip(plan.job.items, scores).map { item, scores in
      ScoreResult.Item(
        prompt: item.prompt,
        images: zip(item.images, scores).map {
          ScoreResult.Image(file: $0, score: Double($1.score), probability: Double($1.probability))
        })
    }
    return ScoreResult(model: plan.job.model, items: scored)
  }
}
