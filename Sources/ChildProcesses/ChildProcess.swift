import Foundation
import Glibc
import Synchronization
import Threads

/// A program that runs beside this one.
///
/// It inherits the three standard streams and what it is handed on purpose, and no other descriptor of this process:
/// an end of somebody else's pipe that lives on in a stranger keeps the reader at the other end waiting for ever. Its
/// end is noticed by a thread of its own and never leaves a zombie behind. (Foundation's `Process` promises neither on
/// Linux.)
package final class ChildProcess: Sendable {
  /// Where a standard stream leads.
  package enum Stream: Sendable {
    case inherited
    /// `/dev/null`.
    case nothing
    /// To this process, through ``ChildProcess/input``, ``ChildProcess/output`` or ``ChildProcess/errors``.
    case pipe
    /// A file; made when it is missing, and written to at its end.
    case file(String)
  }

  /// How a program ended.
  package enum End: Sendable, Equatable, CustomStringConvertible {
    case exited(status: Int32)
    case killed(signal: Int32)

    package var description: String {
      switch self {
      case .exited(let status): "exit status \(status)"
      case .killed(let signal): "killed by signal \(signal) (\(String(cString: strsignal(signal))))"
      }
    }
  }

  package let processID: pid_t
  /// What the program reads, when its input is a pipe; closing it is the end of the input.
  package let input: FileHandle?
  /// What the program writes, when its output is a pipe.
  package let output: FileHandle?
  /// Likewise, of its standard error.
  package let errors: FileHandle?

  private let ended = Mutex<End?>(nil)
  private let isOver = DispatchGroup()

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - program: A path; there is no search.
  ///   - environment: Replaces this process's.
  ///   - handing: Descriptors for the child, by the numbers that they have there: 3, 4 and so on, without a gap.
  /// - Throws: `POSIXError`, when the program cannot be started or a pipe cannot be made.
  package init(
    _ program: String, _ arguments: [String], environment: [String: String]? = nil,
    input: Stream = .nothing, output: Stream = .inherited, errors: Stream = .inherited, handing: [Int32] = []
  ) throws {
    var plan = try SpawnPlan()
    self.input = try plan.connect(input, to: STDIN_FILENO, access: O_RDONLY)
    self.output = try plan.connect(output, to: STDOUT_FILENO, access: O_WRONLY | O_CREAT | O_APPEND)
    self.errors = try plan.connect(errors, to: STDERR_FILENO, access: O_WRONLY | O_CREAT | O_APPEND)
    for (index, descriptor) in handing.enumerated() { try plan.hand(descriptor, as: 3 + Int32(index)) }
    plan.closeOthers(from: 3 + Int32(handing.count))
    processID = try plan.start(program, arguments, environment)
    isOver.enter()
    startThread("end of \(processID)", stackSize: 1 << 20) { [self] in awaitEnd() }
  }

  /// Sends a signal, unless the program has ended: its number may be somebody else's by now.
  package func send(signal: Int32) {
    ended.withLock { if $0 == nil { _ = kill(processID, signal) } }
  }

  /// How the program ended; nil as long as it runs.
  package var end: End? { ended.withLock { $0 } }

  /// Waits until the program has ended.
  @discardableResult package func wait() -> End {
    isOver.wait()
    return ended.withLock { $0! }
  }

  /// Waits at most so many seconds; nil when the program runs on.
  package func wait(within seconds: Double) -> End? {
    isOver.wait(timeout: .now() + seconds) == .success ? end : nil
  }

  private func awaitEnd() {
    var information = siginfo_t()
    // Without reaping: the number stays the child's until the lock is held.
    while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    ended.withLock { ended in
      var status: Int32 = 0
      while waitpid(processID, &status, 0) < 0, errno == EINTR {}
      ended = status & 0x7f == 0 ? .exited(status: status >> 8 & 0xff) : .killed(signal: status & 0x7f)
    }
    isOver.leave()
  }
}
