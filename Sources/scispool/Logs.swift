import ArgumentParser
import Foundation
import Jobs
import Ledger
import Spooling

struct Logs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints a job's log, finished or not.",
    discussion: """
      EXAMPLE
        scispool logs night --spool /var/spool/scispool
      """)

  @Argument(help: "The job's name.") var name: String
  @OptionGroup var spool: SpoolOptions

  func run() throws {
    let folders = spool.folders
    var places = [folders.outbox, folders.failed].map { $0.appending(path: name).appending(path: "log.txt") }
    if let ledger = try? Ledger.reading(path: folders.ledger.path), let job = try ledger.job(named: name) {
      places.insert(Claim.Place(job.id, in: folders).log, at: 0)
    }
    for place in places {
      if let data = try? Data(contentsOf: place) { return FileHandle.standardOutput.write(data) }
    }
    throw JobFailure(
      .missingInput, "no job called \(name) has a log", hint: "`scispool status` lists the jobs.")
  }
}
