import ArgumentParser
import Daemon
import Foundation
import Jobs

struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Tells by its exit code how a job stands.",
    discussion: """
      EXAMPLE
        scispool test night --spool /var/spool/scispool && rsync -a outbox/night/ host:
        scispool test night || [ $? -ne 75 ] || echo "not yet"

      Exit codes: 0 done, 65 failed, 66 no such job, 75 waits or runs. It prints nothing and needs no daemon.
      """)

  @Argument(help: "The job's name.") var name: String
  @OptionGroup var spool: SpoolOptions

  func run() throws {
    switch Whereabouts(ofJobNamed: name, in: try spool.folders) {
    case .done: return
    case .failed: throw ExitCode(65)
    case .unknown: throw ExitCode(66)
    case .dropped, .claimed: throw ExitCode(75)
    }
  }
}
