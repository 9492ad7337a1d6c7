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
  let environment: [String: String]

  enum Plan {
    case evaluator(EvaluatorBenchmark.Plan)
    case generator(GeneratorBenchmark.Plan)
    case images(ImagesBenchmark.Plan)
    case judge(JudgeBenchmark.Plan)
    case pairwise(PairwiseBenchmark.Plan)

    var job: BenchmarkRequest {
      switch self {
      case .evaluator(let plan): .evaluator(plan.job)
      case .generator(let plan): .generator(plan.job)
      case .images(let plan): .images(plan.job)
      case .judge(let plan): .judge(plan.job)
      case .pairwise(let plan): .pairwise(plan.job)
      }
    }
  }

  /// Checks everything that can be checked before the first picture.
  func plan(_ request: BenchmarkRequest) throws(JobFailure) -> Plan {
    switch request {
    case .evaluator(let request): .evaluator(try evaluator.plan(request))
    case .generator(let request): .generator(try generator.plan(request))
    case .images(let request): .images(try images.plan(request))
    case .judge(let request): .judge(try judge.plan(request))
    case .pairwise(let request): .pairwise(try pairwise.plan(request))
    }
  }

  func run(_ plan: Plan) throws(JobFailure) -> BenchmarkResult {
    switch plan {
    case .evaluator(let plan): .evaluator(try evaluator.run(plan))
    case .generator(let plan): .generator(try generator.run(plan))
    case .images(let plan): .images(try images.run(plan))
    case .judge(let plan): .judge(try judge.run(plan))
    case .pairwise(let plan): .pairwise(try pairwise.run(plan))
    }
  }

  private var evaluator: EvaluatorBenchmark {
    EvaluatorBenchmark(shelf: shelf, resolver: resolver, output: output, context: context, clock: clock)
  }

  private var images: ImagesBenchmark {
    ImagesBenchmark(shelf: shelf, resolver: resolver, output: output, context: context, clock: clock)
  }

  private var judge: JudgeBenchmark {
    JudgeBenchmark(
      resolver: resolver, output: output, context: context, clock: clock, spoolRoot: spoolRoot,
      environment: environment)
  }

  private var pairwise: PairwiseBenchmark {
    PairwiseBenchmark(
      resolver: resolver, output: output, context: context, clock: clock, spoolRoot: spoolRoot,
      environment: environment)
  }

  private var generator: GeneratorBenchmark {
    GeneratorBenchmark(
      shelf: shelf, resolver: resolver, output: output, context: context, clock: clock, spoolRoot: spoolRoot,
      version: version)
  }
}
