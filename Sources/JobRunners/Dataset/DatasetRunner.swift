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

    var job: DatasetRequest {
      switch self {
      case .scenes(let plan): .scenes(plan.job)
      }
    }
  }

  /// Checks everything that can be checked before the first picture.
  func plan(_ request: DatasetRequest) throws(JobFailure) -> Plan {
    switch request {
    case .scenes(let request): .scenes(try scenes.plan(request))
    }
  }

  func run(_ plan: Plan) throws(JobFailure) -> DatasetResult {
    switch plan {
    case .scenes(let plan): .scenes(try scenes.run(plan))
    }
  }

  private var scenes: SceneDatasetRunner {
    SceneDatasetRunner(
      library: DatasetLibrary(spoolRoot: order.folders.spoolRoot), output: output, context: context,
      clock: clock)
  }
}
