import ArgumentParser
import Daemon
import Foundation
import Jobs
import Ledger
import Spooling

struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows one job: how it stands and why, its attempts, images and scores.",
    discussion: """
      EXAMPLE
        scispool show night --spool /var/spool/scispool
        scispool show night --json | jq '.job.wait'
      """)

  @Argument(help: "The job's name.") var name: String
  @OptionGroup var spool: SpoolOptions
  @Flag(help: "JSON instead of text.") var json = false

  func run() throws {
    let detail = try JobDetail(name, in: try spool.folders)
    print(json ? try Terminal.json(detail) : detail.text, terminator: "")
  }
}

/// All that is to be said of one job.
struct JobDetail: Encodable {
  var job: LedgerReader.Summary
  var progress: JobProgress?
  var failure: JobFailure?
  var attempts: [LedgerReader.Attempt]
  var images: [Image]

  struct Image: Encodable {
    var file: String
    var prompt: String
    var seed: Int?
    var score: Double?
  }

  /// - Throws: ``JobFailure`` `missing_input` for a name that no job has; `no_daemon` where no daemon ever ran.
  init(_ name: String, in folders: SpoolFolders) throws(JobFailure) {
    let ledger = try Ledger.reading(path: folders.ledger.path)
    guard let job = try ledger.job(named: name) else {
      let isDropped = Whereabouts(ofJobNamed: name, in: folders) == .dropped
      throw JobFailure(
        .missingInput,
        isDropped ? "\(name) is in the inbox and not claimed yet" : "no job is called \(name)",
        hint: isDropped ? "A daemon claims it when it is complete." : "`scispool status` lists them.")
    }
    self.job = job
    attempts = try ledger.attempts(of: job.id)
    images = try ledger.images(of: job.id).map {
      Image(file: $0.file, prompt: $0.prompt, seed: $0.seed, score: $0.score)
    }
    let progressFile = Claim.Place(job.id, in: folders).folder.appending(path: "progress.json")
    progress = (try? Data(contentsOf: progressFile)).flatMap {
      try? JobJSON.value(JobProgress.self, from: $0)
    }
    if job.state == .failed, case .failed(_, let failure) = Whereabouts(ofJobNamed: name, in: folders) {
      self.failure = failure
    }
  }

  var text: String {
    let name = job.name.oneLine(255)
    let place =
      switch job.state {
      case _ where job.cleanedAt != nil: ", cleaned away \(job.cleanedAt ?? "")"
      case .done: ", outbox/\(name)"
      case .failed: ", failed/\(name)"
      case .queued, .running: ""
      }
    var lines = ["\(name): \(job.state.rawValue)\(place), attempts \(job.attempts)"]
    if let wait = job.wait { lines.append("waits: \(wait.detail.oneLine(200))") }
    if let code = job.code { lines.append("\(code): \((job.message ?? "").oneLine(200))") }
    if let hint = failure?.hint { lines.append("hint: \(hint.oneLine(200))") }
    if let progress { lines.append("\(progress.stage.oneLine()) \(progress.step)/\(progress.total)") }
    lines.append(
      "kind \(job.kind ?? "-"), owner \(job.owner.map { "\($0.name) (\($0.uid))" } ?? "-"), claimed \(job.claimedAt)"
        + (job.finishedAt.map { ", ended \($0)" } ?? ""))
    if !attempts.isEmpty {
      lines.append(
        Terminal.table(
          ["ATTEMPT", "STARTED", "ENDED", "OUTCOME", "WHY"],
          attempts.map {
            [
              "\($0.number)", $0.startedAt, $0.endedAt ?? "-", $0.outcome ?? "running",
              ($0.message ?? "").oneLine(),
            ]
          }, rightAligned: [0]))
    }
    if !images.isEmpty {
      lines.append(
        Terminal.table(
          ["PROMPT", "SEED", "SCORE", "FILE"],
          images.map {
            [
              $0.prompt.oneLine(), $0.seed.map(String.init) ?? "-",
              $0.score.map { String(format: "%.3f", $0) } ?? "-", $0.file,
            ]
          }, rightAligned: [1, 2]))
    }
    return (lines.joined(separator: "\n") + "\n").spelledOut(keepsLines: true)
  }
}
