import GRDB
import Jobs

/// One picture that a job drew or scored.
package struct LedgerImage: Sendable, Equatable {
  package var file: String
  package var prompt: String
  package var seed: Int?
  package var height: Int?
  package var width: Int?
  package var score: Double?
  package var sha256: String?
  package var seconds: Double?

  func insert(_ db: Database, job: String) throws {
    try db.run(
      "INSERT INTO images (job_id, file, prompt, seed, height, width, score, sha256, seconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      [job, file, prompt, seed, height, width, score, sha256, seconds])
  }

  /// The pictures of a result.
  package static func all(of outcome: JobResult.Outcome) -> [LedgerImage] {
    switch outcome {
    case .generate(let result):
      result.images.map {
        LedgerImage(
          file: $0.file, prompt: $0.prompt, seed: $0.seed, height: $0.height, width: $0.width,
          score: $0.score,
          sha256: $0.sha256, seconds: $0.seconds)
      }
    case .score(let result):
      result.items.flatMap { item in
        item.images.map { LedgerImage(file: $0.file, prompt: item.prompt, score: $0.score) }
      }
    // Its validation images are many and of one run; the run's own report shows them.
    case .training: []
    // Its scores.jsonl lists them.
    case .benchmark: []
    // Its pictures belong to the data set.
    case .dataset: []
    }
  }
}
