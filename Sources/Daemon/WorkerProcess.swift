import Foundation
import Glibc
import Jobs

/// A running `scispool worker`: commands go in and events come out as JSON lines.
///
/// When the supervisor dies, the worker's input ends and it exits: no worker outlives its supervisor by more than that.
package final class WorkerProcess: Sendable {
  package let processID: Int32
  private let input: FileHandle
  private let process: Unchecked<Process>

  /// `Process` is not Sendable; after the start only `kill` is asked of it, by number.
  private struct Unchecked<Value>: @unchecked Sendable { let value: Value }

  package enum Report: Sendable {
    case event(WorkerEvent)
    /// A line that is no event: something printed where it should not.
    case noise(String)
    /// The worker is gone; nothing follows.
    case exited(description: String)
  }

  /// Starts the program with the given arguments.
  ///
  /// - Parameter report: Called in order on a thread of this process's own.
  package init(
    program: String, arguments: [String], report: @escaping @Sendable (Report) -> Void
  ) throws(JobFailure) {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    do { try process.run() } catch {
      throw JobFailure(.workerDied, "cannot start the worker \(program): \(error.localizedDescription)")
    }
    processID = process.processIdentifier
    self.input = input.fileHandleForWriting
    self.process = Unchecked(value: process)
    let boxed = self.process
    let thread = Thread { Self.read(output.fileHandleForReading, of: boxed.value, report) }
    thread.name = "worker events"
    thread.start()
  }

  /// Sends a command; a worker that is gone is noticed by its report.
  package func send(_ command: WorkerCommand) {
    guard let line = try? JobJSON.line(command) else { return }
    try? input.write(contentsOf: line)
  }

  package func kill() { _ = Glibc.kill(processID, SIGKILL) }

  private static func read(_ output: FileHandle, of process: Process, _ report: (Report) -> Void) {
    var pending = Data()
    while true {
      let piece = output.availableData
      guard !piece.isEmpty else { break }
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
    process.waitUntilExit()
    let description =
      process.terminationReason == .uncaughtSignal
      ? "killed by signal \(process.terminationStatus) (\(String(cString: strsignal(process.terminationStatus))))"
      : "exit status \(process.terminationStatus)"
    report(.exited(description: description))
  }
}
