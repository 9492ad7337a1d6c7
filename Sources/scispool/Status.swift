import ArgumentParser
import Foundation
import Jobs
import Ledger
import Spooling

struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the queue and why jobs wait, or one job as show does.",
    discussion: """
      EXAMPLE
        scispool status --spool /var/spool/scispool
        scispool status --watch                    # every second, until Ctrl-C
        scispool status night --spool /var/spool/scispool
        scispool status --json | jq '.jobs[] | select(.wait.cause == "held")'
      """)

  @Argument(help: "A job's name.") var name: String?
  @OptionGroup var spool: SpoolOptions
  @Flag(help: "JSON instead of a table.") var json = false
  @Flag(help: "Show it again every second.") var watch = false

  func run() throws {
    while true {
      let text = try text()
      let clears = watch && isatty(STDOUT_FILENO) == 1
      // Home and clear, as `watch` does.
      try Terminal.output(Data(((clears ? "\u{1b}[H\u{1b}[J" : "") + text).utf8))
      guard watch else { return }
      usleep(1_000_000)
    }
  }

  private func text() throws(JobFailure) -> String {
    let folders = try spool.folders
    if let name {
      let detail = try JobDetail(name, in: folders)
      return json ? try Terminal.json(detail) : detail.text
    }
    let listing = try Listing(folders, finished: json ? 1000 : 20)
    return json ? try Terminal.json(listing) : listing.text
  }

  private struct Listing: Encodable {
    var spool: String
    var served: Bool
    var paused: SpoolPause?
    var degraded: Degradation?
    var inbox: Int
    var jobs: [LedgerReader.Summary]

    init(_ folders: SpoolFolders, finished: Int) throws(JobFailure) {
      let ledger = try Ledger.reading(path: folders.ledger.path)
      spool = folders.root.path
      served = Submit.isServed(folders)
      paused = SpoolPause(in: folders)
      degraded = served ? Degradation(in: folders) : nil
      inbox = (try? Drop.scan(folders.inbox).count) ?? 0
      jobs = try ledger.jobs(finished: finished)
    }

    var text: String {
      let state =
        (paused.map { ", paused: \($0.reason.oneLine())" } ?? "")
        + (degraded.map { ", degraded since \($0.since.formatted(.iso8601)): \($0.reason.oneLine(200))" }
          ?? "")
      let head = "\(spool): \(served ? "served" : "no daemon"), \(inbox) in the inbox\(state)\n"
      guard !jobs.isEmpty else { return head }
      return head
        + Terminal.table(
          ["NAME", "KIND", "STATE", "ATTEMPTS", "CLAIMED", "OWNER", "WHY"],
          jobs.map {
            [
              $0.name.oneLine(40), $0.kind ?? "-",
              $0.wait?.cause == .held ? "held" : $0.state.rawValue,
              "\($0.attempts)", String($0.claimedAt.prefix(19)), ($0.owner?.name ?? "-").oneLine(32),
              ($0.wait?.detail ?? $0.message ?? "").oneLine(),
            ]
          }, rightAligned: [3]) + "\n"
    }
  }
}
