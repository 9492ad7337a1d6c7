import ArgumentParser
import Foundation
import Jobs
import Spooling

struct ReadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "read",
    abstract: "Marks finished and failed jobs as read: clean may remove them.",
    discussion: """
      EXAMPLE
        scispool wait night --spool /var/spool/scispool && cp -r /var/spool/scispool/outbox/night . && scispool read night

      The mark is the file .read in the job's folder; `touch` makes it as well. --undo takes it away. Nothing else marks a
      job as read: not show, nor wait. Who may not write to the folder asks the daemon through the control folder.
      """)

  @OptionGroup var control: ControlOptions
  @Flag(help: "Mark as unread.") var undo = false

  func run() throws {
    var worst: JobFailure?
    for name in control.names {
      do throws(JobFailure) { try mark(name) } catch {
        Terminal.complain("scispool: \(error)")
        worst = worst ?? error
      }
    }
    if let worst { throw ExitCode(worst.code.exitCode) }
  }

  private func mark(_ name: String) throws(JobFailure) {
    guard let folder = Publication(folders: try control.spool.folders).folder(ofJobNamed: name) else {
      throw JobFailure(
        .missingInput, "neither outbox/ nor failed/ has a job called \(name.quotedForMessage())",
        hint: "`scispool status` lists the jobs.")
    }
    if access(folder.path, W_OK) != 0, errno == EACCES {
      _ = try control.answer(to: undo ? .unread : .read, name)
    } else if undo {
      try ReadMark.remove(from: folder)
    } else {
      try ReadMark.set(in: folder)
    }
  }
}
