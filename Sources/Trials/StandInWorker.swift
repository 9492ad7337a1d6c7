import Foundation
import Glibc
import Jobs

/// A worker that computes nothing: it answers every order with a result that has been made up, so that what is measured
/// is the supervisor alone.
///
/// A label says what becomes of a job: `"play": "refuse"` fails it for good, `"play": "crash"` ends the worker under it;
/// `"milliseconds"` is how long it takes.
package enum StandInWorker {
  /// Works until the shutdown command or the end of the input.
  package static func run(version: String) throws(JobFailure) {
    try send(.ready(processID: getpid(), version: version))
    while let line = readLine() {
      switch try JobJSON.value(WorkerCommand.self, from: Data(line.utf8)) {
      case .run(let order): try send(try answer(to: order, version))
      // A job is over before one could be read.
      case .cancel: break
      case .shutdown: return
      }
    }
  }

  private static func answer(to order: WorkOrder, _ version: String) throws(JobFailure) -> WorkerEvent {
    let request = try JobRequest(reading: Data(order.job.utf8))
    let labels = request.options.labels
    if let milliseconds = labels["milliseconds"].flatMap(UInt32.init) { usleep(milliseconds * 1000) }
    switch labels["play"] {
    case "refuse":
      return .failure(id: order.id, JobFailure(.badInput, "refused, as its label asks", disposition: .reject))
    case "crash": kill(getpid(), SIGKILL)
    default: break
    }
    let result = JobResult(
      id: order.id, name: order.name, attempt: order.attempt, started: Date(), finished: Date(),
      labels: labels,
      outcome: .score(ScoreResult(model: "none", items: [])), timings: JobTimings(), version: version)
    let file = URL(filePath: order.folders.output).appending(path: "result.json")
    do { try JobJSON.file(result).write(to: file) } catch {
      throw JobFailure(.cannotWrite, "cannot write \(file.path): \(error.localizedDescription)")
    }
    return .result(id: order.id, result)
  }

  private static func send(_ event: WorkerEvent) throws(JobFailure) {
    do { try FileHandle.standardOutput.write(contentsOf: JobJSON.line(event)) } catch {
      throw JobFailure(.cannotWrite, "the supervisor is gone")
    }
  }
}
