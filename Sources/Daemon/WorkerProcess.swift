import ChildProcesses
import Foundation
import Glibc
import Jobs
import Threads

/// A running `scispool worker`: commands go in and events come out as JSON lines.
///
/// When the supervisor dies, the worker's input ends and it exits: no worker outlives its supervisor by more than that.
package final class WorkerProcess: Sendable {
  private let process: ChildProcess

  package enum Report: Sendable {
    case event(WorkerEvent)
    /// A line that is no event: something printed where it should not.
    case noise(String)
    /// The worker is gone; nothing follows.
    case exited(ChildProcess.End)
  }

  /// Starts the program with the given arguments.
  ///
  /// - Parameter report: Called in order on a thread of this process's own.
  package init(
    program: String, arguments: [String], report: @escaping @Sendable (Report) -> Void
  ) throws(JobFailure) {
    do { process = try ChildProcess(program, arguments, input: .pipe, output: .pipe) } catch {
      throw JobFailure(.workerDied, "cannot start the worker \(program): \(error.localizedDescription)")
    }
    startThread("worker events") { [process] in
      if let output = process.output { Self.read(output, report) }
      report(.exited(process.wait()))
    }
  }

  package var processID: Int32 { process.processID }

  /// Sends a command; a worker that is gone is noticed by its report.
  package func send(_ command: WorkerCommand) {
    guard let line = try? JobJSON.line(command) else { return }
    try? process.input?.write(contentsOf: line)
  }

  package func kill() { process.send(signal: SIGKILL) }

  private static func read(_ output: FileHandle, _ report: (Report) -> Void) {
    var pending = Data()
    while true {
      let piece = output.availableData
      guard !piece.isEmpty else { return }
      pending.append(piece)
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = pending[pending.startIndex..<end]
        pending = Data(pending[(end + 1)...])
        if let event = try? JobJSON.value(WorkerEvent.self, from: Data(line)) {
          report(.event(event))
        } else {
          report(.noise(String(decoding: line, as: UTF8.self)))
        }
      }
    }
  }
}
