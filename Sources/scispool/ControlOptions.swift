import ArgumentParser
import Daemon
import Foundation
import Jobs
import Spooling

/// What `cancel`, `hold`, `release`, `retry` and `read` share: names, the spool, and how long to wait for the daemon's word.
struct ControlOptions: ParsableArguments {
  static let note = """
    The answer comes when it is done and recorded. Exit codes: 0 done, or so already; 66 no such job; 69 no daemon:
    the request is kept and carried out when one starts; 75 no answer within the timeout: the request is kept.
    """

  @Argument(help: ArgumentHelp("Names of jobs.", valueName: "name")) var names: [String]
  @OptionGroup var spool: SpoolOptions
  @Option(help: ArgumentHelp("Seconds to wait for the daemon's answer.", valueName: "seconds"))
  var timeout: Double = 60

  /// Asks the daemon about every job, and exits with the first thing that went wrong.
  func ask(_ verb: ControlRequest.Verb, reason: String? = nil) throws {
    var worst: JobFailure?
    for name in names {
      do throws(JobFailure) { print(try answer(to: verb, name, reason)) } catch {
        Terminal.complain("scispool: \(error)")
        worst = worst ?? error
      }
    }
    if let worst { throw ExitCode(worst.code.exitCode) }
  }

  /// Asks the daemon about a job, and waits for its word.
  func answer(to verb: ControlRequest.Verb, _ name: String, _ reason: String? = nil) throws(JobFailure)
    -> String
  {
    let folders = try spool.folders
    let box = ControlBox(folders: folders)
    var request = ControlRequest(verb, name: name, reason: reason)
    switch Whereabouts(ofJobNamed: name, in: folders) {
    case .unknown:
      throw JobFailure(.missingInput, "no job is called \(name)", hint: "`scispool status` lists the jobs.")
    case .claimed(let id): request.id = id
    case .failed(let id, _): request.id = id
    case .dropped, .done: break
    }
    guard access(folders.control.path, W_OK) == 0 else {
      throw JobFailure(
        .cannotWrite, "cannot write to \(folders.control.path): \(String(cString: strerror(errno)))",
        hint: "Whoever may write there may say what becomes of jobs; start the daemon once if it is missing.")
    }
    let id = try box.post(request)
    let deadline = Date().addingTimeInterval(timeout)
    while true {
      switch box.takeAnswer(to: id) {
      case .done(let message): return message
      case .refused(let failure): throw failure
      case nil: break
      }
      guard Submit.isServed(folders) else {
        // It may have answered with its last breath.
        if case .done(let message) = box.takeAnswer(to: id) { return message }
        throw JobFailure(
          .noDaemon, "no daemon serves \(folders.root.path); the request is kept for the next one",
          hint: "Start one: scispool serve --spool \(folders.root.path)")
      }
      guard Date() < deadline else {
        throw JobFailure(
          .busy, "the daemon has not answered about \(name) in \(Int(timeout)) s; the request is kept",
          hint: "A running job stops at its next step. `scispool show \(name)` tells how it stands.")
      }
      usleep(20_000)
    }
  }
}
