import Foundation
import Jobs
import Pages

/// Runs jobs of every kind, one at a time, on the thread that calls it; the worker process and the foreground command
/// share it.
package final class JobRunner {
  private let shelf: ModelShelf
  private let version: String
  private let environment: [String: String]
  private let admission: MemoryAdmission?

  /// - Parameters:
  ///   - version: The program's, for results and pictures.
  ///   - admission: Looks before every job whether there is memory for it; nil to try without.
  ///   - environment: Where keys for endpoints are looked up.
  package init(
    shelf: ModelShelf, version: String, environment: [String: String] = ProcessInfo.processInfo.environment,
    admission: MemoryAdmission? = nil
  ) {
    (self.shelf, self.version, self.environment) = (shelf, version, environment)
    self.admission = admission
  }

  /// Runs one attempt at a job and leaves `order.folders.output` complete: `result.json`, `job.json`, `images/`,
  /// `report.html`, `contact-sheet.png` and `log.txt`.
  ///
  /// - Throws: ``JobFailure``; what was finished by then stays in the output folder for the next attempt. A job that is not
  ///   admitted leaves no folder.
  package func run(_ order: WorkOrder, _ context: JobContext) throws(JobFailure) -> JobResult {
    let output = OutputFolder(path: order.folders.output)
    let log = JobLog(output: output, forwarding: context.log)
    var context = context
    context.log = log.write
    do throws(JobFailure) {
      log.write(LogLine(.info, "attempt \(order.attempt) of \(order.name.quotedForMessage()) begins"))
      let result = try attempt(order, output, context)
      log.write(LogLine(.info, "done after \(result.timings.total.rounded(to: 2)) s"))
      return result
    } catch {
      log.write(LogLine(.error, "\(error.code.rawValue): \(error)"))
      throw error
    }
  }

  private func attempt(
    _ order: WorkOrder, _ output: OutputFolder, _ context: JobContext
  ) throws(JobFailure) -> JobResult {
    let (started, clock) = (Date(), StageClock())
    let request = try JobRequest(reading: Data(order.job.utf8))
    let plan = MemoryPlanner(order.folders.resolver).plan(request)
    clock.plannedMemory = plan?.peak
    if let admission, let plan {
      context.log(LogLine(.debug, "takes about \(plan.peak.asBytes) of memory"))
      try admission.admit(plan, shelf)
    }
    let resolved: ResolvedJob.Work
    let outcome: JobResult.Outcome
    var rows: [MetricsFile.Row] = []
    switch request.work {
    case .generate(let generate):
      let runner = GenerateRunner(
        shelf: shelf, resolver: order.folders.resolver, output: output, context: context, clock: clock,
        version: version
      )
      let plan = try runner.plan(generate)
      try output.make()
      resolved = .generate(plan.job)
      outcome = .generate(try runner.run(plan))
    case .score(let score):
      let runner = ScoreRunner(shelf: shelf, resolver: order.folders.resolver, context: context, clock: clock)
      let plan = try runner.plan(score)
      try output.make()
      resolved = .score(plan.job)
      outcome = .score(try runner.run(plan))
    case .reward(let reward):
      let runner = RewardRunner(
        shelf: shelf, resolver: order.folders.resolver, output: output, context: context, clock: clock,
        order: order)
      let plan = try runner.plan(reward)
      try output.make()
      resolved = .reward(plan.job)
      let trained = try runner.run(plan)
      (outcome, rows) = (.training(trained.result), trained.rows)
    case .sft(let sft):
      let runner = SFTRunner(adapters: adapterJob(order, output, context, clock))
      let plan = try runner.plan(sft)
      try output.make()
      resolved = .sft(plan.job)
      let trained = try runner.run(plan)
      (outcome, rows) = (.training(trained.result), trained.rows)
    case .oft(let oft):
      let runner = OFTRunner(adapters: adapterJob(order, output, context, clock))
      let plan = try runner.plan(oft)
      try output.make()
      resolved = .oft(plan.job)
      let trained = try runner.run(plan)
      (outcome, rows) = (.training(trained.result), trained.rows)
    case .benchmark(let benchmark):
      let runner = BenchmarkRunner(
        shelf: shelf, resolver: order.folders.resolver, output: output, context: context, clock: clock,
        spoolRoot: order.folders.spoolRoot, version: version, environment: environment)
      let plan = try runner.plan(benchmark)
      try output.make()
      resolved = .benchmark(plan.job)
      outcome = .benchmark(try runner.run(plan))
    case .dataset(let dataset):
      let runner = DatasetRunner(
        order: order, output: output, context: context, clock: clock, shelf: shelf, version: version)
      let plan = try runner.plan(dataset)
      try output.make()
      resolved = .dataset(plan.job)
      outcome = .dataset(try runner.run(plan))
    }
    let job = ResolvedJob(options: request.options, work: resolved)
    var result = JobResult(
      id: order.id, name: order.name, attempt: order.attempt, started: started, finished: Date(),
      labels: request.options.labels, outcome: outcome, timings: clock.timings, version: version)
    try output.write(try JobJSON.file(job), to: "job.json", isSynced: false)
    try writePages(about: result, job, rows, order, output, context, clock)
    result.finished = Date()
    result.timings = clock.timings
    context.artifact(try output.write(try JobJSON.file(result), to: "result.json", isSynced: false))
    // The job is done: what only further attempts would need goes.
    TrainingCheckpoints(output: output.path).remove()
    return result
  }

  private func adapterJob(
    _ order: WorkOrder, _ output: OutputFolder, _ context: JobContext, _ clock: StageClock
  ) -> AdapterJob {
    AdapterJob(
      shelf: shelf, resolver: order.folders.resolver, output: output, context: context, clock: clock,
      order: order)
  }

  private func writePages(
    about result: JobResult, _ job: ResolvedJob, _ rows: [MetricsFile.Row], _ order: WorkOrder,
    _ output: OutputFolder, _ context: JobContext, _ clock: StageClock
  ) throws(JobFailure) {
    let page = ReportPage(
      result: result, job: job, rows: rows,
      pictures: ReportPictures(output: output, order.folders.resolver, context, clock))
    context.artifact(try output.write(Data(page.html.utf8), to: "report.html", isSynced: false))
    if case .generate(let generated) = result.outcome,
      let sheet = try Self.contactSheet(generated, output, context)
    {
      context.artifact(try output.write(sheet, to: "contact-sheet.png", isSynced: false))
    }
  }
}

/// A job's `log.txt`, written line by line so that it tells of attempts that were killed, too.
final class JobLog {
  private let output: OutputFolder
  private let forward: (LogLine) -> Void
  /// Lines from before the output folder was made.
  private var unwritten = Data()

  init(output: OutputFolder, forwarding: @escaping (LogLine) -> Void) {
    (self.output, self.forward) = (output, forwarding)
  }

  func write(_ line: LogLine) {
    forward(line)
    // Lines of our own making are set in; what comes from a job cannot begin one, for its texts are quoted.
    let text = line.message.spelledOut(keepsLines: true).replacing("\n", with: "\n    ")
    let stamp = Date().formatted(.iso8601)
    unwritten += Data("\(stamp) \(line.level.rawValue): \(text)\n".utf8)
    // A log that cannot be written is no reason to lose the job; a full disk shows with the first image.
    if (try? output.append(unwritten, to: "log.txt", isSynced: false)) != nil { unwritten.removeAll() }
  }
}
