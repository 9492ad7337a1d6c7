import ArgumentParser
import Daemon
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
        scispool logs -f night                     # goes on until the job ends
      """)

  @Argument(help: "The job's name.") var name: String
  @OptionGroup var spool: SpoolOptions
  @Flag(name: [.customShort("f"), .long], help: "Go on printing until the job is done or has failed.")
  var follow = false

  func run() throws {
    let folders = try spool.folders
    guard follow else {
      guard let log = Self.log(of: name, in: folders) else { throw missing }
      return try Terminal.output(log.content)
    }
    var printed = 0
    while true {
      let whereabouts = Whereabouts(ofJobNamed: name, in: folders)
      if whereabouts == .unknown { throw missing }
      if let log = Self.log(of: name, in: folders) {
        // The log moves with the job and only grows.
        try Terminal.output(log.content.dropFirst(printed))
        printed = max(printed, log.content.count)
      }
      switch whereabouts {
      case .done, .failed: return
      case .unknown, .dropped, .claimed: usleep(100_000)
      }
    }
  }

  private var missing: JobFailure {
    JobFailure(.missingInput, "no job called \(name) has a log", hint: "`scispool status` lists the jobs.")
  }

  private static func log(of name: String, in folders: SpoolFolders) -> (content: Data, place: URL)? {
    var places = [folders.outbox, folders.failed].map { $0.appending(path: name).appending(path: "log.txt") }
    if case .claimed(let id) = Whereabouts(ofJobNamed: name, in: folders) {
      places.insert(Claim.Place(id, in: folders).log, at: 0)
    }
    for place in places {
      if let content = try? Data(contentsOf: place) { return (content, place) }
    }
    return nil
  }
}
