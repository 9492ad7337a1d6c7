import ArgumentParser
import Foundation
import JobRunners
import Jobs
import Spooling
import Synchronization
import Threads

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs one job here and now, without a daemon.",
    discussion: """
      EXAMPLE
        scispool run night.json --spool /var/spool/scispool --out ./night

      Relative paths in the job start at the job file's folder, then at the spool.
      """)

  @Argument(help: ArgumentHelp("The job file.", valueName: "job.json")) var job: String
  @OptionGroup var spool: SpoolOptions
  @Option(
    help: ArgumentHelp(
      "The folder to make (default: the job file's stem, in the current folder).", valueName: "dir"))
  var out: String?

  func run() throws {
    let file = URL(filePath: job)
    guard let content = try? Data(contentsOf: file) else {
      throw JobFailure(
        .missingInput, "cannot read \(job): \(String(cString: strerror(errno)))", hint: "Check the path.")
    }
    let name = file.deletingPathExtension().lastPathComponent
    let target = URL(filePath: out ?? name)
    guard access(target.path, F_OK) != 0 else {
      throw JobFailure(.cannotWrite, "\(target.path) exists", hint: "Choose another folder with --out.")
    }
    // Built beside its place and renamed when complete: an interrupted run leaves nothing that looks finished.
    let building = target.deletingLastPathComponent().appending(path: ".\(target.lastPathComponent).building")
    let cancelled = Cancellation()
    startSignalThread([SIGINT]) { _ in cancelled.request() }

    let line = Mutex(Terminal.ProgressLine())
    let folder = file.deletingLastPathComponent().standardizedFileURL.path
    let order = WorkOrder(
      id: UUID().uuidString.lowercased(), name: name, attempt: 1,
      job: String(decoding: content, as: UTF8.self),
      folders: JobFolders(
        job: folder, spoolRoot: try spool.folders.root.path,
        // Who runs a job by hand may read what lies beside it, wherever that is.
        allowedRoots: [folder], output: building.path))
    let runner = JobRunner(
      shelf: ModelShelf(budget: Memory.modelBudget), version: Version.text, admission: MemoryAdmission())
    let context = JobContext(
      progress: { progress in line.withLock { $0.show(name, progress) } },
      isCancelled: { cancelled.isRequested })
    defer { line.withLock { $0.close() } }
    _ = try runner.run(order, context)
    line.withLock { $0.close() }
    try FileSystem.system.syncTrees([building])
    guard try FileSystem.system.rename(building, to: target) else {
      throw JobFailure(
        .cannotWrite, "\(target.path) has appeared meanwhile", hint: "The result is in \(building.path).")
    }
    print(target.path)
  }

  /// A request to stop, seen by the computing thread between steps.
  private final class Cancellation: Sendable {
    private let requested = Atomic<Bool>(false)
    var isRequested: Bool { requested.load(ordering: .relaxed) }
    func request() { requested.store(true, ordering: .relaxed) }
  }
}
