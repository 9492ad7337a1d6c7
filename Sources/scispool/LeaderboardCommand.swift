import ArgumentParser
import Foundation
import Jobs
import Leaderboards
import Ledger
import Spooling

struct LeaderboardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "leaderboard",
    abstract: "Ranks the finished benchmarks of a spool on a page and in a CSV file.",
    discussion: """
      Only runs of equal conditions share a table: the same suite, data set, prompts, seeds, sizes and scorer. Writes
      leaderboard.html and leaderboard.csv.

      EXAMPLE
        scispool leaderboard --spool /var/spool/scispool
        scispool leaderboard --spool /var/spool/scispool --suite evaluator --dataset datasets/test --out /srv/www
      """)

  @OptionGroup var spool: SpoolOptions
  @Option(
    help: ArgumentHelp("The folder to write into (default: the spool's root).", valueName: "dir"))
  var out: String?
  @Option(help: "Only this suite: evaluator, generator, images, judge or pairwise.")
  var suite: BenchmarkRequest.Suite?
  @Option(help: "Only this data set, as jobs name it.") var dataset: String?

  func run() throws {
    let folders = try spool.folders
    var runs: [BenchmarkRun] = []
    var unreadable: [BenchmarkRun.Problem] = []
    var names: Set<String> = []
    for job in try Ledger.reading(path: folders.ledger.path).done(kind: .benchmark) {
      do throws(BenchmarkRun.Problem) {
        let run = try BenchmarkRun(
          name: job.name, id: job.id, folder: folders.outbox.appending(path: job.name))
        if isWanted(run) { runs.append(run) }
        names.insert(job.name)
      } catch {
        // Of an older job of a name whose folder a newer one has, there is nothing to tell.
        if names.insert(job.name).inserted { unreadable.append(error) }
      }
    }
    let board = Leaderboard(runs, unreadable: unreadable)
    let target = out.map { URL(filePath: $0) } ?? folders.root
    try FileSystem.system.makeFolder(target)
    let reports = out == nil ? "outbox" : folders.outbox.absoluteString.trimmingTrailingSlash
    for (file, text) in [("leaderboard.html", board.html(reports: reports)), ("leaderboard.csv", board.csv)] {
      try FileSystem.system.write(Data(text.utf8), to: target.appending(path: file))
    }
    let count = board.boards.reduce(0) { $0 + $1.entries.count }
    print("\(count) rows in \(board.boards.count) tables, \(board.unranked.count) runs not ranked")
    print("\(target.appending(path: "leaderboard.html").path), leaderboard.csv")
  }

  private func isWanted(_ run: BenchmarkRun) -> Bool {
    (suite == nil || run.suite == suite)
      && (dataset.map { $0.trimmingTrailingSlash == run.dataset?.trimmingTrailingSlash } ?? true)
  }
}

extension BenchmarkRequest.Suite: ExpressibleByArgument {}

extension String {
  fileprivate var trimmingTrailingSlash: String {
    hasSuffix("/") && count > 1 ? String(dropLast()) : self
  }
}
