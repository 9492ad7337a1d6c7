import Jobs

/// Runs `dataset` jobs: one runner a source.
struct DatasetRunner {
  let order: WorkOrder
  let output: OutputFolder
  let context: JobContext
  let clock: StageClock
  let shelf: ModelShelf

  enum Plan {
    case scenes(SceneDatasetRunner.Plan)
    case drawings(DrawingsRunner.Plan)

    var job: DatasetRequest {
      switch self {
      case .scenes(let plan): .scenes(plan.job)
      case .drawings(let plan): .drawings(plan.job)
      }
    }
  }

  /// Checks everything that can be checked before the first picture.
  func plan(_ request: DatasetRequest) throws(JobFailure) -> Plan {
    switch request {
    case .scenes(let request): .scenes(try scenes.plan(request))
    case .drawings(let request): .drawings(try drawings.plan(request))
    }
  }

  func run(_ plan: Plan) throws(JobFailure) -> DatasetResult {
    switch plan {
    case .scenes(let plan): .scenes(try scenes.run(plan))
    case .drawings(let plan): .drawings(try drawings.run(plan))
    }
  }

  private var library: DatasetLibrary { DatasetLibrary(spoolRoot: order.folders.spoolRoot) }

  private var scenes: SceneDatasetRunner {
    SceneDatasetRunner(library: library, output: output, context: context, clock: clock)
  }

  private var drawings: DrawingsRunner {
    DrawingsRunner(
      library: library, shelf: shelf, resolver: order.folders.resolver, output: output, context: context,
      clock: clock)
  }
}
