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

    var job: BenchmarkRequest {
      switch self {
      case .evaluator(let plan): .evaluator(plan.job)
      case .generator(let plan): .generator(plan.job)
      }
    }
  }

  /// Checks everything that can be checked before the first picture.
  func plan(_ request: BenchmarkRequest) throws(JobFailure) -> Plan {
    switch request {
    case .evaluator(let request): .evaluator(try evaluator.plan(request))
    case .generator(let request): .generator(try generator.plan(request))
    }
  }

  func run(_ plan: Plan) throws(JobFailure) -> BenchmarkResult {
    switch plan {
    case .evaluator(let plan): .evaluator(try evaluator.run(plan))
    case .generator(let plan): .generator(try generator.run(plan))
    }
  }

  private var evaluator: EvaluatorBenchmark {
    EvaluatorBenchmark(shelf: shelf, resolver: resolver, output: output, context: context, clock: clock)
  }

  private var generator: GeneratorBenchmark {
    GeneratorBenchmark(
      shelf: shelf, resolver: resolver, output: output, context: context, clock: clock, spoolRoot: spoolRoot,
      version: version)
  }
}
