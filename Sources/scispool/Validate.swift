import ArgumentParser
import Foundation
import Jobs

struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks job files without running them.",
    discussion: """
      EXAMPLE
        scispool validate night.json weekly.json

      Names every problem of every file. Models and images are looked at when the job runs.
      """)

  @Argument(help: ArgumentHelp("Job files.", valueName: "job.json")) var jobs: [String]

  func run() throws {
    var worst: Int32 = 0
    for path in jobs {
      do throws(JobFailure) {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
          throw JobFailure(
            .missingInput, "cannot be read: \(String(cString: strerror(errno)))", hint: "Check the path.")
        }
        let request = try JobRequest(reading: data)
        print("\(path): a \(request.kind.rawValue) job, fine")
      } catch {
        Terminal.complain("\(path): \(error)")
        worst = max(worst, error.code.exitCode)
      }
    }
    if worst != 0 { throw ExitCode(worst) }
  }
}
