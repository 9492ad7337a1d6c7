import ArgumentParser
import Daemon
import Foundation
import Jobs
import Spooling

struct Wait: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Waits until jobs are done or have failed.",
    discussion: """
      EXAMPLE
        scispool wait night weekly --spool /var/spool/scispool && echo both done

      Prints the folder of every job that is done. The exit code is 0 when all are, else that of the first failure;
      66 no such job, 69 the daemon is not there, 75 not all within the timeout.
      """)

  @Argument(help: ArgumentHelp("Names of jobs.", valueName: "name")) var names: [String]
  @OptionGroup var spool: SpoolOptions
  @Option(help: ArgumentHelp("Seconds to wait at most (default: for ever).", valueName: "seconds"))
  var timeout: Double?

  func run() throws {
    let deadline = timeout.map { Date().addingTimeInterval($0) }
    try Waiting(names, in: try spool.folders).follow(until: deadline)
  }
}

/// Waits for jobs by name and shows how the running one gets on; `wait` and `submit --wait` share it.
struct Waiting {
  private let folders: SpoolFolders
  private var open: [String]
  private var line = Terminal.ProgressLine()
  private var worst: JobFailure?

  init(_ names: [String], in folders: SpoolFolders) { (open, self.folders) = (names, folders) }

  /// - Throws: The exit code of the first failure; ``JobFailure`` `missing_input`, `no_daemon` or `busy`.
  func follow(until deadline: Date?) throws {
    var waiting = self
    defer { waiting.line.close() }
    while try waiting.look() {
      if let deadline, Date() >= deadline {
        throw JobFailure(.busy, "\(waiting.open.joined(separator: ", ")): not done within the timeout")
      }
      usleep(20_000)
    }
    if let worst = waiting.worst { throw ExitCode(worst.code.exitCode) }
  }

  /// Whether any job is still waited for.
  private mutating func look() throws -> Bool {
    for name in open {
      switch Whereabouts(ofJobNamed: name, in: folders) {
      case .dropped: continue
      case .claimed(let id):
        showProgress(of: name, id)
        continue
      case .unknown:
        throw JobFailure(.missingInput, "no job is called \(name)", hint: "`scispool status` lists the jobs.")
      case .done:
        line.close()
        print(folders.outbox.appending(path: name).path)
      case .failed(_, let failure):
        line.close()
        let failure = failure ?? JobFailure(.internalError, "failed/\(name) has no readable error.json")
        Terminal.complain("scispool: \(name.oneLine(255)): \(failure)")
        worst = worst ?? failure
      }
      open.removeAll { $0 == name }
    }
    if !open.isEmpty, !Submit.isServed(folders) {
      throw JobFailure(
        .noDaemon, "no daemon is there; \(open.joined(separator: ", ")) will go on when it is back",
        hint: "Start it: scispool serve --spool \(folders.root.path)")
    }
    return !open.isEmpty
  }

  private mutating func showProgress(of name: String, _ id: String) {
    let file = Claim.Place(id, in: folders).folder.appending(path: "progress.json")
    guard let data = try? Data(contentsOf: file),
      let progress = try? JobJSON.value(JobProgress.self, from: data)
    else { return }
    line.show(name, progress)
  }
}
