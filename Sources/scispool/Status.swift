import ArgumentParser
import Foundation
import Jobs
import Ledger
import Spooling

struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the queue, or one job with its images and scores.",
    discussion: """
      EXAMPLE
        scispool status --spool /var/spool/scispool
        scispool status night --spool /var/spool/scispool
        scispool status --json | jq '.jobs[] | select(.state == "failed")'
      """)

  @Argument(help: "A job's name.") var name: String?
  @OptionGroup var spool: SpoolOptions
  @Flag(help: "JSON instead of a table.") var json = false

  func run() throws {
    let folders = spool.folders
    let ledger = try Ledger.reading(path: folders.ledger.path)
    if let name { try show(name, ledger, folders) } else { try list(ledger, folders) }
  }

  private struct Listing: Encodable {
    var spool: String
    var served: Bool
    var inbox: Int
    var jobs: [LedgerReader.Summary]
  }

  private func list(_ ledger: LedgerReader, _ folders: SpoolFolders) throws {
    let listing = Listing(
      spool: folders.root.path, served: Submit.isServed(folders),
      inbox: (try? Drop.scan(folders.inbox).count) ?? 0,
      jobs: try ledger.jobs(finished: json ? 1000 : 20))
    if json { return print(String(decoding: try JobJSON.file(listing), as: UTF8.self), terminator: "") }
    print("\(listing.spool): \(listing.served ? "served" : "no daemon"), \(listing.inbox) in the inbox")
    guard !listing.jobs.isEmpty else { return }
    print(
      Terminal.table(
        ["NAME", "KIND", "STATE", "ATTEMPTS", "CLAIMED", "WHY"],
        listing.jobs.map {
          [
            $0.name.oneLine(40), $0.kind ?? "-", $0.state.rawValue, "\($0.attempts)",
            String($0.claimedAt.prefix(19)), ($0.message ?? "").oneLine(),
          ]
        }, rightAligned: [3]))
  }

  private struct Detail: Encodable {
    var job: LedgerReader.Summary
    var progress: JobProgress?
    var images: [Image]

    struct Image: Encodable {
      var file: String
      var prompt: String
      var seed: Int?
      var score: Double?
    }
  }

  private func show(_ name: String, _ ledger: LedgerReader, _ folders: SpoolFolders) throws {
    guard let job = try ledger.job(named: name) else {
      throw JobFailure(.missingInput, "no job is called \(name)", hint: "`scispool status` lists them.")
    }
    let images = try ledger.images(of: job.id)
    let progressFile = Claim.Place(job.id, in: folders).folder.appending(path: "progress.json")
    let progress = (try? Data(contentsOf: progressFile)).flatMap {
      try? JobJSON.value(JobProgress.self, from: $0)
    }
    if json {
      let detail = Detail(
        job: job, progress: progress,
        images: images.map { .init(file: $0.file, prompt: $0.prompt, seed: $0.seed, score: $0.score) })
      return print(String(decoding: try JobJSON.file(detail), as: UTF8.self), terminator: "")
    }
    let place = job.state == .done ? ", outbox/\(name)" : job.state == .failed ? ", failed/\(name)" : ""
    print("\(job.name): \(job.state.rawValue)\(place), attempts \(job.attempts)")
    if let message = job.message { print("\(job.code ?? ""): \(message)") }
    if let progress { print("\(progress.stage) \(progress.step)/\(progress.total)") }
    guard !images.isEmpty else { return }
    print(
      Terminal.table(
        ["PROMPT", "SEED", "SCORE", "FILE"],
        images.map {
          [
            $0.prompt.oneLine(), $0.seed.map(String.init) ?? "-",
            $0.score.map { String(format: "%.3f", $0) } ?? "-", $0.file,
          ]
        }, rightAligned: [1, 2]))
  }
}
