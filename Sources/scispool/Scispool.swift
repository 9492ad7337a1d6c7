import ArgumentParser
import Foundation
import Jobs

/// The one executable: a file per subcommand.
@main
struct Scispool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scispool",
    abstract:
      "Draws images with FLUX-family models and scores their scientific correctness, from a spool folder.",
    discussion: """
      EXAMPLE
        scispool serve --spool /var/spool/scispool &
        scispool submit night.json --spool /var/spool/scispool --wait

      Exit codes: 0 done, 64 usage, 65 bad job file or data, 66 missing input, 69 no daemon, 70 internal,
      73 cannot write, 75 try again later.
      """,
    version: Version.text,
    subcommands: [
      Serve.self, Run.self, Submit.self, Validate.self, Status.self, Top.self, Show.self, Logs.self,
      Wait.self,
      TestCommand.self, Cancel.self, HoldCommand.self, Release.self, Retry.self, Pause.self, Resume.self,
      ReadCommand.self, Clean.self, Config.self, Doctor.self, LedgerCommand.self, Models.self,
      ScenesCommand.self,
      LeaderboardCommand.self, Reproduce.self, Bench.self, ManualCommand.self, Worker.self,
    ])

  static func main() {
    // A reader that goes away (`scispool status | head`) is an error of the write, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as JobFailure {
      Terminal.complain("scispool: \(failure)")
      Foundation.exit(failure.code.exitCode)
    } catch {
      exit(withError: error)
    }
  }
}

/// What this build calls itself.
enum Version {
  static let text = "0.1.0"
}
