import ArgumentParser
import Daemon
import FLUX
import Foundation
import GroundingDINO
import Jobs
import Kernels
import Rewards
import Tensors

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Examines a spool, the machine and the models, and says what to do about each finding.",
    discussion: """
      EXAMPLE
        scispool doctor --spool /var/spool/scispool

      Loads every model, which takes as long as it takes; --skip-models does not. Nothing is changed. Run it as the
      daemon's user. The exit code is 0 when nothing is bad, else that of the first bad finding: 65 damaged, 66 missing,
      73 cannot write.
      """)

  @OptionGroup var spool: SpoolOptions
  @Flag(help: "Do not load the models.") var skipModels = false

  func run() throws {
    let folders = try spool.folders
    var findings = SpoolExamination(folders).findings(at: Date())
    findings.append(
      Submit.isServed(folders)
        ? Finding(.fine, "daemon", "serves the spool")
        : Finding(
          .note, "daemon", "none serves the spool", advice: "scispool serve --spool \(folders.root.path)"))
    findings.append(
      Finding(
        .fine, "processor",
        "kernels for \(String(cString: elementwise().pointee.name)), products too; \(Parallelism.threads) threads"
      ))
    for finding in findings { show(finding) }
    if !skipModels {
      for finding in modelFindings(in: folders.models) {
        show(finding)
        findings.append(finding)
      }
    }
    for finding in findings {
      if case .bad(let code) = finding.grade { throw ExitCode(code.exitCode) }
    }
  }

  private func show(_ finding: Finding) {
    let mark =
      switch finding.grade {
      case .fine: "ok  "
      case .note: "note"
      case .bad: "BAD "
      }
    print("\(mark)  \(finding.subject): \(finding.text.oneLine(300))")
    if let advice = finding.advice { print("      → \(advice)") }
  }

  /// Every checkpoint is loaded as strictly as a job loads it: a missing, unused or misshapen weight is found here.
  private func modelFindings(in folder: URL) -> LazyMapSequence<[String], Finding> {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    let known = names.filter { List.kind(of: folder.appending(path: $0)) != nil }
    return known.lazy.map { name in
      let path = folder.appending(path: name)
      let kind = List.kind(of: path) ?? ""
      do {
        switch kind {
        case _ where kind.hasPrefix("generate"): _ = try FluxPipeline(folder: path.path)
        case _ where kind.hasPrefix("score"): _ = try SciScore(folder: path.path)
        case _ where kind.hasPrefix("detector"): _ = try ObjectDetector(folder: path.path)
        default: return Finding(.note, "model \(name)", kind)
        }
        return Finding(.fine, "model \(name)", kind)
      } catch {
        return Finding(
          .bad(.badInput), "model \(name)", "\(error)",
          advice: "Fetch the folder again; jobs that name it fail.")
      }
    }
  }
}
