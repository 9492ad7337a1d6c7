import Jobs

/// Runs `dataset` jobs: one runner a source.
struct DatasetRunner {
  let order: WorkOrder
  let output: OutputFolder
  let context: JobContext
  let clock: StageClock
  let shelf: ModelShelf
  let version: String

  enum Plan {
    case scenes(SceneDatasetRunner.Plan)
    case drawings(DrawingsRunner.Plan)
    case folder(FolderDatasetRunner.Plan)
    case prompts(PromptListRunner.Plan)
    case imported(ImportRunner.Plan)
    case template(TemplateRunner.Plan)
    case review(ReviewRunner.Plan)

    var job: DatasetRequest {
      switch self {
      case .scenes(let plan): .scenes(plan.job)
      case .drawings(let plan): .drawings(plan.job)
      case .folder(let plan): .folder(plan.job)
      case .prompts(let plan): plan.recipe.job
      case .imported(let plan): plan.recipe.job
      case .template(let plan): .template(plan.job)
      case .review(let plan): .review(plan.job)
      }
    }
  }

  /// Checks everything that can be checked before the first picture.
  func plan(_ request: DatasetRequest) throws(JobFailure) -> Plan {
    switch request {
    case .scenes(let request): .scenes(try scenes.plan(request))
    case .drawings(let request): .drawings(try drawings.plan(request))
    case .folder(let request): .folder(try folder.plan(request))
    case .prompts(let request): .prompts(try prompts.plan(request))
    case .imported(let request): .imported(try imported.plan(request))
    case .template(let request): .template(try template.plan(request))
    case .review(let request): .review(try review.plan(request))
    }
  }

  func run(_ plan: Plan) throws(JobFailure) -> DatasetResult {
    switch plan {
    case .scenes(let plan): .scenes(try scenes.run(plan))
    case .drawings(let plan): .drawings(try drawings.run(plan))
    case .folder(let plan): .folder(try folder.run(plan))
    case .prompts(let plan): .prompts(try prompts.run(plan))
    case .imported(let plan): .imported(try imported.run(plan))
    case .template(let plan): .template(try template.run(plan))
    case .review(let plan): .review(try review.run(plan))
    }
  }

  private var library: DatasetLibrary { DatasetLibrary(spoolRoot: order.folders.spoolRoot) }
  private var resolver: PathResolver { order.folders.resolver }

  private var scenes: SceneDatasetRunner {
    SceneDatasetRunner(library: library, output: output, context: context, clock: clock)
  }
  private var drawings: DrawingsRunner {
    DrawingsRunner(
      library: library, shelf: shelf, resolver: order.folders.resolver, output: output, context: context,
      clock: clock)
  }
  private var folder: FolderDatasetRunner {
    FolderDatasetRunner(resolver: resolver, output: output, context: context, clock: clock)
  }
  private var lists: ListDatasets {
    ListDatasets(resolver: resolver, library: library, output: output)
  }
  private var prompts: PromptListRunner { PromptListRunner(lists: lists) }
  private var imported: ImportRunner { ImportRunner(lists: lists) }
  private var template: TemplateRunner {
    TemplateRunner(
      order: order, shelf: shelf, output: output, context: context, clock: clock, version: version)
  }
  private var review: ReviewRunner {
    ReviewRunner(order: order, library: library, output: output, context: context)
  }
}
