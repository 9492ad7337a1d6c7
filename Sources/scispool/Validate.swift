import ArgumentParser
import Configuration
import Foundation
import JobRunners
import Jobs

struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks job files without running them.",
    discussion: """
      EXAMPLE
        scispool validate night.json weekly.json
        scispool validate --plan night.json --spool /var/spool/scispool

      Names every problem of every file. Models and images are looked at when the job runs; with --plan the headers of
      the models are read, and the memory is shown that the job will take. The exit code is 75 when one can never fit.
      """)

  @Argument(help: ArgumentHelp("Job files.", valueName: "job.json")) var jobs: [String]
  @OptionGroup var spool: SpoolOptions
  @Flag(help: "Show how much memory each job will take, part by part, and how long some kinds will compute.")
  var plan = false

  func run() throws {
    var worst: Int32 = 0
    for path in jobs {
      do throws(JobFailure) {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
          throw JobFailure(
            .missingInput, "cannot be read: \(String(cString: strerror(errno)))", hint: "Check the path.")
        }
        switch try DroppedJob(reading: data) {
        case .single(let request):
          print("\(path): a \(request.kind.rawValue) job, fine")
          if plan { try show(request, path) }
        case .matrix(let matrix):
          let kind = matrix.children[0].request.kind.rawValue
          print("\(path): a matrix of \(matrix.children.count) \(kind) jobs, fine")
          if plan { try show(try largest(matrix, path), path) }
        }
      } catch {
        Terminal.complain("\(path): \(error)")
        worst = max(worst, error.code.exitCode)
      }
    }
    if worst != 0 { throw ExitCode(worst) }
  }

  /// The job of a matrix that takes most.
  private func largest(_ matrix: JobMatrix, _ path: String) throws(JobFailure) -> JobRequest {
    let planner = try planner(path)
    let peaks = matrix.children.map { planner.plan($0.request)?.peak ?? 0 }
    let index = peaks.indices.max { peaks[$0] < peaks[$1] } ?? 0
    print("  the largest of them is job \(index + 1):")
    return matrix.children[index].request
  }

  private func planner(_ path: String) throws(JobFailure) -> MemoryPlanner {
    MemoryPlanner(try resolver(path))
  }

  private func resolver(_ path: String) throws(JobFailure) -> PathResolver {
    let folder = URL(filePath: path).deletingLastPathComponent().standardizedFileURL.path
    let root = try spool.folders.root.path
    return JobFolders(job: folder, spoolRoot: root, allowedRoots: [folder], output: "").resolver
  }

  /// How long it will compute, where this machine has been measured.
  private func showTime(_ request: JobRequest, _ path: String) throws(JobFailure) {
    guard let parts = WorkPlanner(try resolver(path)).parts(request), !parts.isEmpty else { return }
    guard let calibration = Bench.Calibrate.kept() else {
      print("  no time is reckoned: `scispool bench calibrate` measures this machine, in half a minute")
      return
    }
    let seconds = parts.map { calibration.seconds(of: $0.work) }
    let shares = zip(parts, seconds).map { "\($0.name) \(Terminal.ProgressLine.duration($1))" }.joined(
      separator: ", ")
    print("  computing takes about \(Terminal.ProgressLine.duration(seconds.reduce(0, +))): \(shares)")
  }

  private func show(_ request: JobRequest, _ path: String) throws(JobFailure) {
    guard let plan = try planner(path).plan(request) else {
      print("  it loads no model, or none that can be found")
      return
    }
    for (name, bytes) in plan.lines {
      print("  \(bytes.asBytes.padded(to: 10)) \(name)")
    }
    try showTime(request, path)
    guard let machine = MachineMemory.now() else { return }
    let configured = try spool.configuration().spool(spool.spool).integer(.memoryLimit)
    let limit = MemoryAdmission(limit: configured).limit(of: machine)
    print("  the limit here is \(limit.asBytes), \(machine.available.asBytes) are available now")
    guard plan.peak <= limit else {
      throw JobFailure(
        .outOfMemory,
        "it can never run here: \(plan.peak.asBytes) are more than the limit of \(limit.asBytes)",
        hint: "Ask for smaller pictures or batches, or raise memory_limit if the machine has more.")
    }
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
