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
      job as read: not show, nor wait.
      """)

  @Argument(help: ArgumentHelp("Names of jobs.", valueName: "name")) var names: [String]
  @OptionGroup var spool: SpoolOptions
  @Flag(help: "Mark as unread.") var undo = false

  func run() throws {
    var worst: JobFailure?
    for name in names {
      do throws(JobFailure) { try mark(name) } catch {
        Terminal.complain("scispool: \(error)")
        worst = worst ?? error
      }
    }
    if let worst { throw ExitCode(worst.code.exitCode) }
  }

  private func mark(_ name: String) throws(JobFailure) {
    let folders = try spool.folders
    let places = StoredJob.Area.allCases.map { folders.url(of: $0).appending(path: name) }
    // A name with a slash would lead elsewhere.
    guard !name.contains("/"), ![".", ".."].contains(name),
      let folder = places.first(where: { Publication(folders: folders).id(ofPublished: $0) != nil })
    else {
      throw JobFailure(
        .missingInput, "neither outbox/ nor failed/ has a job called \(name.quotedForMessage())",
        hint: "`scispool status` lists the jobs.")
    }
    if undo { try ReadMark.remove(from: folder) } else { try ReadMark.set(in: folder) }
  }
}
