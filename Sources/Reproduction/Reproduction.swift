import Evaluation
import Foundation
import Jobs
import Pages

/// Reads what the jobs of a ``ReproductionPlan`` found, and holds it against what Science-T2I publishes.
package struct Reproduction {
  typealias Plan = ReproductionPlan
  typealias Finding = ResultsDocument.Finding
  typealias Section = ResultsDocument.Section

  let plan: ReproductionPlan
  let jobs: FinishedJobs

  package init(_ plan: ReproductionPlan, _ jobs: FinishedJobs) { (self.plan, self.jobs) = (plan, jobs) }

  /// - Throws: ``JobFailure`` naming a job that is not done.
  package func document() throws(JobFailure) -> ResultsDocument {
    let (scorers, generators) = (try scorerFindings(), try generatorFindings())
    return ResultsDocument(
      introduction: try introduction(), findings: scorers.findings + generators.findings,
      sections: scorers.sections + generators.sections + [try heldOut(), try times()])
  }

  private func introduction() throws(JobFailure) -> [String] {
    let seed = plan.seed == 1 ? "" : " --seed \(plan.seed)"
    let scenes = try jobs.scenes("scenes")
    let sizes = scenes.splits.map { "\($0.name) \($0.tuples)" }.joined(separator: ", ")
    return [
      "Written by `Spool/reproduce.sh\(seed)`: the claims of Science-T2I (arXiv:2504.13129) at the size of the miniature models, from job files alone. The world is procedural: 16 tasks, pictures of 64×64 pixels, a pixel oracle that knows what is right. Tuples: \(sizes).",
      "Known: subjects of the training set, in new pictures and wordings that training never shows. Unseen: subjects that training never shows, either. ± is the sample standard deviation over \(Plan.runs.count) runs with different seeds, unless it is said to be a standard error (SE).",
      "What models draw is measured by a SciScore trained, like the paper's, on pictures that a model drew beside those of the world (λ = \(Plan.lambda)). The scorer that rewards online fine-tuning is trained alike from another seed: the one that measures is never optimized against.",
    ]
  }

  private func heldOut() throws(JobFailure) -> Section {
    let scenes = try jobs.scenes("scenes")
    let rows = scenes.heldOutSubjects.sorted { $0.key < $1.key }.map {
      [$0.key, $0.value.joined(separator: ", ")]
    }
    return Section(
      title: "What is held out",
      parts: [
        .text(
          "The unseen split has these subjects, and no other split has them. Of every subject the last two implicit wordings are in the test splits only. The job `scenes` checks both, and that no two splits share a picture."
        ), .table(["task", "subjects never seen"], rows),
      ])
  }

  private func times() throws(JobFailure) -> Section {
    let planned = plan.jobs
    var seconds: [PlannedJob.Recipe: [Double]] = [:]
    var (first, last) = (Date.distantFuture, Date.distantPast)
    for job in planned {
      let result = try jobs.result(job.name)
      seconds[job.recipe, default: []].append(result.timings.total)
      (first, last) = (min(first, result.started), max(last, result.finished))
    }
    let rows = PlannedJob.Recipe.allCases.compactMap { recipe in
      seconds[recipe].map { times in
        let sum = times.reduce(0, +)
        return [
          recipe.rawValue, "\(times.count)", PageText.duration(sum),
          PageText.duration(sum / Double(times.count)),
        ]
      }
    }
    return Section(
      title: "Time",
      parts: [
        .text(
          "From the start of the first job to the end of the last: \(PageText.duration(last.timeIntervalSince(first))), of which jobs ran \(PageText.duration(seconds.values.joined().reduce(0, +))); \(ProcessInfo.processInfo.activeProcessorCount) processors, \(planned.count) jobs."
        ), .table(["recipe", "jobs", "together", "each"], rows),
      ])
  }

  /// Seconds that the jobs took.
  func seconds(_ names: [String]) throws(JobFailure) -> Double {
    var sum = 0.0
    for name in names { sum += try jobs.result(name).timings.total }
    return sum
  }
}

/// Values of several runs.
struct Runs {
  let values: [Double]

  init(_ values: [Double]) { self.values = values }

  var mean: Double { MeanEstimate(values)?.mean ?? .nan }
  /// Of the sample; 0 for one run.
  var deviation: Double {
    (MeanEstimate(values)?.standardError ?? 0) * Double(values.count).squareRoot()
  }

  /// `mean ± deviation`, the values times a factor.
  func text(_ factor: Double = 1, digits: Int = 1) -> String {
    "\((factor * mean).rounded(to: digits)) ± \((factor * deviation).rounded(to: digits))"
  }
}
