import Images
import Jobs
import Rewards
import Scenes

/// Scores pictures for the implicit prompts of their tuples, and asks the oracle where the cases have one.
struct PictureScoring {
  typealias Result = GeneratorBenchmarkResult

  let scorer: SciScore
  let context: JobContext
  let clock: StageClock

  struct Picture {
    let tier: BenchmarkCases.Tier
    /// Index of its case.
    let place: Int
    /// Of its noise, where known.
    let seed: Int?
    /// What it was drawn from.
    let prompt: String
    /// As results call it.
    let file: String
    /// Real path.
    let path: String
  }

  func images(_ pictures: [Picture], of cases: BenchmarkCases) throws(JobFailure) -> [Result.Image] {
    let items = pictures.map { ScoringItem(prompt: cases.all[$0.place].implicit, images: [.file($0.path)]) }
    var meter = ProgressMeter(total: items.count, done: 0, clock: clock)
    var before = 0
    let scores = try clock.measure(.score) { () throws(JobFailure) in
      try JobFailure.of("reward.model") {
        try scorer.scores(items) { done, _ in
          context.progress(meter.advance(.score, by: done - before))
          before = done
          try context.checkCancellation()
        }
      }
    }
    var images: [Result.Image] = []
    for (picture, score) in zip(pictures, scores) {
      let item = cases.all[picture.place]
      let verdict = try cases.oracleQuestion(picture.place).flatMap { task, subject throws(JobFailure) in
        try JobFailure.of("oracle") {
          Oracle.verdict(on: try RGBImage(contentsOf: picture.path), task: task, subject: subject)
        }
      }
      images.append(
        Result.Image(
          tier: picture.tier, row: item.row, category: item.tuple.category, law: item.tuple.law,
          seed: picture.seed, prompt: picture.prompt, file: picture.file, score: Double(score[0].score),
          verdict: verdict?.rawValue))
    }
    return images
  }
}
