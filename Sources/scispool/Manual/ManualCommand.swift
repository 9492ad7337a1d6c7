import ArgumentParser
import Foundation
import Jobs

/// Writes the manual pages; for installers.
struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Writes a manual page for every command, from what --help says.",
    shouldDisplay: false)

  @Option(help: ArgumentHelp("A folder that is there.", valueName: "dir")) var out: String

  func run() throws {
    for page in ManualPage.all(try CommandTree.all()) {
      let file = URL(filePath: out).appending(path: page.fileName)
      do { try Data(page.text.utf8).write(to: file) } catch {
        throw JobFailure(
          .cannotWrite, "cannot write \(file.path): \(error.localizedDescription)", hint: "Make the folder.")
      }
    }
  }
}
