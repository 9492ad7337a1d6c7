import ArgumentParser
import Confinement
import Foundation
import JobRunners
import Jobs

/// The process that computes; started by `serve`, never by people.
struct Worker: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs jobs that arrive as JSON lines on standard input (started by serve).",
    shouldDisplay: false)

  @OptionGroup var spool: SpoolOptions
  @Option(name: .customLong("allow"), help: "A further folder that jobs may read from; repeatable.")
  var allowedRoots: [String] = []

  @Option(help: "Bytes of memory that a job may take at most.")
  var memory: Int?

  func run() throws {
    // A worker whose supervisor was killed may still be finishing its step: wait until it has let go of the spool.
    let root = try spool.folders.root
    let lock = open(
      root.appending(path: ".worker.lock").path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard lock >= 0, flock(lock, LOCK_EX) == 0 else {
      throw JobFailure(
        .cannotWrite, "cannot lock \(root.path): \(String(cString: strerror(errno)))")
    }
    confine(root)
    // Standard output belongs to the protocol: whatever prints goes to standard error.
    let events = FileHandle(fileDescriptor: dup(STDOUT_FILENO), closeOnDealloc: false)
    dup2(STDERR_FILENO, STDOUT_FILENO)
    // Terminals send Ctrl-C to the whole group, service managers SIGTERM to all processes of a service; the supervisor
    // decides what becomes of the job.
    for number in [SIGINT, SIGTERM] { signal(number, SIG_IGN) }
    let runner = JobRunner(
      shelf: ModelShelf(budget: Memory.modelBudget), version: Version.text,
      admission: MemoryAdmission(limit: memory))
    WorkerLoop(output: events).run(runner: runner, version: Version.text)
  }
}

extension Worker {
  /// Gives up all files but those that jobs may read, before the first job is heard of.
  private func confine(_ root: URL) {
    let writable = [root.path] + allowedRoots
    let credentials = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"].map { [$0] } ?? []
    let outcome = Confinement.confine(
      writable: writable + ["/dev/null", "/proc/self/clear_refs"],
      readable: Confinement.ofTheSystem + credentials)
    if case .unavailable(let reason) = outcome {
      Terminal.complain(
        "the worker is not confined, job paths are checked without the kernel's help: \(reason)")
    }
  }
}

/// How much memory models may keep.
enum Memory {
  /// Three quarters of the machine's memory: the rest is for what is computed and for everybody else.
  static var modelBudget: Int { Int(ProcessInfo.processInfo.physicalMemory / 4 * 3) }

  /// The most bytes that this process has held in memory.
  static var peakResident: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }
}
