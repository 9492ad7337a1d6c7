import ArgumentParser
import Foundation
import Jobs
import Spooling

struct Pause: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Has a spool start no more jobs, until resume.",
    discussion: """
      EXAMPLE
        scispool pause --reason "backup" --spool /var/spool/scispool

      Jobs are still claimed. The running job runs to its end; with --now it is put back at its next step and keeps
      what it has done. The pause is the file control/paused: it outlives restarts and needs no daemon.
      """)

  @OptionGroup var spool: SpoolOptions
  @Option(help: ArgumentHelp("Why; status shows it.", valueName: "text")) var reason = "no reason given"
  @Flag(help: "Put the running job back at its next step.") var now = false

  func run() throws {
    try SpoolPause(reason: reason, pausedAt: Date(), putsBack: now).write(in: try spool.folders)
  }
}

struct Resume: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lets a paused spool start jobs again.",
    discussion: """
      EXAMPLE
        scispool resume --spool /var/spool/scispool
      """)

  @OptionGroup var spool: SpoolOptions

  func run() throws { try SpoolPause.remove(in: try spool.folders) }
}
