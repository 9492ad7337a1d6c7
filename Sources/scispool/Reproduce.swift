import ArgumentParser
import Foundation
import Jobs
import Ledger
import Reproduction
import Spooling

struct Reproduce: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Plans the jobs that show the claims of Science-T2I in miniature, and writes what they found.",
    discussion: """
      EXAMPLE
        scispool reproduce plan --spool ~/reproduce
        scispool serve --drain --spool ~/reproduce
        scispool reproduce report --spool ~/reproduce --out results.md --page results.html

      Spool/reproduce.sh does all three.
      """, subcommands: [Plan.self, Report.self])

  struct PlanOptions: ParsableArguments {
    @OptionGroup var spool: SpoolOptions
    @Option(help: "Another seed shows other scenes, other held-out subjects, other runs.") var seed = 1
    @Flag(help: "Also fine-tune online with the paper's way of sampling (some six minutes more).")
    var publishedSampling = false

    func validate() throws {
      guard (1...1_000_000).contains(seed) else {
        throw ValidationError("--seed must be in 1...1000000, found \(seed).")
      }
    }

    var plan: ReproductionPlan {
      ReproductionPlan(seed: seed, samplesAsPublished: publishedSampling)
    }
  }

  struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Drops the job files that the spool does not know yet into its inbox.",
      discussion: "EXAMPLE\n  scispool reproduce plan --spool ~/reproduce")

    @OptionGroup var options: PlanOptions

    func run() throws {
      let folders = try options.spool.folders
      let recipes = folders.root.appending(path: "reproduce")
      let ledger = try? Ledger.reading(path: folders.ledger.path)
      var dropped = 0
      let jobs = options.plan.jobs
      // All are checked before the first is dropped.
      let files = try jobs.map { try $0.file(recipes: recipes) }
      for (job, file) in zip(jobs, files) {
        guard try !isKnown(job.name, folders, ledger) else { continue }
        let hidden = folders.inbox.appending(path: ".\(job.name).json")
        do {
          try file.write(to: hidden, options: .atomic)
          try FileManager.default.moveItem(
            at: hidden, to: folders.inbox.appending(path: "\(job.name).json"))
        } catch {
          throw JobFailure(.cannotWrite, "\(hidden.path): \(error.localizedDescription)")
        }
        dropped += 1
      }
      print("\(jobs.count) jobs, \(dropped) of them new in \(folders.inbox.path)")
    }

    private func isKnown(_ name: String, _ folders: SpoolFolders, _ ledger: LedgerReader?) throws -> Bool {
      let places = ["inbox/\(name).json", "outbox/\(name)", "failed/\(name)"]
      let isThere = places.contains {
        FileManager.default.fileExists(atPath: folders.root.appending(path: $0).path)
      }
      return try isThere || ledger?.job(named: name) != nil
    }
  }

  struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes the results of a spool's finished jobs as a table and as a page with plots.",
      discussion:
        "EXAMPLE\n  scispool reproduce report --spool ~/reproduce --out results.md --page results.html")

    @OptionGroup var options: PlanOptions
    @Option(help: "The Markdown file to write.") var out: String
    @Option(help: "The page to write.") var page: String

    func run() throws {
      let jobs = FinishedJobs(spoolRoot: try options.spool.folders.root)
      let document = try Reproduction(options.plan, jobs).document()
      for (path, text) in [(out, document.markdown), (page, document.html)] {
        do { try Data(text.utf8).write(to: URL(filePath: path), options: .atomic) } catch {
          throw JobFailure(.cannotWrite, "\(path): \(error.localizedDescription)")
        }
      }
      for finding in document.findings {
        print("\(finding.verdict.rawValue): \(finding.claim): \(finding.ours)")
      }
      print("\(out), \(page)")
    }
  }
}
