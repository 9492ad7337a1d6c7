import Jobs

/// Runs a `benchmark` job: a runner a suite.
struct BenchmarkRunner {
  let shelf: ModelShelf
  let resolver: PathResolver
  let output: OutputFolder
  let context: JobContext
  let clock: StageClock
  let spoolRoot: String
  let version: String

  enum Plan {
    case evaluator(EvaluatorBenchmark.Plan)
    case generator(GeneratorBenchmark.Plan)
    case images(ImagesBenchmark.Plan)

    var job: BenchmarkRequest {
      switch self {
      case .evaluator(let plan): .evaluator(plan.job)
      case .generator(let plan): .generator(plan.job)
      case .images(let plan): .images(plan.job)
      }
    }
  }

  /// Checks everything that can be checked before the first picture.
  func plan(_ request: BenchmarkRequest) throws(JobFailure) -> Plan {
    switch request {
    case .evaluator(let request): .evaluator(try evaluator.plan(request))
    case .generator(let request): .generator(try generator.plan(request))
    case .images(let request): .images(try images.plan(request))
    }
  }

  func run(_ plan: Plan) throws(JobFailure) -> BenchmarkResult {
    switch plan {
    case .evaluator(let plan): .evaluator(try evaluator.run(plan))
    case .generator(let plan): .generator(try generator.run(plan))
    case .images(let plan): .images(try images.run(plan))
    }
  }

  private var evaluator: EvaluatorBenchmark {
    EvaluatorBenchmark(shelf: shelf, resolver: resolver, output: output, context: context, clock: clock)
  }

  private var images: ImagesBenchmark {
    ImagesBenchmark(shelf: shelf, resolver: resolver, output: output, context: context, clock: clock)
  }

  private var generator: GeneratorBenchmark {
    GeneratorBenchmark(
      shelf: shelf, resolver: resolver, output: output, context: context, clock: clock, spoolRoot: spoolRoot,
      version: version)
  }
}
