import ArgumentParser
import Foundation
import Jobs
import Ledger

struct LedgerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger", abstract: "Gets at the record of everything that happened to jobs.",
    discussion: """
      EXAMPLE
        scispool ledger export --format csv --spool /var/spool/scispool > jobs.csv
      """,
    subcommands: [Export.self])

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints a table of the ledger as JSON lines or CSV.",
      discussion: """
        EXAMPLE
          scispool ledger export --format csv --spool /var/spool/scispool > jobs.csv
          scispool ledger export --format jsonl --table images | jq -r 'select(.score > 25) | .file'

        All rows as they are at one moment, whether or not a daemon runs. In CSV, what is absent is empty, and a text that a
        spreadsheet would take for a formula gets an apostrophe before it; JSON lines have every text as it is.
        """)

    @OptionGroup var spool: SpoolOptions
    @Option(help: "jsonl: an object a line; csv: with a line of names first.")
    var format: LedgerReader.ExportFormat
    @Option(help: "jobs, attempts, events, images, recent_jobs, prompt_scores or failures.")
    var table = LedgerReader.Table.jobs

    func run() throws {
      try Ledger.reading(path: try spool.folders.ledger.path).export(table, as: format) {
        (piece) throws(JobFailure) in try Terminal.output(piece)
      }
    }
  }
}

extension LedgerReader.ExportFormat: ExpressibleByArgument {}
extension LedgerReader.Table: ExpressibleByArgument {}
